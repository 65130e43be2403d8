//! Lists in the place of maps, and values that somebody fills in later.

use super::{FIRELENS, assert_says, said, task, template};

#[test]
fn what_a_pipeline_replaces_is_no_mistake() {
    let of = |image: &str| task("", "", "").replace("web:1", image);
    assert_eq!(said(&of("<IMAGE1_NAME>")), [""; 0]);
    assert_says(&of("<IMAGE>"), "error", "'<IMAGE>' is not the address of an image");
}

#[test]
fn a_list_is_no_log_configuration() {
    let app = r#"{"logDriver": "awsfirelens", "options":
  {"Name": "ecs_router", "Workers": "2", "Retry_Limit": "no_limits", "route.default": "stdout"}}"#;
    let listed = task("", "", "").replace(app, &format!("[{app}]"));
    assert_says(&listed, "error", "logConfiguration: must be a map, and is a list");
    let listed = task("", "", "").replace(&format!("{{{FIRELENS}}}"), &format!("[{{{FIRELENS}}}]"));
    assert_says(&listed, "error", "firelensConfiguration: must be a map, and is a list");
}

#[test]
fn what_cloudformation_fills_in_is_unknown() {
    let with = |value: &str| {
        template("Properties", "http.url: https://x/")
            .replace("Image: x", &format!("Image: '{value}'\n          StopTimeout: '{value}'"))
            .replace("Memory: 512", &format!("Memory: '{value}'\n      TaskRoleArn: '{value}'"))
            .replace("config-file-value: /ecs-router/load.conf", &format!("config-file-value: '{value}'"))
    };
    assert_eq!(said(&with("{{resolve:ssm:/web/value}}")), [""; 0]);
    let variable = |value: &str| {
        let more = format!("Image: x\n          Environment: [{{Name: A, Value: {value}}}]");
        template("Properties", "http.url: https://x/").replace("Image: x", &more)
    };
    assert_eq!(said(&variable("'{{resolve:ssm:/web/value:1}}'")), [""; 0]);
    for value in [
        "'{{resolve:secretsmanager:x}}'",
        "'x{{resolve:ssm-secure:y:1}}'",
        "!Sub '{{resolve:secretsmanager:${Env}}}'",
    ] {
        assert_says(&variable(value), "warning", "A: the secret stands in the task definition");
    }
}
