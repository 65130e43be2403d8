//! Regular expressions with the marks of other languages around them, which are letters of them like any other.

use ecs_router::config::within_quotes;

use crate::check::finding::Finding;
use crate::config::{Section, Setting};

/// Signs that make a text a regular expression and nothing else.
const SIGNS: [char; 6] = ['^', '$', '\\', '*', '+', '|'];

pub(super) fn of_value(_section: &Section, setting: &Setting) -> Option<Finding> {
    let text = setting.value.text()?;
    let (before, pattern) = pattern(&setting.key.to_ascii_lowercase(), text)?;
    let (what, inside) = match between_slashes(pattern) {
        Some(inside) => ("between slashes", inside),
        // Quotation marks alone may be those of the JSON in a line.
        None if before.is_empty() => return None,
        None => ("in quotation marks", within_quotes(pattern).filter(|inside| inside.contains(SIGNS))?),
    };
    let message = format!("has a regular expression {what}, which are taken for a part of it");
    Some(Finding::warn_of(setting, message, format!("write {before}{inside}")))
}

/// The regular expression in the value of a key, and what comes before it.
fn pattern<'t>(key: &str, text: &'t str) -> Option<(String, &'t str)> {
    let is_class = key.starts_with("class.") && key.ends_with(".match");
    let is_whole = matches!(key, "join.start_pattern" | "stop.user_stop_is_error")
        || (key.starts_with("redact.") && !matches!(key, "redact.mode" | "redact.key"));
    if is_class {
        let (field, pattern) = text.split_once(' ')?;
        return Some((format!("{field} "), pattern.trim()));
    }
    is_whole.then_some((String::new(), text))
}

/// `^GET` of `/^GET/i`. What has more slashes is a path.
fn between_slashes(pattern: &str) -> Option<&str> {
    let inside = pattern.strip_prefix('/')?.trim_end_matches(['i', 'm', 'x']).strip_suffix('/')?;
    (!inside.is_empty() && !inside.contains('/')).then_some(inside)
}

#[cfg(test)]
mod tests {
    use crate::check::tests::of_lines;

    fn of(line: &str) -> Vec<String> {
        let key = line.split(' ').next().unwrap_or_default();
        let found = of_lines(&format!(
            "    route.default stdout\n    join traces\n    redact customer\n    classes c\n    {line}\n"
        ));
        found.into_iter().filter(|found| found.contains(&format!(" {key}: "))).collect()
    }

    #[test]
    fn slashes_and_quotation_marks_are_not_parts_of_a_pattern() {
        for (line, expected) in [
            (
                "join.start_pattern /^[0-9]{4}/",
                "between slashes, which are taken for a part of it; write ^[0-9]{4}",
            ),
            ("join.start_pattern \"^[0-9]{4}\"", "has quotation marks, which become a part of the value"),
            ("redact.customer /customer-[0-9]+/i", "write customer-[0-9]+"),
            ("class.c.match log /^GET/", "write log ^GET"),
            (
                "class.c.match log \"^GET\"",
                "in quotation marks, which are taken for a part of it; write log ^GET",
            ),
        ] {
            let found = of(line);
            assert!(found.iter().any(|one| one.contains(expected)), "{line}: {found:?}");
        }
        for line in [
            "join.start_pattern ^[0-9]{4}",
            "class.c.match log \"event\":\"login\"",
            "class.c.match log \"healthy\"",
            "class.c.match path /var/log/",
            "redact.customer customer-[0-9]{8}",
        ] {
            assert_eq!(of(line), [""; 0], "{line}");
        }
    }
}
