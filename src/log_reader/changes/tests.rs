use serde_json::json;

use super::*;

fn definition_of(containers: Value) -> Map<String, Value> {
    let body = json!({"taskDefinition": {"family": "web", "revision": 41, "registeredAt": 1.5, "cpu": "256",
        "requiresAttributes": [{"name": "x"}], "containerDefinitions": containers}});
    definition(body.to_string().as_bytes()).unwrap()
}

fn app(changes: Value) -> Value {
    let mut app = json!({"name": "app", "image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1.41.0",
        "command": ["node", "a.js"], "memory": 512, "environment": [{"name": "MODE", "value": "blue"}],
        "secrets": [{"name": "TOKEN", "valueFrom": "arn:aws:ssm:eu-west-1:111122223333:parameter/token"}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/web"}}});
    app.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    app
}

/// What is told when only this changes.
fn changes(after: Value) -> Vec<String> {
    between(&definition_of(json!([app(json!({}))])), &definition_of(json!([app(after)])))
}

#[test]
fn each_kind_of_change_is_told_by_its_name() {
    let ecr = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/web";
    let log = |driver: &str, group: &str| json!({"logDriver": driver, "options": {"awslogs-group": group}});
    for (after, expected) in [
        (json!({}), vec![]),
        (json!({"image": format!("{ecr}:1.42.0")}), vec!["app: image web:1.41.0 → web:1.42.0"]),
        (json!({"command": ["node", "b.js"]}), vec!["app: command “node a.js” → “node b.js”"]),
        (json!({"command": null}), vec!["app: command “node a.js” → not set"]),
        (json!({"entryPoint": ["/init"]}), vec!["app: entry point not set → “/init”"]),
        (
            json!({"memory": 256, "cpu": 10}),
            vec!["app: memory 512 MiB → 256 MiB", "app: cpu not set → 10 units"],
        ),
        (
            json!({"environment": [{"name": "MODE", "value": "green"}, {"name": "NEW", "value": "1"}]}),
            vec!["app: environment: added NEW; changed MODE"],
        ),
        (json!({"environment": []}), vec!["app: environment: removed MODE"]),
        (json!({"secrets": []}), vec!["app: secrets: removed TOKEN"]),
        (
            json!({"logConfiguration": log("awslogs", "/other")}),
            vec!["app: log options: changed awslogs-group"],
        ),
        (json!({"logConfiguration": log("splunk", "/ecs/web")}), vec!["app: log driver awslogs → splunk"]),
        (
            json!({"healthCheck": {"command": ["CMD"]}, "portMappings": [{"containerPort": 80}], "links": []}),
            vec!["app: also changed: healthCheck, portMappings"],
        ),
    ] {
        assert_eq!(changes(after.clone()), expected, "{after}");
    }
}

#[test]
fn containers_come_and_go_and_the_task_has_settings_of_its_own() {
    let before = definition_of(json!([app(json!({})), {"name": "envoy", "image": "envoy:1"}]));
    let mut after = definition_of(json!([app(json!({})), {"name": "otel", "image": "otel:2"}]));
    after.insert("revision".to_owned(), json!(42));
    after.insert("cpu".to_owned(), json!("512"));
    after.insert("taskRoleArn".to_owned(), json!("arn:aws:iam::111122223333:role/web"));
    assert_eq!(
        between(&before, &after),
        [
            "envoy: removed",
            "otel: added, image otel:2",
            "task: cpu 256 units → 512 units",
            "task: also changed: taskRoleArn"
        ]
    );
}

/// Values of the environment never leave; what is secret in a command is masked.
#[test]
fn no_value_of_the_environment_and_no_secret_is_told() {
    let told = changes(json!({
        "environment": [{"name": "MODE", "value": "hunter2"}, {"name": "URL", "value": "https://u:hunter2@db"}],
        "secrets": [{"name": "TOKEN", "valueFrom": "hunter2"}],
        "command": ["run", "--password", "hunter2 hunter2", "--token=hunter2 hunter2", "PGPASSWORD=hunter2",
            "https://shop:hunter2@db/shop"],
        "entryPoint": ["sh", "-c", "export API_KEY=hunter2; exec x"],
        "logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": "hunter2"},
            "secretOptions": [{"name": "splunk-url", "valueFrom": "hunter2"}]},
        "healthCheck": {"command": ["CMD", "curl", "-u", "a:hunter2"]},
    }));
    let text = told.join("\n");
    assert!(!text.contains("hunter2"), "{text}");
    for name in ["MODE", "URL", "TOKEN", "splunk-token", "splunk-url", "healthCheck", "--password [redacted]"]
    {
        assert!(text.contains(name), "{name}: {text}");
    }
}

#[test]
fn what_is_told_is_bounded() {
    let many = |count: usize| -> Vec<Value> {
        (0..count).map(|number| json!({"name": format!("V{number}"), "value": "x".repeat(9_000)})).collect()
    };
    let told = changes(json!({"environment": many(1_000), "command": ["x".repeat(90_000)]}));
    assert!(told.iter().map(String::len).sum::<usize>() < 1_000, "{told:?}");
    assert!(told.iter().any(|line| line.ends_with("and 990 more; removed MODE")), "{told:?}");
    let containers: Vec<Value> =
        (0..50).map(|number| json!({"name": format!("c{number}"), "image": "x"})).collect();
    let told = between(&definition_of(json!([])), &definition_of(containers.into()));
    assert_eq!((told.len(), told.last().map(String::as_str)), (MAX_CHANGES + 1, Some("and 30 more changes")));
}

#[test]
fn only_a_definition_is_one() {
    assert!(definition(b"{}").is_none());
    assert!(definition(b"{\"taskDefinition\": {}}").is_none());
    assert!(definition(b"<html>").is_none());
}
