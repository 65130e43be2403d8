//! A CloudFormation template for what destinations and collector need.

use ecs_router::config::keys::DestinationKind;
use serde_json::{Map, Value, json};

use super::iam;
use super::plan::{Plan, PlannedGroup};

/// The template, as JSON.
pub(super) fn template(plan: &Plan) -> Value {
    let mut resources = Map::new();
    for (number, group) in (1..).zip(plan.written_groups()) {
        resources.insert(format!("Logs{number}"), log_group(&group, "Retain"));
    }
    resources.insert("RouterLogs".to_owned(), log_group(&plan.router_group(), "Delete"));
    if plan.uses(DestinationKind::S3) {
        resources.insert("Bucket".to_owned(), bucket(plan));
        let policy = json!({"Bucket": {"Ref": "Bucket"}, "PolicyDocument": iam::bucket_policy(plan)});
        resources.insert("BucketPolicy".to_owned(), resource("AWS::S3::BucketPolicy", policy));
    }
    if plan.is_collector() {
        resources.extend(queues(plan));
        resources.extend(rules(plan));
    }
    let task_policy = iam::task_policy(plan);
    resources.insert("TaskRole".to_owned(), role(plan, "task", task_policy));
    resources.insert("ExecutionRole".to_owned(), role(plan, "execution", Some(iam::execution_policy(plan))));
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("What the log router of {} needs: log groups, roles, and what its destinations write to.", plan.name),
        "Resources": resources,
    })
}

fn resource(kind: &str, properties: Value) -> Value {
    json!({"Type": kind, "Properties": properties})
}

fn with_policy(mut resource: Value, policy: &str) -> Value {
    if let Some(map) = resource.as_object_mut() {
        map.insert("DeletionPolicy".to_owned(), json!(policy));
        map.insert("UpdateReplacePolicy".to_owned(), json!(policy));
    }
    resource
}

fn log_group(group: &PlannedGroup, policy: &str) -> Value {
    let properties = json!({"LogGroupName": group.name, "RetentionInDays": group.retention_days});
    with_policy(resource("AWS::Logs::LogGroup", properties), policy)
}

fn bucket(plan: &Plan) -> Value {
    let properties = json!({
        "BucketName": plan.bucket,
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": true,
            "BlockPublicPolicy": true,
            "IgnorePublicAcls": true,
            "RestrictPublicBuckets": true
        },
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "LifecycleConfiguration": {"Rules": [
            {"Id": "expire", "Status": "Enabled", "ExpirationInDays": 365},
            {
                "Id": "abandoned-uploads",
                "Status": "Enabled",
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}
            }
        ]}
    });
    with_policy(resource("AWS::S3::Bucket", properties), "Retain")
}

fn queues(plan: &Plan) -> Vec<(String, Value)> {
    let dead = json!({
        "QueueName": format!("{}-dead", plan.name),
        "SqsManagedSseEnabled": true,
        "MessageRetentionPeriod": 1_209_600
    });
    let queue = json!({
        "QueueName": plan.name,
        "SqsManagedSseEnabled": true,
        "ReceiveMessageWaitTimeSeconds": 20,
        "VisibilityTimeout": 120,
        "MessageRetentionPeriod": 345_600,
        // High, because an outage of the destination makes messages come back, too.
        "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}, "maxReceiveCount": 50}
    });
    let policy = json!({"Queues": [{"Ref": "Queue"}, {"Ref": "DeadLetters"}], "PolicyDocument": iam::queue_policy(plan)});
    vec![
        ("DeadLetters".to_owned(), with_policy(resource("AWS::SQS::Queue", dead), "Delete")),
        ("Queue".to_owned(), with_policy(resource("AWS::SQS::Queue", queue), "Delete")),
        ("QueuePolicy".to_owned(), resource("AWS::SQS::QueuePolicy", policy)),
    ]
}

fn rules(plan: &Plan) -> Vec<(String, Value)> {
    let rules = iam::patterns().into_iter().map(|(name, pattern)| {
        let properties = json!({
            "Name": format!("{}-{name}", plan.name),
            "EventPattern": pattern,
            "Targets": [{
                "Id": "collector",
                "Arn": {"Fn::GetAtt": ["Queue", "Arn"]},
                "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
            }]
        });
        let logical = if name == "task-stops" { "TaskStops" } else { "ServiceTrouble" };
        (logical.to_owned(), resource("AWS::Events::Rule", properties))
    });
    rules.collect()
}

fn role(plan: &Plan, name: &str, policy: Option<Value>) -> Value {
    let policies: Vec<Value> =
        policy.into_iter().map(|policy| json!({"PolicyName": name, "PolicyDocument": policy})).collect();
    let properties = json!({
        "RoleName": format!("{}-{name}", plan.name),
        "AssumeRolePolicyDocument": iam::trust(plan),
        "Policies": policies
    });
    resource("AWS::IAM::Role", properties)
}
