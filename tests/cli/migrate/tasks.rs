//! Task definitions whose containers log with awslogs.

use serde_json::{Value, json};
use test_support::temp::TempDir;

use super::{assert_passes_check, migrated, routes, text};
use crate::ran;
use crate::tools::{assert_cfn_lint_is_content, task_template};

fn options(more: &[(&str, &str)]) -> Value {
    let mut options = json!({
        "awslogs-group": "/ecs/web", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "web"
    });
    more.iter().for_each(|(key, value)| options[*key] = json!(value));
    options
}

fn container(name: &str, options: &Value) -> Value {
    json!({
        "name": name,
        "image": "public.ecr.aws/docker/library/nginx:1",
        "essential": true,
        "logConfiguration": {"logDriver": "awslogs", "options": options}
    })
}

fn task(containers: &[Value]) -> Value {
    json!({
        "family": "web",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "taskRoleArn": "arn:aws:iam::111122223333:role/web-task",
        "executionRoleArn": "arn:aws:iam::111122223333:role/web-execution",
        "containerDefinitions": containers
    })
}

/// Migrates, holds the result against `check`, and gives the configuration and the task.
fn taken(name: &str, input: &str) -> (String, String, TempDir, i32) {
    let folder = TempDir::new();
    let out = folder.path().join("out");
    let ran = migrated(&folder.file(name, input), &out);
    let configuration = text(&out, "extra.conf");
    (configuration, ran.err, folder, ran.code)
}

#[test]
fn one_container_goes_on_writing_to_the_same_streams() {
    let input = task(&[container("web", &options(&[]))]);
    for whole in [input.clone(), json!({"taskDefinition": described(&input), "tags": []})] {
        let (configuration, said, folder, code) = taken("task.json", &whole.to_string());
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("task role") && said.contains("/ecs/web/stops"), "{said}");
        for line in ["/ecs/web\n", "web/$(container_name)/$(ecs_task_id)", "log_key", "/ecs/web/stops"] {
            assert!(configuration.contains(line), "{line}\n{configuration}");
        }
        let out = folder.path().join("out");
        assert_passes_check(&[&out.join("extra.conf"), &out.join("task-definition.json")], "one container");
        assert_eq!(routes(&out.join("extra.conf"), "1"), ["stderr:lines", "stdout:lines", "stdout:lines"]);
        let task: Value = serde_json::from_str(&text(&out, "task-definition.json")).expect("JSON");
        assert_eq!(task["containerDefinitions"][0]["logConfiguration"], json!({"logDriver": "awsfirelens"}));
        assert_eq!(task["containerDefinitions"][1]["name"], "log_router");
        assert!(
            task["revision"].is_null() && task["cpu"] == "256",
            "what cannot be registered is gone: {task}"
        );
    }
}

/// As `describe-task-definition` answers.
fn described(task: &Value) -> Value {
    let mut task = task.clone();
    task["revision"] = json!(7);
    task["status"] = json!("ACTIVE");
    task["taskDefinitionArn"] = json!("arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7");
    task["requiresAttributes"] = json!([]);
    task["compatibilities"] = json!(["EC2", "FARGATE"]);
    task
}

#[test]
fn containers_of_other_groups_keep_them() {
    let other = options(&[("awslogs-group", "/ecs/worker"), ("awslogs-create-group", "true")]);
    let input = task(&[container("web", &options(&[])), container("worker", &other)]);
    let (configuration, said, folder, code) = taken("task.json", &input.to_string());
    assert_eq!(code, 0, "{said}");
    assert!(
        configuration.contains("auto_create_group") && configuration.contains("/ecs/worker"),
        "{configuration}"
    );
    let out = folder.path().join("out");
    assert_passes_check(&[&out.join("extra.conf"), &out.join("task-definition.json")], "two containers");
    assert_eq!(
        routes(&out.join("extra.conf"), "1"),
        ["stderr:lines", "stdout:lines", "of_lines_2:lines_2"],
        "{configuration}"
    );
}

#[test]
fn what_the_driver_did_and_we_do_not_is_named() {
    for (key, value, code) in [
        ("awslogs-multiline-pattern", "^\\d", 1),
        ("awslogs-datetime-format", "%Y", 1),
        ("mode", "non-blocking", 0),
        ("max-buffer-size", "25m", 0),
    ] {
        let input = task(&[container("web", &options(&[(key, value)]))]);
        let (_, said, _folder, found) = taken("task.json", &input.to_string());
        assert_eq!(found, code, "{key}: {said}");
        assert!(said.contains(&format!("{key} of container web has no counterpart")), "{said}");
        assert!(said.contains("task.json:"), "{said}");
    }
    let other = json!({"name": "x", "image": "y", "logConfiguration": {"logDriver": "splunk"}});
    let input = task(&[container("web", &options(&[])), other]);
    let (_, said, _folder, code) = taken("task.json", &input.to_string());
    assert!(code == 1 && said.contains("container x logs with splunk"), "{said}");
}

#[test]
fn a_template_gets_the_parts_and_its_references_become_variables() {
    let input = "Resources:\n  Task:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n      NetworkMode: awsvpc\n      \
                 ContainerDefinitions:\n        - Name: web\n          Image: x\n          LogConfiguration:\n            \
                 LogDriver: awslogs\n            Options:\n              awslogs-group: !Ref Logs\n              \
                 awslogs-region: !Ref AWS::Region\n              awslogs-stream-prefix: web\n";
    let (configuration, said, folder, code) = taken("template.yaml", input);
    assert_eq!(code, 0, "{said}");
    assert!(
        configuration.contains("${WEB_GROUP}") && configuration.contains("${WEB_REGION}"),
        "{configuration}"
    );
    assert!(said.contains("template.yaml:12: awslogs-group is known only at deployment"), "{said}");
    let out = folder.path().join("out");
    assert_passes_check(&[&out.join("extra.conf")], "template");
    let parts: Value = serde_json::from_str(&text(&out, "task-definition-parts.json")).expect("JSON");
    let router = &parts["Router"];
    assert_eq!(router["FirelensConfiguration"]["Options"]["config-file-type"], "file");
    let region = json!({"Ref": "AWS::Region"});
    for (name, value) in
        [("AWS_REGION", &region), ("WEB_REGION", &region), ("WEB_GROUP", &json!({"Ref": "Logs"}))]
    {
        let environment = router["Environment"].as_array().expect("a list");
        assert!(environment.contains(&json!({"Name": name, "Value": value})), "{name}: {router}");
    }
    let options = &router["LogConfiguration"]["Options"];
    assert_eq!(options["awslogs-region"], region);
    assert_eq!(options["awslogs-group"], json!({"Fn::Sub": "/ecs/${AWS::StackName}/router"}));
    assert!(router["Image"]["Fn::Sub"].as_str().is_some_and(|image| image.contains("${AWS::AccountId}")));
    assert!(!parts.to_string().contains("eu-west-1"), "{parts}");
}

#[test]
fn functions_with_arguments_stay_what_they_are() {
    let input = "Resources:\n  Task:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n      Family: shop\n      \
                 ContainerDefinitions:\n        - Name: web\n          Image: x\n          LogConfiguration:\n            \
                 LogDriver: awslogs\n            Options:\n              awslogs-group: !Sub ['/ecs/${stage}', {stage: \
                 !GetAtt A.B}]\n              awslogs-region: us-east-2\n              awslogs-stream-prefix: web\n";
    let (_, said, folder, code) = taken("template.yaml", input);
    assert_eq!(code, 0, "{said}");
    let parts = text(&folder.path().join("out"), "task-definition-parts.json");
    let parts: Value = serde_json::from_str(&parts).expect("JSON");
    let group = json!({"Fn::Sub": ["/ecs/${stage}", {"stage": {"Fn::GetAtt": ["A", "B"]}}]});
    let environment = parts["Router"]["Environment"].as_array().expect("a list");
    assert!(environment.contains(&json!({"Name": "WEB_GROUP", "Value": group})), "{parts}");
    let options = &parts["Router"]["LogConfiguration"]["Options"];
    assert_eq!(
        (&options["awslogs-region"], &options["awslogs-group"]),
        (&json!("us-east-2"), &json!("/ecs/shop/router"))
    );
}

#[test]
fn the_input_names_account_and_region_and_what_is_left_is_said() {
    let create = options(&[("awslogs-create-group", "true"), ("awslogs-region", "us-east-2")]);
    let mut input = task(&[container("web", &create)]);
    input["executionRoleArn"] = json!("arn:aws:iam::444455556666:role/web-execution");
    input["taskRoleArn"] = json!("arn:aws:iam::444455556666:role/web-task");
    let folder = TempDir::new();
    let out = folder.path().join("out");
    let file = folder.file("task.json", &input.to_string());
    let ran_migrate = migrated(&file, &out);
    assert_eq!(ran_migrate.code, 0, "{}", ran_migrate.err);
    let registry = "444455556666.dkr.ecr.us-east-2.amazonaws.com";
    let task: Value = serde_json::from_str(&text(&out, "task-definition.json")).expect("JSON");
    let router = &task["containerDefinitions"][1];
    assert_eq!(router["image"], format!("{registry}/ecs-router-web:1"));
    assert_eq!(router["healthCheck"]["command"], json!(["CMD", "/ecs-router/ecs-router", "health"]));
    let dockerfile = text(&out, "Dockerfile");
    assert!(dockerfile.contains(&format!("ROUTER={registry}/ecs-router:1\n")), "{dockerfile}");
    assert!(dockerfile.contains("COPY extra.conf plugins.conf /ecs-router/\n"), "{dockerfile}");
    assert!(text(&out, "plugins.conf").contains("libout_ecs_router.so"));
    for said in ["logs:CreateLogGroup", "the execution role needs", "/ecs/web/router"] {
        assert!(ran_migrate.err.contains(said), "{said}: {}", ran_migrate.err);
    }
    for step in [
        "create-log-group --region us-east-2 --log-group-name /ecs/web/stops\n",
        "create-log-group --region us-east-2 --log-group-name /ecs/web/router\n",
        "create-repository --region us-east-2 --repository-name ecs-router-web",
        "docker build -t ",
        "register-task-definition --region us-east-2",
    ] {
        assert!(ran_migrate.out.contains(step), "{step}: {}", ran_migrate.out);
    }
    assert!(!ran_migrate.out.contains("111122223333"), "{}", ran_migrate.out);
    let printed = ran(&["migrate", &file.display().to_string()]);
    assert!(
        printed.err.contains("docker build") && !printed.out.contains("docker build -t"),
        "{}",
        printed.err
    );
}

#[test]
fn a_log_configuration_alone_is_taken_and_the_rest_is_said_to_be_missing() {
    let log = json!({"logDriver": "awslogs", "options": options(&[("mode", "non-blocking")])});
    let alone = serde_json::to_string_pretty(&log).expect("JSON");
    let container = container("web", &log["options"]).to_string();
    for input in [&alone, &container] {
        let (configuration, said, folder, code) = taken("log.json", input);
        assert_eq!(code, 0, "{said}");
        assert!(configuration.contains("web/$(container_name)/$(ecs_task_id)"), "{configuration}");
        assert!(said.contains("log.json:1: a part of a task definition; give the whole one"), "{said}");
        assert!(said.contains("mode of container web"), "{said}");
        assert_passes_check(&[&folder.path().join("out/extra.conf")], "log configuration");
        assert!(folder.path().join("out/task-definition-parts.json").exists());
    }
    let (_, said, _folder, _) = taken("log.json", &alone);
    let line = alone.lines().position(|line| line.contains("mode")).expect("the line") + 1;
    assert!(said.contains(&format!("log.json:{line}: mode")), "{line}: {said}");
}

#[test]
fn a_plan_of_terraform_is_read() {
    let containers = json!([container("web", &options(&[]))]).to_string();
    let plan = json!({
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": [{
            "address": "aws_ecs_task_definition.web",
            "type": "aws_ecs_task_definition",
            "values": {"family": "web", "network_mode": "awsvpc", "container_definitions": containers}
        }]}}
    });
    let (configuration, said, folder, code) = taken("plan.json", &plan.to_string());
    assert_eq!(code, 0, "{said}");
    assert!(configuration.contains("/ecs/web/stops"), "{configuration}");
    assert!(folder.path().join("out/task-definition-parts.json").exists());
}

/// What is whole is registered as it is; of parts, a template is made as the next steps say.
#[test]
fn cfn_lint_has_nothing_to_say_about_tasks_and_parts() {
    let templates = TempDir::new();
    let containers =
        [container("web", &options(&[])), container("job", &options(&[("mode", "non-blocking")]))];
    let (_, said, folder, _) = taken("task.json", &task(&containers).to_string());
    let whole: Value = serde_json::from_str(&text(&folder.path().join("out"), "task-definition.json"))
        .unwrap_or_else(|error| panic!("{error}: {said}"));
    templates.file("whole.json", &task_template(&whole).to_string());
    let mut template = task_template(&task(&[container("web", &options(&[]))]));
    let (_, said, folder, _) = taken("template.json", &template.to_string());
    let parts: Value = serde_json::from_str(&text(&folder.path().join("out"), "task-definition-parts.json"))
        .unwrap_or_else(|error| panic!("{error}: {said}"));
    let properties = &mut template["Resources"]["Task"]["Properties"];
    properties["Volumes"] = json!([parts["Volume"]]);
    let containers = properties["ContainerDefinitions"].as_array_mut().expect("a list");
    containers[0]["LogConfiguration"] = parts["LogConfiguration"].clone();
    containers.push(parts["Router"].clone());
    templates.file("parts.json", &template.to_string());
    assert_cfn_lint_is_content(templates.path());
}

#[test]
fn streams_without_a_prefix_are_called_after_the_container() {
    let mut options = options(&[]);
    options.as_object_mut().expect("a map").remove("awslogs-stream-prefix");
    let mut input = task(&[container("web", &options)]);
    input["networkMode"] = json!("bridge");
    input["requiresCompatibilities"] = json!(["EC2"]);
    input["containerDefinitions"][0]["memory"] = json!(128);
    let (configuration, said, folder, code) = taken("task.json", &input.to_string());
    assert_eq!(code, 0, "{said}");
    assert!(configuration.contains("$(container_id)"), "{configuration}");
    let out = folder.path().join("out");
    assert_passes_check(&[&out.join("extra.conf"), &out.join("task-definition.json")], "ec2");
}
