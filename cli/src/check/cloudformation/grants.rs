//! Permissions: what the roles of a task allow, and what the task needs.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html>, read 2026-11.

use std::collections::BTreeSet;

use ecs_router::config::keys::DestinationKind;

use super::denials::Denial;
use super::granted_resources::{GrantedResources, NeededResource, name_key};
use super::statements::{actions, choices, is_statement};
use super::{TemplateChecker, reference};
use crate::check::finding::{Finding, FindingSeverity};
use crate::check::placeholders::destination_kind;
use crate::check::routes::SectionNames;
use crate::config::{MapEntry, Node, Section, matches};

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

/// Where AWS keeps the policies that ECS's documentation names.
const EXECUTION_POLICY: &str = "service-role/AmazonECSTaskExecutionRolePolicy";

/// What a role allows and denies.
#[derive(Default)]
struct RoleGrants<'n> {
    granted: Vec<GrantedAction<'n>>,
    denials: Vec<Denial<'n>>,
    /// Others may allow more: policies that stand elsewhere.
    is_open: bool,
}

/// An action, which may end in `*`, and what it is allowed on.
struct GrantedAction<'n> {
    action: &'n str,
    resources: GrantedResources,
}

/// A role of the template, and the key of the task definition that names it.
struct CheckedRole<'n> {
    resource: &'n MapEntry,
    key: &'n str,
    grants: RoleGrants<'n>,
}

/// Actions that something needs, and what that is.
struct Need {
    what: String,
    actions: Vec<&'static str>,
    /// On what; `None` if that is not known before deployment.
    on: Option<NeededResource>,
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
        let role = CheckedRole { resource: role, key, grants: self.grants(role) };
        // Whatever else allows it.
        findings.extend(needs.iter().filter_map(|need| self.explicitly_denied(&role, need)));
        if role.grants.is_open {
            return;
        }
        for need in needs.iter().chain(&halves(&role.grants)) {
            let missing = self.not_allowed(&role, need).or_else(|| self.allowed_elsewhere(&role, need));
            findings.extend(missing.filter(|finding| !findings.contains(finding)));
        }
    }

    /// Actions that no statement has.
    fn not_allowed(&self, role: &CheckedRole<'_>, need: &Need) -> Option<Finding> {
        let is_missing = |action: &&str| role.grants.of(action).next().is_none();
        let missing: Vec<&str> = need.actions.iter().copied().filter(is_missing).collect();
        if missing.is_empty() {
            return None;
        }
        let missing = missing.join(", ");
        let message = format!("nothing allows {missing}, which {} needs", need.what);
        let instead = format!("add {missing} to a statement of the role; examples/iam has all of them");
        Some(self.finding_of(role, FindingSeverity::Warning, role.resource.line, &message, instead))
    }

    /// Actions that statements allow on other resources alone.
    fn allowed_elsewhere(&self, role: &CheckedRole<'_>, need: &Need) -> Option<Finding> {
        let grants = &role.grants;
        let on = need.on.as_ref()?;
        let is_elsewhere = |action: &&str| !grants.of(action).any(|granted| granted.resources.may_hold(on));
        let elsewhere: Vec<&str> = need.actions.iter().copied().filter(is_elsewhere).collect();
        let first = *elsewhere.first()?;
        let named: BTreeSet<&str> = grants.of(first).flat_map(|granted| granted.resources.names()).collect();
        let named = named.into_iter().collect::<Vec<_>>().join(", ");
        let message = format!(
            "nothing allows {} on {on}, which {} needs: its statements name {named}",
            elsewhere.join(", "),
            need.what
        );
        let instead =
            format!("name {} in the statement, or correct the name in the configuration", on.arn_end());
        Some(self.finding_of(role, FindingSeverity::Warning, role.resource.line, &message, instead))
    }

    /// Actions that a statement denies.
    fn explicitly_denied(&self, role: &CheckedRole<'_>, need: &Need) -> Option<Finding> {
        let taken_by = |denial: &Denial<'_>| -> Vec<&str> {
            need.actions.iter().copied().filter(|action| denial.covers(action, need.on.as_ref())).collect()
        };
        let denials = role.grants.denials.iter().filter(|denial| !taken_by(denial).is_empty());
        let denial = denials.min_by_key(|denial| denial.is_conditional)?;
        let taken = taken_by(denial).join(", ");
        let on = need.on.as_ref().map_or_else(String::new, |on| format!(" on {on}"));
        let message = format!(
            "a statement denies {taken}{on}, which {} needs, and a Deny wins over every Allow",
            need.what
        );
        let (severity, instead) = if denial.is_conditional {
            (FindingSeverity::Note, "see that its condition does not hold for the task".to_owned())
        } else {
            (
                FindingSeverity::Warning,
                format!("leave {taken} out of the statement, or name other resources in it"),
            )
        };
        Some(self.finding_of(role, severity, denial.line, &message, instead))
    }

    fn finding_of(
        &self,
        role: &CheckedRole<'_>,
        severity: FindingSeverity,
        line: usize,
        message: &str,
        instead: String,
    ) -> Finding {
        let message = format!("resource {}: {message}", role.resource.key);
        Finding::new(severity, &self.location(line), role.key, message, instead)
    }

    fn grants<'s>(&'s self, role: &'s MapEntry) -> RoleGrants<'s> {
        let mut grants = RoleGrants { is_open: true, ..RoleGrants::default() };
        if let Some(properties) = role.value.get("Properties") {
            grants.is_open =
                properties.entries().iter().any(|entry| entry.key.starts_with("Fn::") || entry.key == "<<");
            properties.get("Policies").into_iter().for_each(|node| self.add_statements(node, &mut grants));
            let managed = properties.get("ManagedPolicyArns").map(choices).unwrap_or_default();
            managed.into_iter().for_each(|node| self.add_managed(node, &mut grants));
        }
        for policy in self.resources().iter().filter(|policy| self.is_policy_of(policy, &role.key)) {
            self.add_statements(&policy.value, &mut grants);
        }
        grants
    }

    /// Adds what the statements inside allow and deny.
    fn add_statements<'s>(&'s self, node: &'s Node, grants: &mut RoleGrants<'s>) {
        let nodes = node.descendants();
        let statements: Vec<&Node> = nodes.into_iter().filter(|node| is_statement(node)).collect();
        // `!Ref Statements` and the like.
        let is_hidden =
            statements.is_empty() || choices(node).iter().any(|node| reference(node).is_some_and(is_value));
        grants.is_open |= is_hidden;
        for statement in statements {
            if statement.get("Effect").and_then(Node::text) == Some("Deny") {
                grants.denials.extend(self.denial(node, statement));
                continue;
            }
            let known = actions(statement);
            grants.is_open |= known.is_empty();
            let resources = self.granted_resources(statement);
            grants.granted.extend(
                known.into_iter().map(|action| GrantedAction { action, resources: resources.clone() }),
            );
        }
    }

    fn add_managed<'s>(&'s self, node: &'s Node, grants: &mut RoleGrants<'s>) {
        let texts = node.descendants();
        let is_known = |node: &&Node| node.text().is_some_and(|text| text.ends_with(EXECUTION_POLICY));
        let policy =
            reference(node).and_then(|(_, name)| self.resources().iter().find(|other| other.key == name));
        match policy {
            Some(policy) => self.add_statements(&policy.value, grants),
            None if texts.iter().any(is_known) => grants.granted.extend(
                MANAGED.iter().map(|action| GrantedAction { action, resources: GrantedResources::Any }),
            ),
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
    /// What allows an action.
    fn of(&self, action: &str) -> impl Iterator<Item = &GrantedAction<'n>> {
        let action = action.to_ascii_lowercase();
        self.granted
            .iter()
            .filter(move |granted| matches(&granted.action.to_ascii_lowercase().replace('?', "*"), &action))
    }
}

fn is_value((function, name): (&str, &str)) -> bool {
    (function, name) != ("Ref", "AWS::NoValue")
}

/// Needs of actions that the role does allow.
fn halves(grants: &RoleGrants<'_>) -> Vec<Need> {
    let is_written =
        |action: &str| grants.granted.iter().any(|granted| granted.action.eq_ignore_ascii_case(action));
    let pairs = PAIRS.iter().filter(|(action, _)| is_written(action));
    pairs
        .map(|(action, others)| Need { what: (*action).to_owned(), actions: others.to_vec(), on: None })
        .collect()
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
        let group = options.and_then(|options| options.get("awslogs-group")?.text());
        let on = group.and_then(|group| NeededResource::of(DestinationKind::Cloudwatch, group));
        needs.push(Need { what: "the log driver awslogs of its containers".to_owned(), actions, on });
    }
    needs.extend(secret_actions(properties).into_iter().map(|(what, action)| Need {
        what: what.to_owned(),
        actions: vec![action],
        on: None,
    }));
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
            let Some(kind) = destination_kind(section, &name) else { continue };
            let actions = needed(kind).to_vec();
            if !actions.is_empty() && !is_other("role_arn") && !is_other("endpoint") {
                let text = name_key(kind).and_then(|key| section.text(&format!("{name}.{key}")));
                let on = text.and_then(|text| NeededResource::of(kind, text));
                needs.push(Need { what: format!("the destination {name}"), actions, on });
            }
        }
        if section.get("queue.url").is_some() && section.get("queue.role_arn").is_none() {
            needs.push(Need { what: "queue.url".to_owned(), actions: FROM_QUEUE.to_vec(), on: None });
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
    fn policies_of_aws_have_their_path() {
        for (arn, part) in [
            (
                "arn:aws:iam::aws:policy/AmazonECSTaskExecutionRolePolicy",
                "write policy/service-role/AmazonECS",
            ),
            (
                "!Sub 'arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonECS_FullAccess'",
                "write policy/AmazonECS_",
            ),
            (
                "arn:aws:iam::aws:policy/service-role/AmazonEcsTaskExecutionRolePolicy",
                "TaskExecutionRolePolicy",
            ),
        ] {
            assert_says(&role(&format!("ManagedPolicyArns: [{arn}]"), ""), "error", part);
        }
    }

    #[test]
    fn a_role_allows_it_on_what_the_output_names() {
        let of = |group: &str, resource: &str| {
            let actions = "logs:CreateLogStream, logs:PutLogEvents";
            let role = role(&inline(actions).replace("Resource: '*'", &format!("Resource: {resource}")), "");
            role.replace("ExecutionRoleArn", "TaskRoleArn")
                .replace("route.default: http", "route.default: cloudwatch")
                .replace(
                    "http.url: https://x/",
                    &format!("cloudwatch.log_group: {group}\n              cloudwatch.log_stream: x"),
                )
        };
        let missing = |text: &str| {
            said(text).into_iter().filter(|line| line.contains("nothing allows")).collect::<Vec<_>>()
        };
        let own = "!Sub 'arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/ecs/web:*'";
        for (group, resource) in [
            ("/ecs/web", own),
            ("/ecs/web", "'*'"),
            ("/ecs/web", "!Ref Env"),
            ("/ecs/web", "!Sub 'arn:aws:logs:*:*:log-group:/ecs/${Env}:*'"),
            ("/ecs/$(container_name)", own),
            ("!Sub '/ecs/${Env}'", own),
        ] {
            assert_eq!(missing(&of(group, resource)), [""; 0], "{group} {resource}");
        }
        let found = missing(&of("/ecs/checkout", own));
        assert!(
            matches!(found.as_slice(), [one] if one.contains(
                "nothing allows logs:CreateLogStream, logs:PutLogEvents on the log group /ecs/checkout, which the \
                 destination cloudwatch needs: its statements name /ecs/web; name log-group:/ecs/checkout:* in the statement"
            )),
            "{found:?}"
        );
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
