//! The policies of both roles: what each needs and nothing else.

use ecs_router::config::keys::DestinationKind;
use serde_json::{Value, json};

use super::plan::Plan;
use super::signed;

const TASK_STOPS: &str = include_str!("../../../examples/terraform/collector/patterns/task-stops.json");
const SERVICE_TROUBLE: &str =
    include_str!("../../../examples/terraform/collector/patterns/service-trouble.json");

/// What the plugin signs its requests with; `None` when it makes none to AWS.
pub(super) fn task_policy(plan: &Plan) -> Option<Value> {
    let mut statements = Vec::new();
    let groups: Vec<String> =
        plan.written_groups().iter().map(|group| group_arn(plan, &group.name)).collect();
    if !groups.is_empty() {
        statements.push(allow(
            "WriteToGroupsThatExist",
            &["logs:CreateLogStream", "logs:PutLogEvents"],
            json!(groups),
        ));
    }
    let partition = plan.partition();
    if plan.uses(DestinationKind::S3) {
        let below = format!("arn:{partition}:s3:::{}/{}/*", plan.bucket, plan.prefix());
        statements.push(allow(
            "UploadBelowThePrefix",
            &["s3:PutObject", "s3:AbortMultipartUpload"],
            json!(below),
        ));
    }
    if plan.uses(DestinationKind::Firehose) {
        let stream = arn(plan, "firehose", &format!("deliverystream/{}", plan.delivery_stream));
        statements.push(allow("WriteToOneStream", &["firehose:PutRecordBatch"], json!(stream)));
    }
    if plan.uses(DestinationKind::Kinesis) {
        let stream = arn(plan, "kinesis", &format!("stream/{}", plan.delivery_stream));
        statements.push(allow("WriteToOneDataStream", &["kinesis:PutRecords"], json!(stream)));
    }
    if plan.uses(DestinationKind::Sns) {
        statements.push(allow("PublishToOneTopic", &["sns:Publish"], json!(topic_arn(plan))));
    }
    if plan.uses(DestinationKind::Eventbridge) {
        let bus = arn(plan, "events", &format!("event-bus/{}", plan.name));
        statements.push(allow("PutOntoOneBus", &["events:PutEvents"], json!(bus)));
    }
    statements.extend(signed::rights(plan).into_iter().map(|right| {
        let resource = format!("arn:{partition}:{}", right.resource);
        allow(right.sid, right.actions, json!(resource))
    }));
    if plan.is_collector() {
        let actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"];
        statements.push(allow("ReadTheQueue", &actions, json!(arn(plan, "sqs", &plan.name))));
        statements.extend(fetching_logs(plan));
    }
    (!statements.is_empty()).then(|| document(statements))
}

/// For the last lines of stopped tasks. ECS knows no resource for the first.
fn fetching_logs(plan: &Plan) -> Vec<Value> {
    if plan.fetched_groups.is_empty() {
        return Vec::new();
    }
    let groups: Vec<String> = plan.fetched_groups.iter().map(|group| group_arn(plan, group)).collect();
    vec![
        allow("ReadTaskDefinitions", &["ecs:DescribeTaskDefinition"], json!("*")),
        allow("ReadServices", &["ecs:DescribeServices"], json!(arn(plan, "ecs", "service/*"))),
        allow("ReadLastLines", &["logs:GetLogEvents"], json!(groups)),
    ]
}

/// What ECS may do before a container runs.
pub(super) fn execution_policy(plan: &Plan) -> Value {
    let mut statements = Vec::new();
    let applications = Some(&plan.app_image).filter(|_| !plan.is_collector());
    let repositories: Vec<String> = [&plan.image]
        .into_iter()
        .chain(applications)
        .filter_map(|image| repository_arn(plan, image))
        .collect();
    if !repositories.is_empty() {
        statements.push(allow("LogInToEcr", &["ecr:GetAuthorizationToken"], json!("*")));
        let actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
        statements.push(allow("PullImages", &actions, json!(repositories)));
    }
    statements.push(allow(
        "WriteTheRoutersOwnLog",
        &["logs:CreateLogStream", "logs:PutLogEvents"],
        json!(group_arn(plan, &plan.router_group().name)),
    ));
    if !plan.secrets.is_empty() {
        let (parameters, secrets): (Vec<&str>, Vec<&str>) =
            plan.secrets.iter().map(|secret| secret.arn.as_str()).partition(|arn| arn.contains(":ssm:"));
        if !secrets.is_empty() {
            let statement = allow("InjectSecrets", &["secretsmanager:GetSecretValue"], json!(secrets));
            statements.push(statement);
        }
        if !parameters.is_empty() {
            statements.push(allow("InjectParameters", &["ssm:GetParameters"], json!(parameters)));
        }
    }
    document(statements)
}

/// Who may take the roles: tasks of this account and region.
pub(super) fn trust(plan: &Plan) -> Value {
    document(vec![json!({
        "Sid": "TasksOfThisAccount",
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": plan.account},
            "ArnLike": {"aws:SourceArn": arn(plan, "ecs", "*")}
        }
    })])
}

/// Nothing without TLS.
pub(super) fn bucket_policy(plan: &Plan) -> Value {
    let bucket = format!("arn:{}:s3:::{}", plan.partition(), plan.bucket);
    document(vec![tls_only("s3:*", json!([bucket, format!("{bucket}/*")]))])
}

/// Who may fill the queue and its dead-letter queue: the rules.
pub(super) fn queue_policy(plan: &Plan) -> Value {
    let queues = json!([arn(plan, "sqs", &plan.name), arn(plan, "sqs", &format!("{}-dead", plan.name))]);
    let rule = |name: &str| arn(plan, "events", &format!("rule/{}-{name}", plan.name));
    document(vec![
        json!({
            "Sid": "EventsOfTheseRules",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queues,
            "Condition": {
                "ArnEquals": {"aws:SourceArn": [rule("task-stops"), rule("service-trouble")]},
                "StringEquals": {"aws:SourceAccount": plan.account}
            }
        }),
        tls_only("sqs:*", queues.clone()),
    ])
}

/// The patterns of the rules by name: those of the collector's example.
pub(super) fn patterns() -> [(&'static str, Value); 2] {
    [pattern("task-stops", TASK_STOPS), pattern("service-trouble", SERVICE_TROUBLE)]
}

fn pattern(name: &'static str, text: &str) -> (&'static str, Value) {
    (name, serde_json::from_str(text).unwrap_or_default())
}

pub(super) fn arn(plan: &Plan, service: &str, resource: &str) -> String {
    format!("arn:{}:{service}:{}:{}:{resource}", plan.partition(), plan.region, plan.account)
}

/// A topic of the plan's name, which has to exist.
pub(super) fn topic_arn(plan: &Plan) -> String {
    arn(plan, "sns", &plan.name)
}

fn group_arn(plan: &Plan, group: &str) -> String {
    arn(plan, "logs", &format!("log-group:{group}:*"))
}

/// The repository of an image in ECR; `None` for images of other registries.
fn repository_arn(plan: &Plan, image: &str) -> Option<String> {
    let (registry, path) = image.split_once('/')?;
    let (account, rest) = registry.split_once(".dkr.ecr.")?;
    let region = rest.split('.').next()?;
    let path = path.split(['@', ':']).next()?;
    Some(format!("arn:{}:ecr:{region}:{account}:repository/{path}", plan.partition()))
}

fn allow(sid: &str, actions: &[&str], resource: Value) -> Value {
    json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource})
}

fn tls_only(action: &str, resource: Value) -> Value {
    json!({
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}
    })
}

fn document(statements: Vec<Value>) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}
