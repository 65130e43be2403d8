//! Whom policies name, where they have to and where they may not, and keys of policies that IAM does not know.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>, read 2026-11.

use super::TemplateChecker;
use super::resources::texts;
use super::statements::is_statement;
use crate::check::finding::Finding;
use crate::config::{MapEntry, Node, TemplateForm};
use crate::suggest::closest;

/// Services that a deployment of the plugin lets in, without `.amazonaws.com`.
const LET_IN: [&str; 5] = ["ecs-tasks", "events", "firehose", "lambda", "scheduler"];

/// Keys of a whole policy.
const POLICY_KEYS: [&str; 3] = ["Id", "Statement", "Version"];

/// Properties and attributes of Terraform that hold a policy.
const DOCUMENT_KEYS: [&str; 4] =
    ["AssumeRolePolicyDocument", "PolicyDocument", "assume_role_policy", "policy"];

/// Policies on what is used, which say who may use it.
const OF_RESOURCES: [&str; 4] = [
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueueInlinePolicy",
    "AWS::SQS::QueuePolicy",
];

/// Policies on who uses something, which belong to a role.
const OF_ROLES: [&str; 3] = ["AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy"];

impl TemplateChecker<'_> {
    pub(super) fn check_principals(&self, findings: &mut Vec<Finding>) {
        for node in self.template.node.descendants() {
            let documents = node.entries().iter().filter(|entry| DOCUMENT_KEYS.contains(&entry.key.as_str()));
            let keys = documents.flat_map(|document| document.value.entries());
            findings.extend(keys.filter_map(|entry| self.unknown_key(entry)));
            let services = node.get("Principal").and_then(|principal| principal.get("Service"));
            let given = services.filter(|_| is_statement(node)).map(texts).unwrap_or_default();
            findings.extend(given.into_iter().filter_map(|service| self.misspelt_service(service)));
        }
        for resource in self.resources() {
            let kind = self.kind_of(&resource.key).unwrap_or_default();
            let statements: Vec<&Node> =
                resource.value.descendants().into_iter().filter(|node| is_statement(node)).collect();
            if OF_RESOURCES.contains(&kind) {
                findings.extend(statements.iter().filter_map(|statement| self.nobody(statement)));
            }
            // A policy in a file of its own may be of either kind.
            if OF_ROLES.contains(&kind) && self.template.form != TemplateForm::Document {
                findings.extend(statements.iter().filter_map(|statement| self.somebody(statement)));
            }
        }
    }

    fn unknown_key(&self, entry: &MapEntry) -> Option<Finding> {
        let key = entry.key.as_str();
        if POLICY_KEYS.contains(&key) || entry.is_intrinsic() {
            return None;
        }
        let near = closest(key, POLICY_KEYS)?;
        let message = "IAM knows no such element of a policy, and refuses it".to_owned();
        Some(self.finding(entry.line, key, message, format!("write {near}")))
    }

    fn misspelt_service(&self, node: &Node) -> Option<Finding> {
        let text = node.text()?;
        let meant = misspelt(text)?;
        let message = format!("'{text}' is not a service of AWS");
        Some(self.finding(node.line, "Service", message, format!("write {meant}.amazonaws.com")))
    }

    fn nobody(&self, statement: &Node) -> Option<Finding> {
        let has = |name: &str| statement.entries().iter().any(|entry| entry.key == name);
        let message =
            "is missing in the statement, and a policy of a resource says whom it allows".to_owned();
        let instead = "add for example Principal: {Service: events.amazonaws.com}".to_owned();
        (!has("Principal") && !has("NotPrincipal"))
            .then(|| self.finding(statement.line, "Principal", message, instead))
    }

    fn somebody(&self, statement: &Node) -> Option<Finding> {
        let entry = statement.entries().iter().find(|entry| entry.key == "Principal")?;
        let message = "IAM refuses it in a policy of a role, which is for the role alone".to_owned();
        let instead = "leave it out; who may take the role stands in AssumeRolePolicyDocument".to_owned();
        Some(self.finding(entry.line, &entry.key, message, instead))
    }
}

/// The service that was meant, without its domain, if it is misspelt.
pub(super) fn misspelt(text: &str) -> Option<&'static str> {
    let name = text.split('.').next()?;
    let meant = LET_IN.into_iter().find(|known| strsim::osa_distance(known, name) <= 1)?;
    let is_right = name == meant && text.starts_with(&format!("{meant}.amazonaws.com"));
    (!is_right).then_some(meant)
}

#[cfg(test)]
mod tests {
    use crate::check::cloudformation::tests::with;
    use crate::check::task::tests::{assert_says, said};

    fn statement(kind: &str, text: &str) -> String {
        with(&format!(
            "P:|  Type: {kind}|  Properties:|    PolicyDocument: {{Statement: [{{Effect: Allow, Action: sqs:SendMessage, Resource: '*'{text}}}]}}"
        ))
    }

    #[test]
    fn principals_stand_where_they_belong() {
        let queue = "AWS::SQS::QueuePolicy";
        for (kind, text, part) in [
            (queue, "", "Principal: is missing"),
            (queue, ", Principal: {Service: event.amazonaws.com}", "write events.amazonaws.com"),
            (
                queue,
                ", Principal: {Service: [events.amazon.com]}",
                "'events.amazon.com' is not a service of AWS",
            ),
            ("AWS::IAM::Policy", ", Principal: '*'", "IAM refuses it in a policy of a role"),
        ] {
            assert_says(&statement(kind, text), "error", part);
        }
        for service in
            ["ecs.amazonaws.com", "eks.amazonaws.com", "events.amazonaws.com", "delivery.logs.amazonaws.com"]
        {
            assert_eq!(
                said(&statement(queue, &format!(", Principal: {{Service: {service}}}"))),
                [""; 0],
                "{service}"
            );
        }
        let small = statement("AWS::IAM::Policy", "").replace("Statement", "Statements");
        assert_says(&small, "error", "Statements: IAM knows no such element of a policy");
        assert_says(
            r#"{"statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}"#,
            "error",
            "write Statement",
        );
    }

    #[test]
    fn eventbridge_can_use_the_role_of_its_target() {
        let rule = |service: &str| {
            with(&format!(
                "R:|  Type: AWS::Events::Rule|  Properties: {{EventPattern: {{source: [aws.ecs]}}, Targets: [{{Id: a, Arn: !Ref Env, RoleArn: !GetAtt Role.Arn}}]}}|\
                 Role:|  Type: AWS::IAM::Role|  Properties: {{AssumeRolePolicyDocument: {{Statement: [{{Effect: Allow, Action: sts:AssumeRole, Principal: {{Service: {service}}}}}]}}}}"
            ))
        };
        assert_says(&rule("ecs-tasks.amazonaws.com"), "error", "so that EventBridge cannot use it");
        assert_eq!(said(&rule("events.amazonaws.com")), [""; 0]);
    }
}
