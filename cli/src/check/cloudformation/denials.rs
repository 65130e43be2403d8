//! Statements that deny something: a `Deny` wins over every `Allow`, wherever that one stands.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>, read 2026-11.

use super::TemplateChecker;
use super::granted_resources::{GrantedResource, NeededResource};
use super::statements::{WrittenArn, choices, written};
use crate::config::{Node, Tree, matches};

/// The condition of a statement that denies requests without TLS, which the router does not send.
const WITHOUT_TLS: &str = "aws:SecureTransport";

/// What a statement certainly denies.
pub(super) struct Denial<'n> {
    pub(super) line: usize,
    actions: DeniedActions<'n>,
    resources: DeniedResources,
    /// It has a condition, or a condition of the template decides whether it is there.
    pub(super) is_conditional: bool,
}

enum DeniedActions<'n> {
    /// `Action`
    Named(Vec<&'n str>),
    /// `NotAction`
    AllBut(Vec<&'n str>),
}

enum DeniedResources {
    All,
    /// `Resource`
    Named(Vec<GrantedResource>),
    /// `NotResource`
    AllBut(Vec<GrantedResource>),
}

impl TemplateChecker<'_> {
    /// What a statement with `Effect: Deny` denies; `None` if that is not known before deployment, or nothing that a
    /// router does.
    pub(super) fn denial<'n>(&self, policy: &Node, statement: &'n Node) -> Option<Denial<'n>> {
        let condition = statement.get("Condition").filter(|condition| !condition.entries().is_empty());
        if condition.is_some_and(is_about_tls) {
            return None;
        }
        Some(Denial {
            line: statement.line,
            actions: denied_actions(statement)?,
            resources: self.denied_resources(statement)?,
            is_conditional: condition.is_some()
                || policy.get("Condition").is_some()
                || is_in_branch(policy, statement),
        })
    }

    fn denied_resources(&self, statement: &Node) -> Option<DeniedResources> {
        if let Some(except) = statement.get("NotResource") {
            let except: Option<Vec<_>> =
                choices(except).into_iter().map(|node| self.granted_resource(node)).collect();
            return except.map(DeniedResources::AllBut);
        }
        let nodes = given(statement.get("Resource")?);
        if nodes.iter().any(|node| node.text() == Some("*")) {
            return Some(DeniedResources::All);
        }
        let named = nodes.into_iter().filter(|node| is_certain(node));
        Some(DeniedResources::Named(named.filter_map(|node| self.granted_resource(node)).collect()))
    }
}

impl Denial<'_> {
    /// Whether it denies the action on what is needed; `None`: on something that is not known before deployment.
    pub(super) fn covers(&self, action: &str, on: Option<&NeededResource>) -> bool {
        self.actions.cover(action) && self.resources.cover(on)
    }
}

impl DeniedActions<'_> {
    fn cover(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let fits = |pattern: &str| matches(&pattern.to_ascii_lowercase(), &action);
        // What `?` stands for is left open.
        match self {
            Self::Named(patterns) => patterns.iter().any(|pattern| fits(pattern)),
            Self::AllBut(patterns) => !patterns.iter().any(|pattern| fits(&pattern.replace('?', "*"))),
        }
    }
}

impl DeniedResources {
    fn cover(&self, on: Option<&NeededResource>) -> bool {
        match (self, on) {
            (Self::All, _) => true,
            (Self::Named(_) | Self::AllBut(_), None) => false,
            (Self::Named(named), Some(on)) => named.iter().any(|one| one.may_be(on)),
            (Self::AllBut(except), Some(on)) => !except.iter().any(|one| one.may_be(on)),
        }
    }
}

fn denied_actions(statement: &Node) -> Option<DeniedActions<'_>> {
    if let Some(actions) = statement.get("Action") {
        return Some(DeniedActions::Named(given(actions).into_iter().filter_map(Node::text).collect()));
    }
    let except: Option<Vec<&str>> =
        choices(statement.get("NotAction")?).into_iter().map(Node::text).collect();
    except.map(DeniedActions::AllBut)
}

/// The items of a list, or the one that stands alone, without those that a function chooses.
fn given(node: &Node) -> Vec<&Node> {
    match &node.tree {
        Tree::List(items) => items.iter().collect(),
        _ => vec![node],
    }
}

/// Whether the text names all of something: its name has no parts that CloudFormation fills in, and of a bucket or a log
/// group it names everything inside.
fn is_certain(node: &Node) -> bool {
    let Some(text) = written(node) else { return false };
    let Some(arn) = WrittenArn::read(&text) else { return false };
    let rest = arn.rest;
    let is_whole = match arn.service {
        "logs" => rest.ends_with(":*") || rest == "*",
        "s3" => rest == "*" || rest.split_once('/').is_some_and(|(_, key)| key == "*"),
        _ => true,
    };
    is_whole && !rest.contains(['$', '?'])
}

fn is_about_tls(condition: &Node) -> bool {
    let keys: Vec<&str> = condition
        .entries()
        .iter()
        .flat_map(|one| one.value.entries())
        .map(|entry| entry.key.as_str())
        .collect();
    !keys.is_empty() && keys.iter().all(|key| key.eq_ignore_ascii_case(WITHOUT_TLS))
}

/// Whether `!If` decides about the statement.
fn is_in_branch(policy: &Node, statement: &Node) -> bool {
    let is_if = |node: &&Node| match &node.tree {
        Tree::Function(name, _) => name == "If",
        _ => node.entries().iter().any(|entry| entry.key == "Fn::If"),
    };
    let branches = policy.descendants().into_iter().filter(is_if);
    branches.flat_map(Node::descendants).any(|node| std::ptr::eq(node, statement))
}

#[cfg(test)]
mod tests {
    use crate::check::cloudformation::tests::with;
    use crate::check::task::tests::template;
    use crate::check::tests::noted;

    const ALLOW: &str = "{Effect: Allow, Action: 'logs:*', Resource: '*'}";

    /// What is said of a role for the log driver awslogs, or of one for the destination, with this statement more.
    fn of(key: &str, deny: &str) -> Vec<String> {
        let role = format!(
            "Role:|  Type: AWS::IAM::Role|  Properties: {{Policies: [{{PolicyName: a, PolicyDocument: {{Statement: [{ALLOW}, {deny}]}}}}]}}"
        );
        let text = with(&role)
            .replace("Memory: 512", &format!("Memory: 512\n      {key}: !GetAtt Role.Arn"))
            .replace("{LogDriver: awslogs}", "{LogDriver: awslogs, Options: {awslogs-group: /ecs/web}}")
            .replace("route.default: http", "route.default: cloudwatch")
            .replace(
                "http.url: https://x/",
                "cloudwatch.log_group: /ecs/web\n              cloudwatch.log_stream: x",
            );
        assert_ne!(text, template("Properties", "http.url: https://x/"));
        noted(&text).into_iter().filter(|line| line.contains("denies")).collect()
    }

    #[test]
    fn what_is_denied_is_not_allowed() {
        for (deny, actions) in [
            ("{Effect: Deny, Action: 'logs:*', Resource: '*'}", "logs:CreateLogStream, logs:PutLogEvents"),
            ("{Effect: Deny, Action: [logs:PutLogEvents], Resource: '*'}", "logs:PutLogEvents"),
            ("{Effect: Deny, NotAction: ['s3:*'], Resource: '*'}", "logs:CreateLogStream, logs:PutLogEvents"),
            (
                "{Effect: Deny, Action: logs:PutLogEvents, Resource: !Sub 'arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/ecs/*:*'}",
                "logs:PutLogEvents",
            ),
            (
                "{Effect: Deny, Action: logs:PutLogEvents, NotResource: 'arn:aws:logs:*:*:log-group:/ecs/other:*'}",
                "logs:PutLogEvents",
            ),
        ] {
            for (key, what) in [
                ("ExecutionRoleArn", "the log driver awslogs of its containers"),
                ("TaskRoleArn", "the destination cloudwatch"),
            ] {
                let found = of(key, deny);
                let part = format!(
                    "{key}: resource Role: a statement denies {actions} on the log group /ecs/web, which {what} needs, \
                     and a Deny wins over every Allow; leave {actions} out of the statement"
                );
                assert!(
                    matches!(found.as_slice(), [one] if one.contains(": warning: ") && one.contains(&part)),
                    "{deny}: {found:?}"
                );
            }
        }
    }

    #[test]
    fn a_condition_may_not_hold() {
        let found = of(
            "TaskRoleArn",
            "{Effect: Deny, Action: '*', Resource: '*', Condition: {StringNotEquals: {aws:RequestedRegion: eu-west-1}}}",
        );
        assert!(matches!(found.as_slice(), [one] if one.contains(": note: ")), "{found:?}");
        let chosen =
            of("TaskRoleArn", "!If [IsProd, {Effect: Deny, Action: '*', Resource: '*'}, !Ref AWS::NoValue]");
        assert!(matches!(chosen.as_slice(), [one] if one.contains(": note: ")), "{chosen:?}");
    }

    #[test]
    fn other_denials_take_nothing_away() {
        for deny in [
            "{Effect: Deny, Action: 's3:*', Resource: '*'}",
            "{Effect: Deny, Action: logs:DeleteLogGroup, Resource: '*'}",
            "{Effect: Deny, NotAction: 'logs:*', Resource: '*'}",
            "{Effect: Deny, Action: 'logs:*', Resource: 'arn:aws:logs:*:*:log-group:/ecs/other:*'}",
            "{Effect: Deny, Action: 'logs:*', Resource: 'arn:aws:logs:*:*:log-group:/ecs/web:log-stream:audit'}",
            "{Effect: Deny, Action: 'logs:*', Resource: !Sub 'arn:aws:logs:*:*:log-group:/ecs/${Env}:*'}",
            "{Effect: Deny, Action: 'logs:*', NotResource: 'arn:aws:logs:*:*:log-group:/ecs/*'}",
            "{Effect: Deny, Action: 'logs:*', NotResource: !Ref Env}",
            "{Effect: Deny, Action: '*', Resource: '*', Condition: {Bool: {aws:SecureTransport: 'false'}}}",
        ] {
            for key in ["TaskRoleArn", "ExecutionRoleArn"] {
                assert_eq!(of(key, deny), [""; 0], "{deny}");
            }
        }
    }
}
