//! Names that ECS refuses: those of families and containers are letters, digits, `-` and `_`.

use super::{TaskFindings, TaskPlace};
use crate::config::{MapEntry, TaskDialect};

const MAX_LENGTH: usize = 255;

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    if let Some(entry) = view.set("family").filter(|_| view.is_whole)
        && let Some(reason) = reason(entry)
    {
        findings.error(TaskPlace::of_entry(entry), reason, instead(entry));
    }
    if view.lacks("family") && view.task.dialect == TaskDialect::Ecs {
        let message = "is missing, and register-task-definition refuses the file unless --family names it";
        findings.warning(
            TaskPlace::of_task(view.task.node.line, "family"),
            message,
            "add \"family\": \"NAME\"",
        );
    }
    for container in &view.containers {
        let Some(entry) = container.node.entry("name") else { continue };
        if let Some(reason) = reason(entry) {
            findings.error(container.at_entry(entry), reason, instead(entry));
        }
    }
}

/// Why ECS refuses the name.
fn reason(entry: &MapEntry) -> Option<String> {
    let text = entry.value.text()?;
    if text.contains(['$', '{']) {
        return None;
    }
    if text.is_empty() || text.len() > MAX_LENGTH {
        return Some(format!("must have 1 to {MAX_LENGTH} characters"));
    }
    let bad = text.chars().find(|letter| !is_allowed(*letter))?;
    Some(format!("'{text}' has a '{bad}'; ECS allows letters, digits, - and _"))
}

fn is_allowed(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-' || letter == '_'
}

fn instead(entry: &MapEntry) -> String {
    let text = entry.value.text().unwrap_or_default();
    let name: String = text.chars().map(|letter| if is_allowed(letter) { letter } else { '-' }).collect();
    if name.is_empty() || name.len() > MAX_LENGTH {
        "write a short name".to_owned()
    } else {
        format!("write {name}")
    }
}

#[cfg(test)]
mod tests {
    use crate::check::task::tests::{assert_says, said, task};

    #[test]
    fn names_have_letters_that_ecs_allows() {
        assert_says(
            &task(r#""family": "my web","#, "", ""),
            "error",
            "has a ' '; ECS allows letters, digits, - and _; write my-web",
        );
        assert_says(&task(r#""family": "web:3","#, "", ""), "error", "write web-3");
        assert_says(&task(r#""family": null,"#, "", ""), "warning", "unless --family names it");
        let named = task("", "", "").replace(r#""name": "app""#, r#""name": "my.app""#);
        assert_says(&named, "error", "name: 'my.app' has a '.'");
        for family in ["web_1-A", "${FAMILY}"] {
            assert_eq!(said(&task(&format!(r#""family": "{family}","#), "", "")), [""; 0]);
        }
    }
}
