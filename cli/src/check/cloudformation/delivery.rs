//! Rules of EventBridge and the queues that they fill: whether an event that a rule passes arrives.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html>, read 2026-11.

use super::principals::misspelt;
use super::statements::{actions, choices, is_statement};
use super::{TemplateChecker, reference};
use crate::check::finding::{Finding, FindingSeverity};
use crate::config::{MapEntry, Node, Tree};

const EVENTS: &str = "events.amazonaws.com";
const RULE: &str = "AWS::Events::Rule";

/// Policies of queues that may let events in.
const QUEUE_POLICIES: [&str; 2] = ["AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy"];

impl TemplateChecker<'_> {
    /// Reports rules without targets, and queues that do not take the events of a rule.
    pub(super) fn check_delivery(&self, findings: &mut Vec<Finding>) {
        for rule in self.resources() {
            let properties = rule.value.get("Properties").filter(|_| self.kind_of(&rule.key) == Some(RULE));
            let Some(properties) = properties else { continue };
            let Some(targets) = properties.entry("Targets") else {
                findings.push(self.aimless(rule));
                continue;
            };
            for target in choices(&targets.value) {
                findings.extend(self.incomplete(rule, target));
                findings.extend(self.undelivered(rule, target));
            }
        }
    }

    fn aimless(&self, rule: &MapEntry) -> Finding {
        let message = format!("{}the rule has no target, so that its events go nowhere", self.subject(rule));
        let location = self.location(rule.line);
        let instead = "add Targets with the Id and the Arn of the queue";
        Finding::new(FindingSeverity::Warning, &location, "Targets", message, instead)
    }

    fn incomplete(&self, rule: &MapEntry, target: &Node) -> Option<Finding> {
        let is_map = matches!(target.tree, Tree::Map(_)) && !target.is_function();
        let missing = ["Id", "Arn"].into_iter().find(|key| target.entry(key).is_none()).filter(|_| is_map)?;
        let message =
            format!("{}a target without {missing}, which CloudFormation refuses", self.subject(rule));
        Some(self.finding(target.line, missing, message, format!("add {missing}")))
    }

    /// A target in a queue whose policies do not let this rule send.
    fn undelivered(&self, rule: &MapEntry, target: &Node) -> Option<Finding> {
        let arn = target.entry("Arn")?;
        let (_, queue) = reference(&arn.value)?;
        if self.kind_of(queue) != Some("AWS::SQS::Queue") || target.get("RoleArn").is_some() {
            return None;
        }
        let without_group = || self.without_group(queue, target);
        let why = self.own_key(queue).or_else(without_group).or_else(|| self.without_policy(rule, queue))?;
        let message = format!(
            "{}EventBridge cannot send to the queue {queue}: {why}; its events are lost",
            self.subject(rule)
        );
        let instead = "compare with QueuePolicy in examples/cloudformation/collector.yaml";
        Some(self.finding(arn.line, &arn.key, message, instead.to_owned()))
    }

    /// The key that AWS manages for SQS cannot be opened to another service.
    fn own_key(&self, queue: &str) -> Option<String> {
        let queue = self.resources().iter().find(|resource| resource.key == queue)?;
        let key = queue.value.get("Properties")?.get("KmsMasterKeyId")?.text()?;
        (key == "alias/aws/sqs").then(|| {
            "it is encrypted with alias/aws/sqs, which EventBridge may not use (write SqsManagedSseEnabled: true)"
                .to_owned()
        })
    }

    fn without_group(&self, queue: &str, target: &Node) -> Option<String> {
        let queue = self.resources().iter().find(|resource| resource.key == queue)?;
        let is_fifo = queue.value.get("Properties")?.get("FifoQueue")?.text() == Some("true");
        (is_fifo && target.get("SqsParameters").is_none()).then(|| {
            "it is a FIFO queue, and the target has no SqsParameters: {MessageGroupId: …}".to_owned()
        })
    }

    fn without_policy(&self, rule: &MapEntry, queue: &str) -> Option<String> {
        let policies: Vec<&Node> =
            self.resources().iter().filter_map(|policy| self.policy_of(policy, queue)).collect();
        let statements: Vec<&Node> = policies.iter().flat_map(|policy| policy.descendants()).collect();
        let statements: Vec<&Node> = statements.into_iter().filter(|node| is_statement(node)).collect();
        if policies.is_empty() {
            return Some("no AWS::SQS::QueuePolicy of the template is about it".to_owned());
        }
        // Intrinsic functions may hide one.
        let is_whole = policies
            .iter()
            .all(|policy| policy.get("PolicyDocument").is_some_and(|node| !node.is_function()));
        let letting: Vec<&&Node> = statements.iter().filter(|node| lets_in(node)).collect();
        if letting.is_empty() {
            return is_whole
                .then(|| format!("no statement of its policy allows {EVENTS} the action sqs:SendMessage"));
        }
        if !letting.iter().any(|node| is_about(node, queue)) {
            return Some("its policy allows it for other queues alone".to_owned());
        }
        let is_rule = |node: &&&Node| names_rule(node, &rule.key);
        (!letting.iter().any(is_rule))
            .then(|| format!("the aws:SourceArn in its policy is not that of {}", rule.key))
    }

    /// The properties of a policy of this queue; one whose queues are not known may be.
    fn policy_of<'n>(&self, policy: &'n MapEntry, queue: &str) -> Option<&'n Node> {
        let kind = policy.value.get("Type")?.text()?;
        let properties = policy.value.get("Properties").filter(|_| QUEUE_POLICIES.contains(&kind))?;
        let queues = properties.get("Queues").or(properties.get("Queue"))?;
        let is_it = |node: &&Node| reference(node).is_none_or(|(_, name)| name == queue);
        choices(queues).iter().any(is_it).then_some(properties)
    }
}

/// Whether it allows EventBridge, or everybody, to send.
fn lets_in(statement: &Node) -> bool {
    let principals: Vec<&Node> = statement.get("Principal").map(Node::descendants).unwrap_or_default();
    // A misspelt service is reported by itself.
    let is_meant = |text: &str| text == EVENTS || text == "*" || misspelt(text) == Some("events");
    let is_events = |node: &&Node| node.text().is_none_or(is_meant);
    let is_named = principals.iter().filter(|node| is_leaf(node)).any(is_events);
    let actions = actions(statement);
    let is_sending = |action: &&str| {
        ["sqs:sendmessage", "sqs:*", "sqs:send*", "*"].contains(&action.to_ascii_lowercase().as_str())
    };
    let is_allowed = statement.get("Effect").is_none_or(|node| node.text() != Some("Deny"));
    is_allowed && is_named && (actions.is_empty() || actions.iter().any(is_sending))
}

fn is_leaf(node: &Node) -> bool {
    node.is_function() || node.text().is_some()
}

/// Whether the resources of the statement may hold the queue.
fn is_about(statement: &Node, queue: &str) -> bool {
    let resources = statement.get("Resource").map(choices).unwrap_or_default();
    let is_it = |node: &&Node| reference(node).is_none_or(|(_, name)| name == queue);
    resources.is_empty() || resources.iter().any(is_it)
}

/// Whether the statement's `aws:SourceArn` may be that of the rule; without one, every rule may send.
fn names_rule(statement: &Node, rule: &str) -> bool {
    let Some(condition) = statement.get("Condition") else { return true };
    let entries = condition.entries().iter().flat_map(|entry| entry.value.entries());
    let sources: Vec<&Node> = entries
        .filter(|entry| entry.key.eq_ignore_ascii_case("aws:SourceArn"))
        .flat_map(|entry| choices(&entry.value))
        .collect();
    let may_be = |node: &&Node| reference(node).is_none_or(|(_, name)| name == rule);
    // `!Ref AWS::NoValue` is nothing.
    let sources: Vec<&Node> =
        sources.into_iter().filter(|node| reference(node) != Some(("Ref", "AWS::NoValue"))).collect();
    sources.is_empty() || sources.iter().any(may_be)
}

#[cfg(test)]
mod tests {
    use crate::check::cloudformation::tests::with;
    use crate::check::task::tests::{assert_says, said};

    /// A rule that sends to a queue with this key and this policy.
    fn rule(key: &str, policy: &str) -> String {
        with(&format!(
            "R:|  Type: AWS::Events::Rule|  Properties: {{EventPattern: {{source: [aws.ecs]}}, Targets: [{{Id: a, Arn: !GetAtt Q.Arn}}]}}|\
             Q:|  Type: AWS::SQS::Queue|  Properties: {{{key}}}|{policy}"
        ))
    }

    fn policy(statement: &str) -> String {
        format!(
            "P:|  Type: AWS::SQS::QueuePolicy|  Properties: {{Queues: [!Ref Q], PolicyDocument: {{Statement: [{{Effect: Allow, {statement}}}]}}}}"
        )
    }

    #[test]
    fn events_that_a_queue_does_not_take_are_reported() {
        let right =
            "Principal: {Service: events.amazonaws.com}, Action: sqs:SendMessage, Resource: !GetAtt Q.Arn";
        assert_eq!(said(&rule("", &policy(right))), [""; 0]);
        let everybody = "Principal: '*', Action: 'sqs:*', Resource: '*'";
        assert_eq!(said(&rule("", &policy(everybody))), [""; 0]);
        let own =
            right.replace("Resource", "Condition: {ArnLike: {aws:SourceArn: [!GetAtt R.Arn]}}, Resource");
        assert_eq!(said(&rule("", &policy(&own))), [""; 0]);
        for (key, policy, part) in [
            ("", String::new(), "no AWS::SQS::QueuePolicy of the template"),
            (
                "",
                policy(&right.replace("events.", "lambda.")),
                "no statement of its policy allows events.amazonaws.com",
            ),
            ("", policy(&right.replace("Send", "Receive")), "the action sqs:SendMessage"),
            ("", policy(&right.replace("GetAtt Q", "GetAtt Task")), "for other queues alone"),
            ("", policy(&own.replace("GetAtt R", "GetAtt Task")), "is not that of R"),
            ("FifoQueue: true", policy(right), "MessageGroupId"),
            ("KmsMasterKeyId: alias/aws/sqs", policy(right), "write SqsManagedSseEnabled: true"),
        ] {
            assert_says(&rule(key, &policy), "error", part);
        }
        assert_says(
            &with("R:|  Type: AWS::Events::Rule|  Properties: {EventPattern: {source: [aws.ecs]}}"),
            "warning",
            "no target",
        );
        assert_says(&rule("", &policy(right)).replace("Id: a, ", ""), "error", "a target without Id");
    }
}
