//! Numbers, words and names that a property does not take, and resources that do not go together.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>, read 2026-11.

use super::{TemplateChecker, reference};
use crate::check::finding::{Finding, FindingSeverity};
use crate::config::{MapEntry, Node};
use crate::suggest::closest;

struct NumberRange {
    kind: &'static str,
    key: &'static str,
    least: u64,
    most: u64,
}

const RANGES: [NumberRange; 4] = [
    NumberRange { kind: "AWS::SQS::Queue", key: "VisibilityTimeout", least: 0, most: 43_200 },
    NumberRange { kind: "AWS::SQS::Queue", key: "ReceiveMessageWaitTimeSeconds", least: 0, most: 20 },
    NumberRange { kind: "AWS::SQS::Queue", key: "MessageRetentionPeriod", least: 60, most: 1_209_600 },
    NumberRange { kind: "AWS::SQS::Queue", key: "DelaySeconds", least: 0, most: 900 },
];

/// Types, keys at any depth of their properties, and the words that these take.
const WORDS: [(&str, &str, &[&str]); 6] = [
    ("AWS::ECS::Service", "AssignPublicIp", &["ENABLED", "DISABLED"]),
    ("AWS::ECS::Service", "PropagateTags", &["SERVICE", "TASK_DEFINITION", "NONE"]),
    ("AWS::ECS::Service", "SchedulingStrategy", &["REPLICA", "DAEMON"]),
    ("AWS::Events::Rule", "State", &["ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"]),
    ("AWS::Logs::LogGroup", "LogGroupClass", &["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"]),
    ("AWS::S3::Bucket", "SSEAlgorithm", &["AES256", "aws:kms", "aws:kms:dsse"]),
];

/// Properties that are maps or lists of maps, and the keys of these.
const PARTS: [(&str, &str, &[&str]); 6] = [
    ("AWS::S3::Bucket", "LifecycleConfiguration", &["Rules", "TransitionDefaultMinimumObjectSize"]),
    (
        "AWS::S3::Bucket",
        "PublicAccessBlockConfiguration",
        &["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"],
    ),
    ("AWS::S3::Bucket", "VersioningConfiguration", &["Status"]),
    ("AWS::ECS::Service", "AwsvpcConfiguration", &["AssignPublicIp", "SecurityGroups", "Subnets"]),
    ("AWS::ECS::Service", "NetworkConfiguration", &["AwsvpcConfiguration"]),
    ("AWS::SQS::Queue", "RedrivePolicy", &["deadLetterTargetArn", "maxReceiveCount"]),
];

/// Keys of a rule in `LifecycleConfiguration`.
const LIFECYCLE_KEYS: [&str; 16] = [
    "AbortIncompleteMultipartUpload",
    "ExpirationDate",
    "ExpirationInDays",
    "ExpiredObjectDeleteMarker",
    "Id",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionExpirationInDays",
    "NoncurrentVersionTransition",
    "NoncurrentVersionTransitions",
    "ObjectSizeGreaterThan",
    "ObjectSizeLessThan",
    "Prefix",
    "Status",
    "TagFilters",
    "Transition",
    "Transitions",
];

/// Types that are reported when they are misspelt.
const TYPES: [&str; 12] = [
    "AWS::ECS::Cluster",
    "AWS::ECS::Service",
    "AWS::Events::EventBus",
    "AWS::Events::Rule",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
];

impl TemplateChecker<'_> {
    /// Reports what the service behind a resource refuses.
    pub(super) fn check_values(&self, findings: &mut Vec<Finding>) {
        for resource in self.resources() {
            findings.extend(self.misspelt_type(resource));
            let Some(properties) = resource.value.get("Properties") else { continue };
            let kind = self.kind_of(&resource.key).unwrap_or_default();
            findings.extend(
                RANGES.iter().filter_map(|range| self.out_of_range(resource, kind, properties, range)),
            );
            for node in properties.descendants() {
                findings
                    .extend(node.entries().iter().filter_map(|entry| self.other_word(resource, kind, entry)));
                node.entries().iter().for_each(|entry| self.check_parts(resource, kind, entry, findings));
                findings.extend(node.entries().iter().flat_map(|entry| self.lifecycle(resource, entry)));
            }
            match kind {
                "AWS::Logs::LogGroup" => findings.extend(self.group_name(resource, properties)),
                "AWS::S3::Bucket" => findings.extend(self.bucket_name(resource, properties)),
                "AWS::ECS::Service" => self.check_service(resource, properties, findings),
                _ => {}
            }
        }
    }

    /// One wrong letter or two: other types have names of their own.
    fn misspelt_type(&self, resource: &MapEntry) -> Option<Finding> {
        let entry = resource.value.entry("Type")?;
        let text = entry.value.text().filter(|text| !TYPES.contains(text))?;
        let near = TYPES.into_iter().find(|known| strsim::osa_distance(known, text) <= 2)?;
        let message = format!("resource {}: there is no '{text}'", resource.key);
        Some(self.finding(entry.line, &entry.key, message, format!("write {near}")))
    }

    fn out_of_range(
        &self,
        resource: &MapEntry,
        kind: &str,
        properties: &Node,
        range: &NumberRange,
    ) -> Option<Finding> {
        let entry = properties.entry(range.key).filter(|_| range.kind == kind)?;
        let text = entry.value.text().filter(|text| !text.contains("{{"))?;
        let is_allowed = text.parse().is_ok_and(|number: u64| (range.least..=range.most).contains(&number));
        let message = format!(
            "resource {}: '{text}' is not a number from {} to {}",
            resource.key, range.least, range.most
        );
        let instead = "write a number of seconds in this range".to_owned();
        (!is_allowed).then(|| self.finding(entry.line, &entry.key, message, instead))
    }

    fn other_word(&self, resource: &MapEntry, kind: &str, entry: &MapEntry) -> Option<Finding> {
        let (.., known) = WORDS.iter().find(|(of, key, _)| *of == kind && *key == entry.key)?;
        let text = entry.value.text().filter(|text| !known.contains(text) && !text.contains("{{"))?;
        let message = format!("resource {}: '{text}' is not one of {}", resource.key, known.join(", "));
        let same = known.iter().find(|known| known.eq_ignore_ascii_case(text)).or(known.first())?;
        Some(self.finding(entry.line, &entry.key, message, format!("write {same}")))
    }

    fn check_parts(&self, resource: &MapEntry, kind: &str, entry: &MapEntry, findings: &mut Vec<Finding>) {
        let Some((.., known)) = PARTS.iter().find(|(of, key, _)| *of == kind && *key == entry.key) else {
            return;
        };
        let is_unknown = |part: &&MapEntry| !known.contains(&part.key.as_str()) && !part.is_intrinsic();
        for part in entry.value.entries().iter().filter(is_unknown) {
            let message = format!("resource {}: {} has no such key", resource.key, entry.key);
            let instead = closest(&part.key, known.iter().copied())
                .map_or_else(|| format!("write one of {}", known.join(", ")), |near| format!("write {near}"));
            findings.push(self.finding(part.line, &part.key, message, instead));
        }
    }

    /// Keys of a bucket's rules that are almost those that there are.
    fn lifecycle(&self, resource: &MapEntry, entry: &MapEntry) -> Vec<Finding> {
        let rules = entry.value.get("Rules").filter(|_| entry.key == "LifecycleConfiguration");
        let keys = rules.map(Node::items).unwrap_or_default().iter().flat_map(Node::entries);
        let misspelt = keys.filter(|key| !LIFECYCLE_KEYS.contains(&key.key.as_str())).filter_map(|key| {
            let near = closest(&key.key, LIFECYCLE_KEYS)?;
            let message = format!("resource {}: a rule of a bucket has no such key", resource.key);
            Some(self.finding(key.line, &key.key, message, format!("write {near}")))
        });
        misspelt.collect()
    }

    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
    fn group_name(&self, resource: &MapEntry, properties: &Node) -> Option<Finding> {
        let entry = properties.entry("LogGroupName")?;
        let text = entry.value.text()?;
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || ".-_/#".contains(c);
        let why = match text.chars().find(|c| !is_allowed(*c)) {
            // Names in `${…}` are reported as texts without `!Sub`.
            Some('$' | '{') => return None,
            Some(wrong) => format!("'{wrong}' may not stand in the name of a log group"),
            None if text.starts_with("aws/") => {
                "CloudWatch keeps names that begin with aws/, without a slash before it, for AWS".to_owned()
            }
            None => return None,
        };
        let message = format!("resource {}: {why}", resource.key);
        Some(self.finding(entry.line, &entry.key, message, "use letters, digits and . - _ / #".to_owned()))
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
    fn bucket_name(&self, resource: &MapEntry, properties: &Node) -> Option<Finding> {
        let entry = properties.entry("BucketName")?;
        let text = entry.value.text()?;
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
        if text.contains(['$', '{']) || (text.chars().all(is_allowed) && (3..=63).contains(&text.len())) {
            return None;
        }
        let message = format!("resource {}: S3 refuses the name '{text}'", resource.key);
        let instead = "use 3 to 63 small letters, digits, dots and hyphens".to_owned();
        Some(self.finding(entry.line, &entry.key, message, instead))
    }

    /// A service against the task definition that it runs.
    fn check_service(&self, service: &MapEntry, properties: &Node, findings: &mut Vec<Finding>) {
        findings.extend(self.stuck_deployment(service, properties));
        let name = properties.get("TaskDefinition").and_then(reference).map(|(_, name)| name);
        let task = self.resources().iter().find(|resource| Some(resource.key.as_str()) == name);
        let Some(task) = task.and_then(|task| task.value.get("Properties")) else { return };
        findings.extend(self.without_network(service, properties, task));
        findings.extend(self.other_launch_type(service, properties, task));
    }

    fn without_network(&self, service: &MapEntry, properties: &Node, task: &Node) -> Option<Finding> {
        let is_awsvpc = task.text_of("NetworkMode") == Some("awsvpc");
        let is_open = properties.entries().iter().any(|entry| entry.is_intrinsic());
        let message = format!(
            "resource {}: its task has the network mode awsvpc, and ECS refuses a service without subnets",
            service.key
        );
        let instead = "add NetworkConfiguration: {AwsvpcConfiguration: {Subnets: …}}".to_owned();
        (is_awsvpc && !is_open && properties.get("NetworkConfiguration").is_none())
            .then(|| self.finding(service.line, "NetworkConfiguration", message, instead))
    }

    fn other_launch_type(&self, service: &MapEntry, properties: &Node, task: &Node) -> Option<Finding> {
        let entry = properties.entry("LaunchType")?;
        let launch = entry.value.text().filter(|text| matches!(*text, "FARGATE" | "EC2"))?;
        let items = task.get("RequiresCompatibilities")?.items();
        let known: Vec<&str> = items.iter().filter_map(Node::text).collect();
        if known.is_empty() || known.len() < items.len() || known.contains(&launch) {
            return None;
        }
        let message = format!(
            "resource {}: ECS does not run a task on {launch} that is made for {}",
            service.key,
            known.join(", ")
        );
        let instead = format!("write RequiresCompatibilities: [{launch}] in the task definition");
        Some(self.finding(entry.line, &entry.key, message, instead))
    }

    /// Neither may a task stop before its successor runs, nor the other way round.
    fn stuck_deployment(&self, service: &MapEntry, properties: &Node) -> Option<Finding> {
        let configuration = properties.get("DeploymentConfiguration")?;
        let percent = |key: &str| configuration.get(key)?.number();
        if percent("MinimumHealthyPercent")? < 100 || percent("MaximumPercent")? > 100 {
            return None;
        }
        let entry = configuration.entry("MaximumPercent")?;
        let message = format!(
            "resource {}: with MinimumHealthyPercent 100 no task may be replaced, and every deployment waits for ever",
            service.key
        );
        let location = self.location(entry.line);
        let instead = "write MaximumPercent: 200";
        Some(Finding::new(FindingSeverity::Warning, &location, &entry.key, message, instead))
    }
}

#[cfg(test)]
mod tests {
    use crate::check::cloudformation::tests::with;
    use crate::check::task::tests::{assert_says, said};

    #[test]
    fn what_the_service_behind_a_resource_refuses_is_reported() {
        for (more, severity, part) in [
            ("X:|  Type: AWS::Log::LogGroup", "error", "write AWS::Logs::LogGroup"),
            (
                "X:|  Type: AWS::S3::Bucket|  Properties: {LifecycleConfiguration: {Rules: [{Status: Enabled, ExpirationInDay: 90}]}}",
                "error",
                "write ExpirationInDays",
            ),
            (
                "X:|  Type: AWS::SQS::Queue|  Properties: {VisibilityTimeout: 120000}",
                "error",
                "from 0 to 43200",
            ),
            (
                "X:|  Type: AWS::SQS::Queue|  Properties: {ReceiveMessageWaitTimeSeconds: 20s}",
                "error",
                "'20s' is not a number",
            ),
            (
                "X:|  Type: AWS::SQS::Queue|  Properties: {RedrivePolicy: {DeadLetterTargetArn: x, maxReceiveCount: 1}}",
                "error",
                "write deadLetterTargetArn",
            ),
            (
                "X:|  Type: AWS::Logs::LogGroup|  Properties: {LogGroupName: /ecs/web errors}",
                "error",
                "' ' may not stand",
            ),
            (
                "X:|  Type: AWS::Logs::LogGroup|  Properties: {LogGroupName: aws/ecs}",
                "error",
                "CloudWatch keeps names that begin with aws/",
            ),
            (
                "X:|  Type: AWS::S3::Bucket|  Properties: {BucketName: My_Logs}",
                "error",
                "S3 refuses the name",
            ),
            ("X:|  Type: AWS::ECS::Service|  Properties: {PropagateTags: Service}", "error", "write SERVICE"),
            (
                "X:|  Type: AWS::ECS::Service|  Properties: {NetworkConfiguration: {AwsvpcConfiguration: {SubnetIds: [a]}}}",
                "error",
                "write Subnets",
            ),
            (
                "X:|  Type: AWS::ECS::Service|  Properties: {DeploymentConfiguration: {MinimumHealthyPercent: 100, MaximumPercent: 100}}",
                "warning",
                "waits for ever",
            ),
        ] {
            assert_says(&with(more), severity, part);
        }
        let service =
            with("X:|  Type: AWS::ECS::Service|  Properties: {TaskDefinition: !Ref Task, LaunchType: EC2}");
        assert_eq!(said(&service), [""; 0]);
        let task =
            |more: &str| service.replace("      Memory: 512", &format!("      Memory: 512\n      {more}"));
        assert_says(&task("NetworkMode: awsvpc"), "error", "refuses a service without subnets");
        assert_says(&task("RequiresCompatibilities: [EXTERNAL]"), "error", "ECS does not run a task on EC2");
        let resolved = "X:|  Type: AWS::SQS::Queue|  Properties: {VisibilityTimeout: '{{resolve:ssm:/x}}'}";
        assert_eq!(said(&with(resolved)), [""; 0]);
        for other in
            ["AWS::IAM::Group", "AWS::SQS::QueueInlinePolicy", "AWS::Logs::LogStream", "AWS::ECS::TaskSet"]
        {
            assert_eq!(said(&with(&format!("X:|  Type: {other}"))), [""; 0], "{other}");
        }
    }
}
