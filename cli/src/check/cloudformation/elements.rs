//! What is inside the elements of a statement: one action each, who may, conditions, and its id.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>, read 2026-11.

use super::TemplateChecker;
use super::statements::actions;
use crate::check::finding::Finding;
use crate::config::{MapEntry, Node};
use crate::suggest::closest;

const OPERATORS: [&str; 27] = [
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "BinaryEquals",
    "Bool",
    "DateEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateNotEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
    "NumericEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericNotEquals",
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
];

impl TemplateChecker<'_> {
    /// Reports parts of a statement that IAM refuses or does not understand.
    pub(super) fn parts(&self, statement: &Node) -> Vec<Finding> {
        let find = |key: &str| statement.entries().iter().find(|entry| entry.key == key);
        let conditions = find("Condition").map(|entry| entry.value.entries()).unwrap_or_default();
        let mut findings: Vec<Finding> = conditions.iter().filter_map(|entry| self.operator(entry)).collect();
        findings.extend(find("Action").and_then(|entry| self.several_actions(entry, statement)));
        findings.extend(find("Principal").and_then(|entry| self.service_for_account(entry)));
        // Some policies of resources may have any.
        let sid = find("Sid").filter(|_| find("Principal").is_none() && find("NotPrincipal").is_none());
        findings.extend(sid.and_then(|entry| self.odd_id(entry)));
        findings
    }

    fn operator(&self, entry: &MapEntry) -> Option<Finding> {
        let key = entry.key.as_str();
        let plain = key.rsplit(':').next()?;
        let plain = plain.strip_suffix("IfExists").unwrap_or(plain);
        let is_known = OPERATORS.iter().any(|known| known.eq_ignore_ascii_case(plain));
        if is_known || entry.is_intrinsic() {
            return None;
        }
        let message = "IAM knows no such operator of a condition, and refuses the policy".to_owned();
        let near = Some("Bool").filter(|_| plain.eq_ignore_ascii_case("boolean"));
        let near = near.or_else(|| closest(plain, OPERATORS))?;
        Some(self.finding(entry.line, key, message, format!("write {near}")))
    }

    fn several_actions(&self, entry: &MapEntry, statement: &Node) -> Option<Finding> {
        let given = actions(statement);
        let text = given.iter().find(|text| text.trim().contains([',', ' ']) && !text.contains('$'))?;
        let words: Vec<&str> = text.split([',', ' ']).filter(|word| !word.is_empty()).collect();
        let message = format!("'{text}' is not one action, and IAM refuses the policy");
        Some(self.finding(entry.line, "Action", message, format!("write a list: {}", words.join(" and "))))
    }

    fn service_for_account(&self, principal: &MapEntry) -> Option<Finding> {
        let entry = principal.value.entries().iter().find(|entry| entry.key == "AWS")?;
        let texts = entry.value.descendants().into_iter().filter_map(Node::text);
        let service = texts.into_iter().find(|text| text.ends_with(".amazonaws.com"))?;
        let message = format!("'{service}' is a service, and AWS wants the ARN of a role or an account");
        Some(self.finding(entry.line, "Principal", message, format!("write Service: {service}")))
    }

    fn odd_id(&self, entry: &MapEntry) -> Option<Finding> {
        let text = entry.value.text()?;
        let wrong = text.chars().find(|c| !c.is_ascii_alphanumeric() && !"${}".contains(*c))?;
        let message =
            format!("'{wrong}' may not stand in the Sid of a statement, and IAM refuses the policy");
        Some(self.finding(entry.line, "Sid", message, "use letters and digits".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use crate::check::task::tests::said;

    fn of(more: &str) -> Vec<String> {
        said(&format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Resource": "*", {more}}}]}}"#
        ))
    }

    #[test]
    fn parts_of_a_statement_are_as_iam_wants_them() {
        let action = r#""Action": "s3:PutObject""#;
        for (more, part) in [
            (
                format!(r#"{action}, "Condition": {{"Boolean": {{"aws:SecureTransport": "true"}}}}"#),
                "write Bool",
            ),
            (format!(r#"{action}, "Condition": {{"StringEqual": {{"a:b": "c"}}}}"#), "write StringEquals"),
            (r#""Action": "s3:PutObject, s3:GetObject""#.to_owned(), "is not one action"),
            (format!(r#"{action}, "Sid": "Write objects""#), "' ' may not stand in the Sid"),
            (
                format!(r#"{action}, "Principal": {{"AWS": "ecs-tasks.amazonaws.com"}}"#),
                "write Service: ecs-tasks",
            ),
        ] {
            let found = of(&more);
            assert!(matches!(found.as_slice(), [one] if one.contains(part)), "{more}: {found:?}");
        }
        for more in [
            r#""Sid": "Write1", "Condition": {"ForAnyValue:StringLikeIfExists": {"a:b": "c"}, "Bool": {"a:b": "true"}}"#,
            r#""Sid": "any id", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}"#,
        ] {
            assert_eq!(of(&format!("{action}, {more}")), [""; 0], "{more}");
        }
    }
}
