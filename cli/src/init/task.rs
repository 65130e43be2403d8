//! The task definition, as `register-task-definition` takes it.

use serde_json::{Map, Value, json};

use super::plan::{InstallPlace, Plan};

/// The whole task definition; the application's container is a placeholder.
pub(super) fn definition(plan: &Plan) -> Value {
    let is_fargate = plan.place != InstallPlace::Ec2;
    let mut task = Map::new();
    let mut put = |key: &str, value: Value| drop(task.insert(key.to_owned(), value));
    put("family", json!(plan.name));
    put("requiresCompatibilities", json!([if is_fargate { "FARGATE" } else { "EC2" }]));
    put("networkMode", json!(if is_fargate { "awsvpc" } else { "bridge" }));
    if is_fargate {
        put("cpu", json!(if plan.is_collector() { "256" } else { "512" }));
        put("memory", json!(if plan.is_collector() { "512" } else { "1024" }));
        put("runtimePlatform", json!({"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}));
    }
    let role =
        |name: &str| format!("arn:{}:iam::{}:role/{}-{name}", plan.partition(), plan.account, plan.name);
    put("taskRoleArn", json!(role("task")));
    put("executionRoleArn", json!(role("execution")));
    if has_volume(plan) {
        put("volumes", json!([volume(plan)]));
    }
    put("containerDefinitions", Value::Array(containers(plan)));
    Value::Object(task)
}

/// A sidecar always has one: a spool may be added later, and the root file system is read-only.
fn has_volume(plan: &Plan) -> bool {
    !plan.is_collector() || plan.needs_disk()
}

pub(super) fn volume(plan: &Plan) -> Value {
    match plan.place {
        InstallPlace::Ec2 => {
            json!({"name": "spool", "host": {"sourcePath": format!("/var/spool/ecs_router/{}", plan.name)}})
        }
        InstallPlace::Fargate | InstallPlace::Collector => json!({"name": "spool"}),
    }
}

fn containers(plan: &Plan) -> Vec<Value> {
    match plan.is_collector() {
        true => vec![router(plan)],
        false => vec![application(plan), router(plan)],
    }
}

fn application(plan: &Plan) -> Value {
    let mut container = json!({
        "name": "app",
        "image": plan.app_image,
        "essential": true,
        "stopTimeout": 30,
        "dependsOn": [{"containerName": "log_router", "condition": "HEALTHY"}],
        "logConfiguration": {"logDriver": "awsfirelens"}
    });
    if plan.place == InstallPlace::Ec2 {
        merge(&mut container, json!({"cpu": 256, "memory": 512}));
    }
    container
}

pub(super) fn router(plan: &Plan) -> Value {
    let mut container = json!({
        "name": plan.router_container(),
        "image": plan.image,
        "essential": true,
        "readonlyRootFilesystem": true,
        "stopTimeout": 60,
        "environment": [{"name": "AWS_REGION", "value": plan.region}],
        "healthCheck": health_check(plan),
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": plan.router_group().name,
                "awslogs-region": plan.region,
                "awslogs-stream-prefix": plan.router_container(),
            }
        }
    });
    if has_volume(plan) {
        let mount =
            json!({"sourceVolume": "spool", "containerPath": "/var/spool/ecs_router", "readOnly": false});
        merge(&mut container, json!({"mountPoints": [mount]}));
    }
    if !plan.secrets.is_empty() {
        let secrets =
            plan.secrets.iter().map(|secret| json!({"name": secret.variable, "valueFrom": secret.arn}));
        merge(&mut container, json!({"secrets": secrets.collect::<Vec<_>>()}));
    }
    merge(&mut container, if plan.is_collector() { collector_keys(plan) } else { firelens_keys(plan) });
    container
}

/// Whether Fluent Bit lives, not whether every destination answers: an outage elsewhere must not end the task.
fn health_check(plan: &Plan) -> Value {
    let command = json!(["CMD", "/ecs-router/ecs-router", "health"]);
    match plan.is_collector() {
        true => json!({"command": command, "interval": 30, "timeout": 5, "retries": 3, "startPeriod": 10}),
        false => json!({"command": command, "interval": 5, "timeout": 2, "retries": 5, "startPeriod": 5}),
    }
}

fn collector_keys(plan: &Plan) -> Value {
    let configuration = format!("/ecs-router/{}", plan.configuration_file());
    json!({
        "user": "1000:1000",
        "entryPoint": ["/fluent-bit/bin/fluent-bit"],
        "command": ["-c", configuration],
    })
}

fn firelens_keys(plan: &Plan) -> Value {
    let mut keys = json!({
        "restartPolicy": {"enabled": true, "restartAttemptPeriod": 60},
        "memoryReservation": 128,
        "firelensConfiguration": {
            "type": "fluentbit",
            "options": {
                "enable-ecs-log-metadata": "true",
                "config-file-type": "file",
                "config-file-value": "/ecs-router/extra.conf"
            }
        }
    });
    if plan.place == InstallPlace::Ec2 {
        merge(&mut keys, json!({"cpu": 64, "memory": 256}));
    }
    keys
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}
