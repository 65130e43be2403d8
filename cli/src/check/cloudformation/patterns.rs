//! Event patterns: keys, words and types of values that no event has, so that a rule passes nothing.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html> and
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html>, read 2026-11.

use super::TemplateChecker;
use super::resources::texts;
use crate::check::finding::{Finding, FindingSeverity};
use crate::config::{MapEntry, Node, Tree, is_function_name};
use crate::suggest::closest;

/// Keys at the top of an event.
const TOP: [&str; 11] = [
    "$or",
    "account",
    "detail",
    "detail-type",
    "id",
    "region",
    "replay-name",
    "resources",
    "source",
    "time",
    "version",
];

const TASK_EVENT: &str = "ECS Task State Change";

/// Keys in the `detail` of a task's event.
const TASK_KEYS: [&str; 35] = [
    "attachments",
    "attributes",
    "availabilityZone",
    "capacityProviderName",
    "clusterArn",
    "connectivity",
    "connectivityAt",
    "containerInstanceArn",
    "containers",
    "cpu",
    "createdAt",
    "desiredStatus",
    "enableExecuteCommand",
    "ephemeralStorage",
    "executionStoppedAt",
    "group",
    "healthStatus",
    "inferenceAccelerators",
    "lastStatus",
    "launchType",
    "memory",
    "overrides",
    "platformFamily",
    "platformVersion",
    "pullStartedAt",
    "pullStoppedAt",
    "startedAt",
    "startedBy",
    "stopCode",
    "stoppedAt",
    "stoppedReason",
    "stoppingAt",
    "taskArn",
    "taskDefinitionArn",
    "updatedAt",
];

/// What `lastStatus` and `desiredStatus` of a task may be.
const STATUSES: [&str; 9] = [
    "PROVISIONING",
    "PENDING",
    "ACTIVATING",
    "RUNNING",
    "DEACTIVATING",
    "STOPPING",
    "DEPROVISIONING",
    "STOPPED",
    "DELETED",
];

/// Keys whose values are texts, also where they look like numbers.
const TEXTS: [&str; 8] =
    ["account", "cpu", "group", "id", "memory", "platformVersion", "region", "startedBy"];

/// Keys whose words are known; others that are not almost one of them may be new.
const WORDS: [(&str, &[&str]); 5] = [
    ("launchType", &["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"]),
    ("source", &["aws.ecs"]),
    (
        "detail-type",
        &[
            TASK_EVENT,
            "ECS Container Instance State Change",
            "ECS Service Action",
            "ECS Deployment State Change",
            "ECS Daemon Service Action",
            "ECS Daemon Deployment State Change",
        ],
    ),
    ("eventType", &["INFO", "WARN", "WARNING", "ERROR"]),
    (
        "stopCode",
        &[
            "TaskFailedToStart",
            "EssentialContainerExited",
            "UserInitiated",
            "ServiceSchedulerInitiated",
            "SpotInterruption",
            "TerminationNotice",
        ],
    ),
];

impl TemplateChecker<'_> {
    /// Reports every rule that passes nothing, or whose pattern EventBridge refuses.
    pub(super) fn check_patterns(&self, findings: &mut Vec<Finding>) {
        for resource in self.resources() {
            if self.kind_of(&resource.key) != Some("AWS::Events::Rule") {
                continue;
            }
            let pattern =
                resource.value.get("Properties").and_then(|properties| properties.get("EventPattern"));
            let Some(pattern) = pattern else { continue };
            let checker = PatternChecker { template: self, resource, is_of_tasks: is_of_tasks(pattern) };
            pattern.entries().iter().for_each(|entry| checker.check_top(entry, findings));
            findings.extend(checker.other_source(pattern));
        }
    }
}

struct PatternChecker<'c> {
    template: &'c TemplateChecker<'c>,
    resource: &'c MapEntry,
    /// It asks for the events of tasks alone.
    is_of_tasks: bool,
}

impl PatternChecker<'_> {
    fn check_top(&self, entry: &MapEntry, findings: &mut Vec<Finding>) {
        let key = entry.key.as_str();
        if !TOP.contains(&key) && !is_function_name(key) {
            return findings.push(self.unknown_top(entry));
        }
        match key {
            "detail" => self.check_detail(&entry.value, findings),
            "$or" => entry.value.items().iter().for_each(|item| {
                item.entries().iter().for_each(|entry| self.check_top(entry, findings));
            }),
            _ => self.check_values(entry, findings),
        }
    }

    fn unknown_top(&self, entry: &MapEntry) -> Finding {
        let key = entry.key.as_str();
        let instead = match closest(key, TOP) {
            Some(near) => format!("write {near}"),
            None => format!("write detail: {{{key}: …}} if it stands in the detail of the event"),
        };
        self.passes_nothing(entry.line, key, &format!("no event has a key '{key}' at its top"), instead)
    }

    fn check_detail(&self, detail: &Node, findings: &mut Vec<Finding>) {
        for entry in detail.entries() {
            if entry.key == "$or" {
                entry.value.items().iter().for_each(|item| self.check_detail(item, findings));
                continue;
            }
            findings.extend(self.unknown_detail(entry));
            self.check_values(entry, findings);
        }
    }

    fn unknown_detail(&self, entry: &MapEntry) -> Option<Finding> {
        let key = entry.key.as_str();
        if !self.is_of_tasks || TASK_KEYS.contains(&key) || is_function_name(key) || key == "version" {
            return None;
        }
        let message = format!("no event of a task has '{key}' in its detail");
        if let Some(near) = closest(key, TASK_KEYS).or((key == "status").then_some("lastStatus")) {
            return Some(self.passes_nothing(entry.line, key, &message, format!("write {near}")));
        }
        let message =
            format!("{}{message} that was known in 2026-11; the rule may pass nothing", self.subject());
        let instead = "look for the key in an event of ECS";
        let location = self.template.location(entry.line);
        Some(Finding::new(FindingSeverity::Warning, &location, key, message, instead))
    }

    fn check_values(&self, entry: &MapEntry, findings: &mut Vec<Finding>) {
        let key = entry.key.as_str();
        if let Some(text) = entry.value.text() {
            let message = format!("{}is not a list, and EventBridge refuses the pattern", self.subject());
            return findings.push(self.template.finding(entry.line, key, message, format!("write [{text}]")));
        }
        for inner in entry.value.entries().iter().filter(|inner| !is_function_name(&inner.key)) {
            self.check_values(inner, findings);
        }
        findings.extend(texts(&entry.value).into_iter().filter_map(|node| self.wrong_value(key, node)));
    }

    fn wrong_value(&self, key: &str, node: &Node) -> Option<Finding> {
        let text = node.text()?;
        if TEXTS.contains(&key) && matches!(node.tree, Tree::Word(_)) && text.parse::<f64>().is_ok() {
            let message = format!("events have a text there, and not the number {text}");
            return Some(self.passes_nothing(node.line, key, &message, format!("write \"{text}\"")));
        }
        let near = match key {
            "lastStatus" | "desiredStatus" if !STATUSES.contains(&text) => {
                let message = format!("no task ever has the status '{text}'");
                let near = closest(text, STATUSES).unwrap_or("STOPPED");
                return Some(self.passes_nothing(node.line, key, &message, format!("write {near}")));
            }
            "clusterArn" | "taskDefinitionArn" | "taskArn" | "containerInstanceArn" => {
                return self.name_for_arn(key, node, text);
            }
            "exitCode" if matches!(node.tree, Tree::Text(_)) => {
                let message = format!("events have a number there, and not the text \"{text}\"");
                return Some(self.passes_nothing(
                    node.line,
                    key,
                    &message,
                    format!("write {text} without quotes"),
                ));
            }
            "group" if self.is_of_tasks && !text.contains([':', '$', '{']) => {
                return Some(self.own_group(node, text));
            }
            _ => match miscased(key, text) {
                Some(near) => near,
                None => return self.unknown_word(key, node, text),
            },
        };
        let message = format!("no event has '{text}'");
        Some(self.passes_nothing(node.line, key, &message, format!("write {near}")))
    }

    /// Whoever starts a task himself may give it a group of any name.
    fn own_group(&self, node: &Node, text: &str) -> Finding {
        let message = format!("{}the group of a service's tasks is service:{text}", self.subject());
        let instead = format!("write service:{text}, unless run-task is given this group");
        Finding::new(FindingSeverity::Note, &self.template.location(node.line), "group", message, instead)
    }

    fn unknown_word(&self, key: &str, node: &Node, text: &str) -> Option<Finding> {
        let (_, known) = WORDS.iter().find(|(name, _)| *name == key)?;
        if !matches!(key, "launchType" | "stopCode") || known.contains(&text) || text.contains(['$', '{']) {
            return None;
        }
        let subject = self.subject();
        let message = format!("{subject}no event had '{text}' in 2026-11, and the rule may pass nothing");
        let instead = format!("write one of {}", known.join(", "));
        Some(Finding::new(
            FindingSeverity::Warning,
            &self.template.location(node.line),
            key,
            message,
            instead,
        ))
    }

    fn name_for_arn(&self, key: &str, node: &Node, text: &str) -> Option<Finding> {
        let message = format!("events have an ARN there, and '{text}' is a name");
        let instead = "write the whole ARN, or {\"suffix\": \"/NAME\"} in the place of the name";
        (!text.starts_with("arn:") && !text.contains(['$', '{']))
            .then(|| self.passes_nothing(node.line, key, &message, instead.to_owned()))
    }

    /// Events of ECS from another source than ECS; whoever tests may put them himself.
    fn other_source(&self, pattern: &Node) -> Option<Finding> {
        let is_of_ecs = |node: &&Node| node.text().is_some_and(|text| text.starts_with("ECS "));
        pattern.get("detail-type").map(texts)?.iter().find(|node| is_of_ecs(node))?;
        let entry = pattern.entry("source")?;
        let given = texts(&entry.value);
        let is_other = |node: &&Node| {
            node.text().is_some_and(|text| text != "aws.ecs" && miscased("source", text).is_none())
        };
        // One text alone is reported as what is not a list.
        if entry.value.items().is_empty() || !given.iter().all(is_other) {
            return None;
        }
        let message = format!("{}events of ECS have the source aws.ecs", self.subject());
        let location = self.template.location(entry.line);
        Some(Finding::new(FindingSeverity::Warning, &location, "source", message, "write [aws.ecs]"))
    }

    fn subject(&self) -> String {
        self.template.subject(self.resource)
    }

    fn passes_nothing(&self, line: usize, key: &str, why: &str, instead: String) -> Finding {
        let message = format!("{}{why}, so that the rule passes nothing", self.subject());
        self.template.finding(line, key, message, instead)
    }
}

fn is_of_tasks(pattern: &Node) -> bool {
    let given = pattern.get("detail-type").map(texts).unwrap_or_default();
    !given.is_empty() && given.iter().all(|node| node.text() == Some(TASK_EVENT))
}

/// The word that was meant; patterns tell large letters from small ones.
fn miscased(key: &str, text: &str) -> Option<&'static str> {
    let (_, known) = WORDS.iter().find(|(known, _)| *known == key)?;
    if known.contains(&text) {
        return None;
    }
    let same = known.iter().copied().find(|known| known.eq_ignore_ascii_case(text));
    // `aws.ecr` is not `aws.ecs` misspelt.
    if key == "source" && text.starts_with("aws.") {
        return same;
    }
    same.or_else(|| closest(text, known.iter().copied()))
}

#[cfg(test)]
mod tests {
    use crate::check::cloudformation::tests::with;
    use crate::check::task::tests::{assert_says, said};

    fn pattern(text: &str) -> String {
        with(&format!(
            "R:|  Type: AWS::Events::Rule|  Properties:|    Targets: [{{Id: a, Arn: !Ref Env}}]|    EventPattern: {{{text}}}"
        ))
    }

    const OF_TASKS: &str = "source: [aws.ecs], detail-type: [ECS Task State Change]";

    #[test]
    fn patterns_that_no_event_fits_are_reported() {
        for (text, severity, part) in [
            ("source: [aws.ecs], detailType: [ECS Task State Change]", "error", "write detail-type"),
            ("source: aws.ecs", "error", "write [aws.ecs]"),
            ("source: [aws.ecs], account: [111122223333]", "error", "write \"111122223333\""),
            (&*format!("{OF_TASKS}, detail: {{launchType: [Fargate]}}"), "error", "write FARGATE"),
            (&*format!("{OF_TASKS}, detail: {{launchType: [SERVERLESS]}}"), "warning", "may pass nothing"),
            (&*format!("{OF_TASKS}, detail: {{stopCode: [Crashed]}}"), "warning", "may pass nothing"),
            ("source: [aws.ecs], lastStatus: [STOPPED]", "error", "write detail: {lastStatus: …}"),
            ("source: [ecs.amazonaws.com], detail-type: [ECS Service Action]", "warning", "write [aws.ecs]"),
            (&*format!("{OF_TASKS}, detail: {{LastStatus: [STOPPED]}}"), "error", "write lastStatus"),
            (&format!("{OF_TASKS}, detail: {{status: [STOPPED]}}"), "error", "write lastStatus"),
            (&format!("{OF_TASKS}, detail: {{color: [red]}}"), "warning", "may pass nothing"),
            (&format!("{OF_TASKS}, detail: {{lastStatus: STOPPED}}"), "error", "write [STOPPED]"),
            (&format!("{OF_TASKS}, detail: {{clusterArn: [prod]}}"), "error", "'prod' is a name"),
            (
                &format!("{OF_TASKS}, detail: {{stopCode: [taskFailedToStart]}}"),
                "error",
                "write TaskFailedToStart",
            ),
            (
                &format!("{OF_TASKS}, detail: {{containers: {{exitCode: ['137']}}}}"),
                "error",
                "write 137 without quotes",
            ),
            ("source: [aws.ecs], detail: {$or: [{eventType: [error]}]}", "error", "write ERROR"),
        ] {
            assert_says(&pattern(text), severity, part);
        }
    }

    #[test]
    fn patterns_that_events_fit_are_left_alone() {
        for text in [
            "source: [aws.ecs], detail: {clusterArn: [{suffix: /prod}], containers: {exitCode: [{numeric: ['>', 0]}]}}",
            "source: [aws.ecs], detail: {group: [{prefix: 'service:'}], stoppedReason: [{anything-but: {prefix: x}}]}",
            "source: [my.shop], detail-type: [Order placed], detail: {status: [paid]}",
            "source: [aws.ecr], detail-type: [ECR Image Action], detail: {result: [SUCCESS]}",
            "source: [{prefix: aws.}], account: [!Ref 'AWS::AccountId']",
        ] {
            assert_eq!(said(&pattern(text)), [""; 0], "{text}");
        }
    }
}
