//! Names of properties and attributes, for the types of resources that a deployment of the plugin consists of.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>, read 2026-11.

use super::{TemplateChecker, reference};
use crate::check::finding::{Finding, FindingSeverity};
use crate::config::{MapEntry, Node, Tree};
use crate::suggest::closest;

const PROPERTIES: [(&str, &[&str]); 6] = [
    (
        "AWS::ECS::Service",
        &[
            "AvailabilityZoneRebalancing",
            "CapacityProviderStrategy",
            "Cluster",
            "DeploymentConfiguration",
            "DeploymentController",
            "DesiredCount",
            "EnableECSManagedTags",
            "EnableExecuteCommand",
            "ForceNewDeployment",
            "HealthCheckGracePeriodSeconds",
            "LaunchType",
            "LoadBalancers",
            "Monitoring",
            "NetworkConfiguration",
            "PlacementConstraints",
            "PlacementStrategies",
            "PlatformVersion",
            "PropagateTags",
            "Role",
            "SchedulingStrategy",
            "ServiceConnectConfiguration",
            "ServiceName",
            "ServiceRegistries",
            "Tags",
            "TaskDefinition",
            "VolumeConfigurations",
            "VpcLatticeConfigurations",
        ],
    ),
    (
        "AWS::IAM::Role",
        &[
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "RoleName",
            "Tags",
        ],
    ),
    (
        "AWS::Logs::LogGroup",
        &[
            "LogGroupName",
            "RetentionInDays",
            "KmsKeyId",
            "LogGroupClass",
            "DataProtectionPolicy",
            "FieldIndexPolicies",
            "ResourcePolicyDocument",
            "DeletionProtectionEnabled",
            "BearerTokenAuthenticationEnabled",
            "Tags",
        ],
    ),
    (
        "AWS::S3::Bucket",
        &[
            "AbacStatus",
            "AccelerateConfiguration",
            "AccessControl",
            "AnalyticsConfigurations",
            "BucketEncryption",
            "BucketName",
            "BucketNamePrefix",
            "BucketNamespace",
            "CorsConfiguration",
            "IntelligentTieringConfigurations",
            "InventoryConfigurations",
            "LifecycleConfiguration",
            "LoggingConfiguration",
            "MetadataConfiguration",
            "MetadataTableConfiguration",
            "MetricsConfigurations",
            "NotificationConfiguration",
            "ObjectLockConfiguration",
            "ObjectLockEnabled",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
            "ReplicationConfiguration",
            "Tags",
            "VersioningConfiguration",
            "WebsiteConfiguration",
        ],
    ),
    (
        "AWS::SQS::Queue",
        &[
            "ContentBasedDeduplication",
            "DeduplicationScope",
            "DelaySeconds",
            "FifoQueue",
            "FifoThroughputLimit",
            "KmsDataKeyReusePeriodSeconds",
            "KmsMasterKeyId",
            "MaximumMessageSize",
            "MessageRetentionPeriod",
            "QueueName",
            "ReceiveMessageWaitTimeSeconds",
            "RedriveAllowPolicy",
            "RedrivePolicy",
            "SqsManagedSseEnabled",
            "Tags",
            "VisibilityTimeout",
        ],
    ),
    (
        "AWS::Events::Rule",
        &[
            "Description",
            "EventBusName",
            "EventPattern",
            "Name",
            "RoleArn",
            "ScheduleExpression",
            "State",
            "Tags",
            "Targets",
        ],
    ),
];

const LAUNCH_TYPES: [&str; 4] = ["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"];

impl TemplateChecker<'_> {
    /// Reports properties that do not exist, and words that properties do not take.
    pub(super) fn check_property_names(&self, findings: &mut Vec<Finding>) {
        for resource in self.resources() {
            let Some(properties) = resource.value.get("Properties") else { continue };
            let kind = resource.value.text_of("Type").unwrap_or_default();
            let entries = properties.entries().iter();
            findings.extend(entries.filter_map(|entry| self.unknown_property(resource, kind, entry)));
            match kind {
                "AWS::ECS::Service" => {
                    findings.extend(self.launch_type(resource, properties));
                    findings.extend(self.two_capacities(resource, properties));
                }
                "AWS::ECS::TaskDefinition" => findings.extend(self.shared_role(resource, properties)),
                _ => {}
            }
        }
    }

    fn unknown_property(&self, resource: &MapEntry, kind: &str, entry: &MapEntry) -> Option<Finding> {
        let (_, known) = PROPERTIES.iter().find(|(known, _)| *known == kind)?;
        let key = entry.key.as_str();
        if known.contains(&key) || entry.is_intrinsic() {
            return None;
        }
        let message = format!("resource {}: {kind} has no such property", resource.key);
        match closest(key, known.iter().copied()).or_else(|| part(key, known)) {
            Some(near) => Some(self.finding(entry.line, key, message, format!("did you mean {near}?"))),
            None => {
                let message =
                    format!("{message} that was known in 2026-11, and CloudFormation refuses others");
                let location = self.location(entry.line);
                let instead = "leave it out, or look it up in the reference of the type";
                Some(Finding::new(FindingSeverity::Warning, &location, key, message, instead))
            }
        }
    }

    fn launch_type(&self, resource: &MapEntry, properties: &Node) -> Option<Finding> {
        let entry = properties.entries().iter().find(|entry| entry.key == "LaunchType")?;
        let text = entry.value.text().filter(|text| !LAUNCH_TYPES.contains(text))?;
        let message = format!("resource {}: '{text}' is not a launch type", resource.key);
        let same = LAUNCH_TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(text));
        let near = same.or_else(|| closest(text, LAUNCH_TYPES)).unwrap_or("FARGATE");
        Some(self.finding(entry.line, &entry.key, message, format!("write {near}")))
    }

    /// A launch type beside capacity providers, of which ECS takes one.
    fn two_capacities(&self, resource: &MapEntry, properties: &Node) -> Option<Finding> {
        let launch_type = properties.entry("LaunchType").filter(|entry| entry.value.text().is_some())?;
        let providers = properties.get("CapacityProviderStrategy")?.items();
        if launch_type.value.is_null() || providers.is_empty() || providers.iter().all(Node::is_function) {
            return None;
        }
        let message = format!(
            "resource {}: stands beside CapacityProviderStrategy, and ECS refuses a service with both",
            resource.key
        );
        let instead =
            "leave LaunchType out to keep the capacity providers, for example FARGATE_SPOT".to_owned();
        Some(self.finding(launch_type.line, &launch_type.key, message, instead))
    }

    /// One role of the template for the task and for ECS.
    fn shared_role(&self, resource: &MapEntry, properties: &Node) -> Option<Finding> {
        let task = properties.entry("TaskRoleArn")?;
        let execution = properties.entry("ExecutionRoleArn")?;
        let (_, name) = reference(&task.value)?;
        if reference(&execution.value)?.1 != name {
            return None;
        }
        let message = format!(
            "resource {}: is the execution role as well: the containers may then read every secret that ECS reads for the task",
            resource.key
        );
        let instead = "give the task a role of its own with the permissions in examples/iam";
        let location = self.location(task.line);
        Some(Finding::new(FindingSeverity::Warning, &location, &task.key, message, instead))
    }

    /// Reports `!GetAtt Role.ARN`.
    pub(super) fn check_attributes(&self, findings: &mut Vec<Finding>) {
        for node in self.template.node.descendants() {
            let Some(attribute) = attribute(node) else { continue };
            if attribute == "Arn" || !attribute.eq_ignore_ascii_case("Arn") {
                findings.extend(self.other_attribute(node, attribute));
                continue;
            }
            let message =
                format!("no resource has an attribute '{attribute}', and CloudFormation refuses it");
            findings.push(self.finding(node.line, "!GetAtt", message, "write Arn".to_owned()));
        }
    }
}

/// Attributes that a type has, where they are few.
const ATTRIBUTES: [(&str, &[&str]); 4] = [
    ("AWS::Events::Rule", &["Arn"]),
    ("AWS::IAM::Role", &["Arn", "RoleId"]),
    ("AWS::Logs::LogGroup", &["Arn"]),
    ("AWS::SQS::Queue", &["Arn", "QueueName", "QueueUrl"]),
];

impl TemplateChecker<'_> {
    /// Reports an attribute of another type, or one that `!Ref` gives.
    fn other_attribute(&self, node: &Node, attribute: &str) -> Option<Finding> {
        let (_, name) = reference(node)?;
        let kind = self.kind_of(name)?;
        let (_, known) = ATTRIBUTES.iter().find(|(of, known)| *of == kind && !known.contains(&attribute))?;
        let message = format!("{kind} has no attribute '{attribute}', and CloudFormation refuses it");
        let instead = format!("write !Ref {name}, or one of {}", known.join(", "));
        Some(self.finding(node.line, "!GetAtt", message, instead))
    }
}

/// The property whose name holds this one: `RetentionInDays` for `Retention`.
fn part<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    let key = key.to_ascii_lowercase();
    known.iter().copied().find(|known| key.len() >= 4 && known.to_ascii_lowercase().contains(&key))
}

/// What stands behind the name of the resource.
pub(super) fn attribute(node: &Node) -> Option<&str> {
    let given = match &node.tree {
        Tree::Function(name, given) if name == "GetAtt" => &**given,
        Tree::Map(entries) => &entries.iter().find(|entry| entry.key == "Fn::GetAtt")?.value,
        _ => return None,
    };
    match given.items() {
        [_, attribute] => attribute.text(),
        _ => given.text()?.split_once('.').map(|(_, attribute)| attribute),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::cloudformation::tests::with;
    use crate::check::task::tests::{assert_says, said};

    #[test]
    fn a_service_has_a_launch_type_or_capacity_providers() {
        let service = |properties: &str| {
            with(&format!(
                "S:|  Type: AWS::ECS::Service|  Properties:|    TaskDefinition: !Ref Task|{properties}"
            ))
        };
        let spot = "    CapacityProviderStrategy: [{CapacityProvider: FARGATE_SPOT, Weight: 1}]";
        assert_says(
            &service(&format!("    LaunchType: EC2|{spot}")),
            "error",
            "stands beside CapacityProviderStrategy",
        );
        let open = "    LaunchType: !If [IsProd, EC2, !Ref AWS::NoValue]";
        for properties in [spot, "    LaunchType: EC2", &format!("{open}|{spot}")] {
            assert_eq!(said(&service(properties)), [""; 0], "{properties}");
        }
    }
}
