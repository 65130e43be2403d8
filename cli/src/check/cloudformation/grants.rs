//! Permissions: what the roles of a task allow, and what the task needs.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html>, read 2026-11.

use ecs_router::config::keys::DestinationKind;

use super::statements::{actions, choices, is_statement};
use super::{TemplateChecker, reference};
use crate::check::finding::{Finding, FindingSeverity};
use crate::check::placeholders::destination_kind;
use crate::check::routes::SectionNames;
use crate::config::{MapEntry, Node, Section};

/// What `AmazonECSTaskExecutionRolePolicy` allows.
const MANAGED: &[&str] = &[
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
];

/// Actions that are of no use without others.
const PAIRS: [(&str, &[&str]); 3] = [
    ("logs:PutLogEvents", &["logs:CreateLogStream"]),
    ("sqs:ReceiveMessage", &["sqs:DeleteMessage"]),
    ("ecr:BatchGetImage", &["ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer"]),
];

const TO_LOGS: &[&str] = &["logs:CreateLogStream", "logs:PutLogEvents"];
const FROM_QUEUE: &[&str] = &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"];

/// Types of resources that give a role permissions.
const POLICIES: [&str; 3] = ["AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy"];

/// The actions that a role allows, on whatever resource.
#[derive(Default)]
struct RoleGrants<'n> {
    actions: Vec<&'n str>,
    /// Others may allow more: policies that stand elsewhere.
    is_open: bool,
}

/// Actions that something needs, and what that is.
struct Need {
    what: String,
    actions: Vec<&'static str>,
}

impl TemplateChecker<'_> {
    /// Reports what a role of a task does not allow. `ours` are the plugin's outputs of the whole deployment.
    pub(super) fn check_grants(&self, ours: &[&Section], findings: &mut Vec<Finding>) {
        let is_task = |resource: &&MapEntry| self.kind_of(&resource.key) == Some("AWS::ECS::TaskDefinition");
        let tasks: Vec<&MapEntry> = self.resources().iter().filter(is_task).collect();
        // With several tasks, nobody knows whose the outputs are.
        let ours = if tasks.len() == 1 { ours } else { &[] };
        for task in &tasks {
            let Some(properties) = task.value.get("Properties") else { continue };
            self.check_role(properties, "ExecutionRoleArn", &execution_needs(properties), findings);
            self.check_role(properties, "TaskRoleArn", &task_needs(ours), findings);
        }
    }

    fn check_role(&self, properties: &Node, key: &str, needs: &[Need], findings: &mut Vec<Finding>) {
        let name = properties.get(key).and_then(reference).map(|(_, name)| name);
        let Some(role) = self.resources().iter().find(|resource| Some(resource.key.as_str()) == name) else {
            return;
        };
        if self.kind_of(&role.key) != Some("AWS::IAM::Role") {
            return;
        }
        let grants = self.grants(role);
        if grants.is_open {
            return;
        }
        for need in needs.iter().chain(&halves(&grants)) {
            let missing: Vec<&str> =
                need.actions.iter().copied().filter(|action| !grants.allows(action)).collect();
            if missing.is_empty() {
                continue;
            }
            let missing = missing.join(", ");
            let message =
                format!("resource {}: nothing allows {missing}, which {} needs", role.key, need.what);
            let location = self.location(role.line);
            let instead = format!("add {missing} to a statement of the role; examples/iam has all of them");
            let finding = Finding::new(FindingSeverity::Warning, &location, key, message, instead);
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }

    fn grants<'s>(&'s self, role: &'s MapEntry) -> RoleGrants<'s> {
        let mut grants = RoleGrants { is_open: true, ..RoleGrants::default() };
        if let Some(properties) = role.value.get("Properties") {
            grants.is_open =
                properties.entries().iter().any(|entry| entry.key.starts_with("Fn::") || entry.key == "<<");
            properties.get("Policies").into_iter().for_each(|node| grants.add(node));
            let managed = properties.get("ManagedPolicyArns").map(choices).unwrap_or_default();
            managed.into_iter().for_each(|node| self.add_managed(node, &mut grants));
        }
        for policy in self.resources().iter().filter(|policy| self.is_policy_of(policy, &role.key)) {
            grants.add(&policy.value);
        }
        grants
    }

    fn add_managed<'s>(&'s self, node: &'s Node, grants: &mut RoleGrants<'s>) {
        let texts = node.descendants();
        let is_known = |node: &&Node| {
            node.text().is_some_and(|text| text.ends_with("service-role/AmazonECSTaskExecutionRolePolicy"))
        };
        let policy =
            reference(node).and_then(|(_, name)| self.resources().iter().find(|other| other.key == name));
        match policy {
            Some(policy) => grants.add(&policy.value),
            None if texts.iter().any(is_known) => grants.actions.extend(MANAGED),
            None => grants.is_open |= reference(node) != Some(("Ref", "AWS::NoValue")),
        }
    }

    fn is_policy_of(&self, policy: &MapEntry, role: &str) -> bool {
        let kind = self.kind_of(&policy.key).unwrap_or_default();
        let Some(properties) = policy.value.get("Properties").filter(|_| POLICIES.contains(&kind)) else {
            return false;
        };
        let roles = properties.get("Roles").or(properties.get("RoleName")).map(choices).unwrap_or_default();
        // A name that is not a reference may be the role's.
        roles.iter().any(|node| reference(node).is_none_or(|(_, name)| name == role))
    }
}

impl<'n> RoleGrants<'n> {
    /// Adds what the statements inside allow.
    fn add(&mut self, node: &'n Node) {
        let nodes = node.descendants();
        let statements: Vec<&Node> = nodes.into_iter().filter(|node| is_statement(node)).collect();
        // `!Ref Statements` and the like.
        let is_hidden =
            statements.is_empty() || choices(node).iter().any(|node| reference(node).is_some_and(is_value));
        self.is_open |= is_hidden;
        for statement in statements {
            if statement.text_of("Effect") == Some("Deny") {
                continue;
            }
            let known = actions(statement);
            self.is_open |= known.is_empty();
            self.actions.extend(known);
        }
    }

    fn allows(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.actions.iter().any(|granted| {
            let granted = granted.to_ascii_lowercase();
            match granted.split_once(['*', '?']) {
                Some((start, _)) => action.starts_with(start),
                None => granted == action,
            }
        })
    }
}

fn is_value((function, name): (&str, &str)) -> bool {
    (function, name) != ("Ref", "AWS::NoValue")
}

/// Needs of actions that the role does allow.
fn halves(grants: &RoleGrants<'_>) -> Vec<Need> {
    let is_written = |action: &str| grants.actions.iter().any(|granted| granted.eq_ignore_ascii_case(action));
    let pairs = PAIRS.iter().filter(|(action, _)| is_written(action));
    pairs.map(|(action, others)| Need { what: (*action).to_owned(), actions: others.to_vec() }).collect()
}

/// What ECS does before a container runs.
fn execution_needs(properties: &Node) -> Vec<Need> {
    let containers = properties.get("ContainerDefinitions").map(choices).unwrap_or_default();
    let mut needs = Vec::new();
    for container in containers {
        let Some(logs) = container.get("LogConfiguration") else { continue };
        if logs.text_of("LogDriver") != Some("awslogs") {
            continue;
        }
        let options = logs.get("Options");
        let creates = options.and_then(|options| options.get("awslogs-create-group")?.text()) == Some("true");
        let mut actions = TO_LOGS.to_vec();
        actions.extend(creates.then_some("logs:CreateLogGroup"));
        needs.push(Need { what: "the log driver awslogs of its containers".to_owned(), actions });
    }
    needs.extend(
        secret_actions(properties)
            .into_iter()
            .map(|(what, action)| Need { what: what.to_owned(), actions: vec![action] }),
    );
    needs
}

/// The action that a secret of a known kind wants.
fn secret_actions(properties: &Node) -> Vec<(&'static str, &'static str)> {
    let nodes = properties.descendants();
    let lists = nodes.iter().flat_map(|node| [node.get("Secrets"), node.get("SecretOptions")]).flatten();
    let values = lists.flat_map(choices).filter_map(|secret| secret.get("ValueFrom"));
    let mut found: Vec<(&str, &str)> = values
        .flat_map(Node::descendants)
        .filter_map(Node::text)
        .filter_map(|text| match text {
            _ if text.contains(":secretsmanager:") => {
                Some(("a secret of its containers", "secretsmanager:GetSecretValue"))
            }
            _ if text.contains(":ssm:") => Some(("a parameter of its containers", "ssm:GetParameters")),
            _ => None,
        })
        .collect();
    found.dedup();
    found
}

/// What the plugin does.
fn task_needs(ours: &[&Section]) -> Vec<Need> {
    let mut needs = Vec::new();
    for section in ours {
        for name in SectionNames::new(section).routed {
            let is_other = |key: &str| section.get(&format!("{name}.{key}")).is_some();
            let actions = destination_kind(section, &name).map(needed).unwrap_or_default();
            if !actions.is_empty() && !is_other("role_arn") && !is_other("endpoint") {
                needs.push(Need { what: format!("the destination {name}"), actions: actions.to_vec() });
            }
        }
        if section.get("queue.url").is_some() && section.get("queue.role_arn").is_none() {
            needs.push(Need { what: "queue.url".to_owned(), actions: FROM_QUEUE.to_vec() });
        }
    }
    needs
}

const fn needed(kind: DestinationKind) -> &'static [&'static str] {
    match kind {
        DestinationKind::Cloudwatch => TO_LOGS,
        DestinationKind::S3 => &["s3:PutObject"],
        DestinationKind::Firehose => &["firehose:PutRecordBatch"],
        DestinationKind::Kinesis => &["kinesis:PutRecords"],
        DestinationKind::Sns => &["sns:Publish"],
        DestinationKind::Eventbridge => &["events:PutEvents"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use crate::check::cloudformation::tests::with;
    use crate::check::task::tests::{assert_says, said};

    /// A task with an execution role that has these properties beside the trust policy.
    fn role(properties: &str, more: &str) -> String {
        with(&format!("Role:|  Type: AWS::IAM::Role|  Properties: {{{properties}}}{more}"))
            .replace("Memory: 512", "Memory: 512\n      ExecutionRoleArn: !GetAtt Role.Arn")
    }

    fn inline(actions: &str) -> String {
        format!(
            "Policies: [{{PolicyName: a, PolicyDocument: {{Statement: [{{Effect: Allow, Action: [{actions}], Resource: '*'}}]}}}}]"
        )
    }

    #[test]
    fn what_a_role_does_not_allow_is_reported() {
        let logs = "logs:CreateLogStream, logs:PutLogEvents";
        for (properties, part) in [
            (String::new(), "nothing allows logs:CreateLogStream, logs:PutLogEvents"),
            (inline("logs:PutLogEvents"), "nothing allows logs:CreateLogStream, which"),
            (
                inline(&format!("{logs}, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer")),
                "ecr:GetAuthorizationToken, which ecr:BatchGetImage needs",
            ),
        ] {
            let found = said(&role(&properties, ""));
            assert!(
                found.iter().any(|line| line.contains(": warning: ") && line.contains(part)),
                "{found:#?}"
            );
        }
        let attached = "|P:|  Type: AWS::IAM::Policy|  Properties: {Roles: [!Ref Role], PolicyDocument: {Statement: [{Effect: Allow, Action: 'logs:*', Resource: '*'}]}}";
        let managed =
            "ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy']";
        for (properties, more) in [
            (inline(logs), ""),
            (inline("'logs:*'"), ""),
            (managed.to_owned(), ""),
            ("ManagedPolicyArns: [!Ref Env]".to_owned(), ""),
            (String::new(), attached),
        ] {
            assert_eq!(said(&role(&properties, more)), [""; 0], "{properties}{more}");
        }
        let creating = role(managed, "").replace(
            "{LogDriver: awslogs}",
            "{LogDriver: awslogs, Options: {awslogs-group: x, awslogs-create-group: 'true'}}",
        );
        assert_says(&creating, "warning", "nothing allows logs:CreateLogGroup");
    }

    #[test]
    fn destinations_need_the_task_role() {
        let task = role(&inline("s3:GetObject"), "").replace("ExecutionRoleArn", "TaskRoleArn");
        let task = task
            .replace("route.default: http", "route.default: s3")
            .replace("http.url: https://x/", "s3.bucket: my-logs");
        assert!(
            said(&task)
                .iter()
                .any(|line| line.contains("nothing allows s3:PutObject, which the destination s3 needs"))
        );
        let right = task.replace("s3:GetObject", "s3:PutObject");
        assert!(!said(&right).iter().any(|line| line.contains("nothing allows")), "{:#?}", said(&right));
    }
}
