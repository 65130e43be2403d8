mod forms;
mod options;

use crate::check::check_deployment;
use crate::config::read_as;

/// What FireLens is told for the router of [`task`].
pub(super) const FIRELENS: &str = r#""type": "fluentbit", "options": {"config-file-type": "file", "config-file-value": "/ecs-router/load.conf"}"#;

/// A task that is right; `app` and `router` stand among the keys of these containers, `task` beside them.
pub(super) fn task(task: &str, app: &str, router: &str) -> String {
    let defaults = [
        ("family", r#""web""#),
        ("requiresCompatibilities", r#"["FARGATE"]"#),
        ("networkMode", r#""awsvpc""#),
        ("cpu", r#""256""#),
        ("memory", r#""512""#),
        ("executionRoleArn", r#""arn:aws:iam::111122223333:role/web-execution""#),
    ];
    let is_given = |key: &str| task.contains(&format!("\"{key}\""));
    let rest: String = defaults
        .iter()
        .filter(|(key, _)| !is_given(key))
        .map(|(key, value)| format!("\"{key}\": {value}, "))
        .collect();
    format!(
        r#"{{{rest} {task}
"containerDefinitions": [
{{"name": "app", "image": "web:1", {app} "logConfiguration": {{"logDriver": "awsfirelens", "options":
  {{"Name": "ecs_router", "Workers": "2", "Retry_Limit": "no_limits", "route.default": "stdout"}}}}}},
{{"name": "log_router", "image": "ecs-router:1", {router} "firelensConfiguration": {{{FIRELENS}}},
  "logConfiguration": {{"logDriver": "awslogs", "options": {{"awslogs-group": "/x", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "r"}}}}}}
]}}"#
    )
}

pub(in crate::check) fn said(text: &str) -> Vec<String> {
    check_deployment(vec![read_as("x", text)])
        .iter()
        .map(ToString::to_string)
        .filter(|line| !line.contains(": note: "))
        .collect()
}

/// Whether there is one finding, of this severity and with this text.
#[track_caller]
pub(in crate::check) fn assert_says(text: &str, severity: &str, part: &str) {
    let said = said(text);
    let [finding] = said.as_slice() else { panic!("{said:#?}\n{text}") };
    assert!(finding.contains(&format!(": {severity}: ")) && finding.contains(part), "{finding}\n{text}");
}

#[test]
fn a_task_that_is_right_gets_no_finding() {
    assert_eq!(said(&task("", "", "")), [""; 0]);
}

#[test]
fn containers_are_as_ecs_wants_them() {
    for (app, severity, part) in [
        (r#""stopTimeout": 121,"#, "error", "120 s at most"),
        (r#""environment": {"A": "b"},"#, "error", "must be a list of pairs"),
        (r#""environment": [{"name": "A", "value": 1}],"#, "error", "A: ECS wants a string"),
        (
            r#""environment": [{"name": "A", "value": true}, {"name": "B", "value": ""}],"#,
            "error",
            "A: ECS wants a string",
        ),
        (r#""essential": "true","#, "error", "must be a boolean"),
        (r#""stopTimeout": "60","#, "error", "must be a number"),
        (r#""environment": [{"name": "A"}],"#, "error", "A has no value"),
        (r#""environment": [{"value": "b"}],"#, "error", "has no name"),
        (r#""secrets": {"A": "arn"},"#, "error", "must be a list of pairs"),
        (r#""enviroment": [],"#, "error", "did you mean environment?"),
        (r#""StopTimeout": 5,"#, "error", "did you mean stopTimeout?"),
        (
            r#""dependsOn": [{"containerName": "log_ruoter", "condition": "START"}],"#,
            "error",
            "did you mean log_router?",
        ),
        (
            r#""dependsOn": [{"containerName": "log_router", "condition": "healthy"}],"#,
            "error",
            "'healthy' is not a condition",
        ),
        (
            r#""dependsOn": [{"containerName": "log_router", "condition": "HEALTHY"}],"#,
            "error",
            "no healthCheck",
        ),
        (r#""dependsOn": [{"containerName": "log_router", "condition": "COMPLETE"}],"#, "error", "has ended"),
        (r#""dependsOn": [{"containerName": "app", "condition": "START"}],"#, "error", "circle: app → app"),
    ] {
        assert_says(&task("", app, ""), severity, part);
    }
    for app in [
        r#""stopTimeout": 120, "environment": [{"name": "A", "value": "1"}],"#,
        r#""environment": null, "secrets": [], "dependsOn": [],"#,
        r#""dependsOn": [{"containerName": "log_router", "condition": "START"}],"#,
    ] {
        assert_eq!(said(&task("", app, "")), [""; 0], "{app}");
    }
}

#[test]
fn the_router_can_run() {
    for (router, severity, part) in [
        (r#""essential": false,"#, "warning", "lost unseen"),
        (
            r#""dependsOn": [{"containerName": "app", "condition": "START"}],"#,
            "error",
            "circle: app → log_router → app",
        ),
        (
            r#""image": "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable","#,
            "warning",
            "without the plugin",
        ),
    ] {
        let text = task("", "", router).replace(r#""image": "ecs-router:1", "image""#, r#""image""#);
        assert_says(&text, severity, part);
    }
}

#[test]
fn the_router_finds_its_configuration() {
    for (firelens, severity, part) in [
        (r#""type": "fluentd""#, "error", "cannot load a plugin"),
        (r#""type": "fluent-bit""#, "error", "not a type of log router"),
        (
            r#""options": {"config-file-type": "file", "config-file-value": "/x.conf"}"#,
            "error",
            "has no type",
        ),
        (
            r#""type": "fluentbit", "options": {"config-file-type": "s3", "config-file-value": "arn:aws:s3:::b/x"}"#,
            "error",
            "Fargate",
        ),
        (
            r#""type": "fluentbit", "options": {"config-file-type": "file"}"#,
            "error",
            "without config-file-value",
        ),
        (
            r#""type": "fluentbit", "options": {"config-file-value": "/x.conf"}"#,
            "error",
            "without config-file-type",
        ),
        (
            r#""type": "fluentbit", "options": {"config-file-type": "http", "config-file-value": "/x"}"#,
            "error",
            "neither file nor s3",
        ),
        (
            r#""type": "fluentbit", "options": {"config-file-type": "file", "config-file-value": "x.conf"}"#,
            "error",
            "not an absolute path",
        ),
        (
            r#""type": "fluentbit", "options": {"config-file-type": "file", "config-file-value": "/fluent-bit/etc/fluent-bit.conf"}"#,
            "error",
            "another name",
        ),
        (
            r#""type": "fluentbit", "options": {"config-file-value": "/x/x.conf", "config-file-type": "file", "enable-ecs-log-metadata": true}"#,
            "error",
            "must be a string",
        ),
        (
            r#""type": "fluentbit", "options": {"config-file-value": "/x/x.conf", "config-file-type": "file", "enable-ecs-log-metadata": "false"}"#,
            "warning",
            "records come without",
        ),
        (
            r#""type": "fluentbit", "options": {"config-file-value": "/x/x.conf", "config-file-type": "file", "enable-ecs-metadata": "true"}"#,
            "error",
            "does not know",
        ),
        (r#""type": "fluentbit", "options": ["a"]"#, "error", "must be a map"),
    ] {
        assert_says(&task("", "", "").replace(FIRELENS, firelens), severity, part);
    }
}

#[test]
fn an_archive_needs_a_place_to_write_to() {
    let archive = |router: &str| {
        task(
            r#""taskRoleArn": "arn:aws:iam::111122223333:role/web", "volumes": [{"name": "v"}],"#,
            "",
            router,
        )
        .replace(r#""route.default": "stdout""#, r#""route.default": "s3", "s3.bucket": "my-logs""#)
    };
    let mount = |path: &str, more: &str| {
        format!(
            r#""readonlyRootFilesystem": true, "mountPoints": [{{"containerPath": "{path}", "sourceVolume": "v"{more}}}],"#
        )
    };
    assert_says(&archive(r#""readonlyRootFilesystem": true,"#), "warning", "/var/spool/ecs_router");
    assert_says(&archive(r#""user": "1000","#), "warning", "may not start");
    assert_says(&archive(&mount("/tmp", "")), "warning", "does not start");
    assert_says(&archive(&mount("/var/spool", r#", "readOnly": true"#)), "warning", "does not start");
    assert_eq!(said(&archive(&mount("/var/spool", ""))), [""; 0]);
    assert_eq!(said(&archive(r#""user": "0:0","#)), [""; 0]);
}

#[test]
fn roles_are_there_and_in_their_place() {
    let cloudwatch = |text: String| {
        text.replace(
            r#""route.default": "stdout""#,
            r#""route.default": "cloudwatch", "cloudwatch.log_group": "/x", "cloudwatch.log_stream": "y""#,
        )
    };
    assert_says(&cloudwatch(task("", "", "")), "error", "cloudwatch wants requests that a role has signed");
    let role = |arn: &str| task(&format!(r#""taskRoleArn": "{arn}","#), "", "");
    assert_says(&role("web-task"), "warning", "a name, not an ARN");
    assert_says(&role("arn:aws:iam::1111:role/web"), "warning", "not the ARN of a role");
    assert_says(&role("arn:aws:iam::111122223333:user/web"), "warning", "not the ARN of a role");
    assert_says(&role("arn:aws:iam::444455556666:role/web"), "error", "and executionRoleArn in 111122223333");
    let swapped =
        role("arn:aws:iam::111122223333:role/ecsTaskExecutionRole").replace("role/web-execution", "role/web");
    assert_says(&swapped, "warning", "swapped");
    let china = role("arn:aws:iam::111122223333:role/a/web").replace("arn:aws:", "arn:aws-cn:");
    assert_eq!(said(&china.replace("eu-west-1", "cn-north-1")), [""; 0]);
    let without = |app: &str| {
        task("", app, "")
            .replace(r#""executionRoleArn": "arn:aws:iam::111122223333:role/web-execution","#, "")
    };
    assert_says(&without(""), "error", "for the log driver awslogs");
    assert_says(
        &without(r#""secrets": [{"name": "A", "valueFrom": "arn"}],"#),
        "error",
        "to read the secrets",
    );
}

#[test]
fn log_drivers_exist_and_have_a_router() {
    let right = task("", "", "");
    let alone = right
        .split("{\"name\": \"log_router\"")
        .next()
        .expect("a part")
        .trim_end()
        .trim_end_matches(',')
        .to_owned()
        + "]}";
    assert_says(&alone, "error", "no container of the task has a firelensConfiguration");
    let numbers = right.replace(r#""Workers": "2""#, r#""Workers": 2, "x": [1]"#);
    let said = said(&numbers);
    assert!(said.iter().any(|finding| finding.contains("Workers, x must be a string")), "{said:?}");
    assert_says(&right.replace("\"awslogs\",", "\"aws-logs\","), "error", "write awslogs");
    assert_says(&right.replace("\"logDriver\": \"awslogs\",", ""), "error", "has no logDriver");
    let nobody = right.replace("\"awsfirelens\", \"options\":", "\"awslogs\", \"options\":");
    assert!(
        self::said(&nobody).iter().any(|finding| finding.contains("the router gets nothing")),
        "{nobody}"
    );
    let misspelt = right.replace("containerDefinitions", "containerDefinition");
    assert!(
        self::said(&misspelt).iter().any(|finding| finding.contains("write containerDefinitions")),
        "{misspelt}"
    );
    assert_says(&right.replace("\"awslogs\",", "\"json-file\","), "error", "Fargate does not have");
    let twice = right.replace(
        "\"image\": \"web:1\",",
        "\"image\": \"web:1\", \"firelensConfiguration\": {\"type\": \"fluentbit\"},",
    );
    assert!(self::said(&twice).iter().any(|finding| finding.contains("one log router")), "{twice}");
    for image in ["<image>", "", "your-account/web", "{{ image }}"] {
        let text = right.replace("web:1", image);
        assert!(self::said(&text).iter().any(|finding| finding.contains("image")), "{image}");
    }
}

#[test]
fn a_router_reads_a_file_that_loads_the_plugin() {
    let without = task("", "", "").replace(FIRELENS, r#""type": "fluentbit""#);
    assert_says(&without, "warning", "reads no file that loads the plugin");
    let other = without.replace(r#""Name": "ecs_router""#, r#""Name": "cloudwatch""#);
    assert!(!said(&other).iter().any(|line| line.contains("loads the plugin")), "{:#?}", said(&other));
    let own = task("", "", r#""command": ["-e", "/x/libout_ecs_router.so"],"#)
        .replace(FIRELENS, r#""type": "fluentbit""#);
    assert!(!said(&own).iter().any(|line| line.contains("loads the plugin")), "{:#?}", said(&own));
}

pub(in crate::check) fn template(properties: &str, options: &str) -> String {
    format!(
        "AWSTemplateFormatVersion: '2010-09-09'\nParameters:\n  Env: {{Type: String}}\nResources:\n  Task:\n    \
         Type: AWS::ECS::TaskDefinition\n    {properties}:\n      Memory: 512\n      ContainerDefinitions:\n        - Name: app\n          \
         Image: web\n          LogConfiguration:\n            LogDriver: awsfirelens\n            Options:\n              \
         Name: ecs_router\n              Workers: 2\n              Retry_Limit: no_limits\n              \
         route.default: http\n              {options}\n        - Name: router\n          Image: x\n          \
         FirelensConfiguration: {{Type: fluentbit, Options: {{config-file-type: file, config-file-value: /ecs-router/load.conf}}}}\n          LogConfiguration: {{LogDriver: awslogs}}\n"
    )
}

#[test]
fn cloudformation_can_read_its_template() {
    assert_eq!(
        said(&template("Properties", "http.url: !Sub 'https://${Env}.x/${AWS::Region}/${!A}'")),
        [""; 0]
    );
    assert_says(
        &template("Properties", "http.url: !Sub 'https://x/${container_name}'"),
        "error",
        "$(container_name)",
    );
    assert_says(&template("Properties", "http.url: !ImportVlaue x"), "error", "did you mean !ImportValue?");
    assert_says(&template("Properties", "http.url: {'Fn::Sbu': x}"), "error", "did you mean !Sub?");
    let typed = template("Properties", "http.url: https://x/").replace("TaskDefinition", "TaskDefintion");
    assert_says(&typed, "error", "write AWS::ECS::TaskDefinition");
    assert_says(&template("properties", "http.url: https://x/"), "error", "write Properties");
    let small =
        template("Properties", "http.url: https://x/").replace("LogConfiguration:\n", "logConfiguration:\n");
    assert_says(&small, "error", "write LogConfiguration".trim_start_matches("write "));
}

#[test]
fn launch_type_network_and_size_are_ones_that_ecs_has() {
    for (keys, part) in [
        (r#""networkMode": "bridge","#, "Fargate only has the network mode awsvpc"),
        (
            r#""requiresCompatibilities": ["EC2", "FARGATE"], "networkMode": "bridge","#,
            "Fargate only has the network mode awsvpc",
        ),
        (
            r#""requiresCompatibilities": ["EC2"], "networkMode": "none","#,
            "gives the containers no network, so that the log router reaches no destination; write awsvpc, or bridge",
        ),
        (r#""networkMode": "AWSVPC","#, "write awsvpc"),
        (r#""cpu": "300", "memory": "1024","#, "Fargate has no size of 300 units"),
        (r#""cpu": "256", "memory": "8192","#, "Fargate has no 8192 MiB"),
        (r#""cpu": "256", "memory": "1G","#, "'1G' is not a size of memory"),
        (r#""memory": 1024,"#, "write \"1024\""),
        (r#""runtimePlatform": {"cpuArchitecture": "arm64"},"#, "write ARM64"),
        (r#""runtimePlatform": {"cpuArchitecture": "AMD64"},"#, "write X86_64"),
        (r#""runtimePlatform": {"cpuArchitecture": "aarch64"},"#, "write ARM64"),
        (
            r#""runtimePlatform": {"operatingSystemFamily": "linux"},"#,
            "'linux' is not one of ECS's values; write LINUX",
        ),
        (r#""runtimePlatform": {"operatingSystemFamily": "UBUNTU"},"#, "write LINUX"),
        (r#""runtimePlatform": {"operatingSystemFamily": "Windows"},"#, "is Windows"),
        (r#""runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"},"#, "write LINUX"),
    ] {
        assert_says(&task(keys, "", ""), "error", part);
    }
    for types in [r#""FARGATE""#, r#"["fargate"]"#, r#"["FARGATE_SPOT"]"#] {
        let text = task("", "", "").replace(r#"["FARGATE"]"#, types);
        assert!(said(&text).iter().any(|line| line.contains("requiresCompatibilities")), "{types}");
    }
    for keys in [
        r#""networkMode": "awsvpc", "cpu": ".5 vCPU", "memory": "2GB","#,
        r#""cpu": "4 vCPU", "memory": "16 GB", "runtimePlatform": {"cpuArchitecture": "ARM64"},"#,
    ] {
        assert_eq!(said(&task(keys, "", "")), [""; 0]);
    }
}

#[test]
fn a_health_check_is_one_that_ecs_can_run() {
    for (check, part) in [
        (r#""command": "curl -f http://x""#, "must be a list"),
        (r#""command": ["curl", "-f", "http://x"]"#, "does not begin with CMD"),
        (r#""command": ["CMD", "curl -f http://x"]"#, "CMD wants a word each"),
        (r#""command": ["CMD", "true"], "interval": 1"#, "allows 5 to 300"),
        (r#""command": ["CMD", "true"], "retries": 20"#, "allows 1 to 10"),
    ] {
        assert_says(&task("", "", &format!(r#""healthCheck": {{{check}}},"#)), "error", part);
    }
    let shell = r#""healthCheck": {"command": ["CMD-SHELL", "curl -f http://x || exit 1"], "timeout": 2},"#;
    assert_eq!(said(&task("", "", shell)), [""; 0]);
}

#[test]
fn what_a_container_names_exists() {
    for (app, part) in [
        (r#""dependsOn": ["log_router"],"#, "without containerName"),
        (r#""mountPoints": [{"sourceVolume": "spool", "containerPath": "/x"}],"#, "no volume 'spool'"),
        (r#""secrets": [{"name": "K", "valueFrom": "arn:aws:s3:::b/k"}],"#, "not the ARN of a secret"),
        (
            r#""secrets": [{"name": "K", "valueFrom": "arn:aws:ssm:eu-west-1:1112:parameter/x"}],"#,
            "not the ARN of a secret",
        ),
    ] {
        assert_says(&task("", app, ""), "error", part);
    }
    for (image, part) in [
        ("https://111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1", "no https://"),
        ("1112222333.dkr.ecr.eu-west-1.amazonaws.com/web:1", "twelve digits"),
        ("ghcr.io/Me/web:1", "capital letters"),
    ] {
        assert_says(&task("", "", "").replace("web:1", image), "error", part);
    }
    let secret = r#""secrets": [{"name": "K", "valueFrom": "/prod/x"}], "mountPoints": [{"sourceVolume": "s", "containerPath": "/s"}],"#;
    assert_eq!(said(&task(r#""volumes": [{"name": "s"}],"#, secret, "")), [""; 0]);
}

#[test]
fn the_driver_awslogs_has_its_options_and_a_task_an_essential_container() {
    let without = task("", "", "").replace(r#""awslogs-region": "eu-west-1", "#, "");
    assert_says(&without, "error", "awslogs-region is missing");
    let optional = r#""essential": false,"#;
    let lines = said(&task("", optional, optional));
    assert!(lines.iter().any(|line| line.contains("no container of the task is essential")), "{lines:?}");
}

#[test]
fn a_template_refers_to_what_it_has() {
    let with = |value: &str| {
        format!(
            "Parameters:\n  Image: {{Type: String}}\nResources:\n  Role: {{Type: AWS::IAM::Role}}\n  Task:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n      Family: web\n      TaskRoleArn: {value}\n"
        )
    };
    for (value, part) in [
        ("!Ref Images", "did you mean Image?"),
        ("!GetAtt Rolle.Arn", "did you mean Role?"),
        ("{\"Fn::GetAtt\": [Rolle, Arn]}", "did you mean Role?"),
        ("!Ref AWS::Regoin", "did you mean AWS::Region?"),
    ] {
        let lines = said(&with(value));
        assert!(lines.iter().any(|line| line.contains(part)), "{value}: {lines:?}");
    }
    for value in ["!Ref Image", "!GetAtt Role.Arn", "!Ref AWS::Region", "!GetAtt [Role, Arn]"] {
        let lines = said(&with(value));
        assert!(!lines.iter().any(|line| line.contains(": error: ")), "{value}: {lines:?}");
    }
}

#[test]
fn what_nobody_signs_does_not_arrive() {
    let signing = |more: &str, router: &str| {
        task(more, "", router).replace(
            r#""route.default": "stdout""#,
            r#""route.default": "cloudwatch", "cloudwatch.log_group": "g", "cloudwatch.region": "eu-west-1""#,
        )
    };
    assert_says(&signing("", ""), "error", "taskRoleArn: is missing");
    let keys = r#""secrets": [{"name": "AWS_ACCESS_KEY_ID", "valueFrom": "key"}],"#;
    assert_eq!(said(&signing("", keys)), [""; 0]);
    assert_eq!(said(&signing(r#""taskRoleArn": "arn:aws:iam::111122223333:role/web","#, "")), [""; 0]);
}

#[test]
fn keys_that_ecs_does_not_know_are_never_only_a_note() {
    assert_says(&task("", r#""logConfig": {},"#, ""), "error", "did you mean logConfiguration?");
    assert_says(&task("", r#""zebra": {},"#, ""), "warning", "zebra: is a key that ECS did not know");
}
