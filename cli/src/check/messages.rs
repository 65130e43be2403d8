//! Routes on which each line of standard output becomes an alert.

use ecs_router::config::keys::DestinationKind;

use super::finding::Finding;
use super::placeholders::destination_kind;
use super::routes::list;
use super::tags::{pattern, takes_firelens};
use crate::config::{Origin, Section, Setting};

/// Reports standard output that goes to a destination for alerts.
pub(super) fn check(section: &Section, findings: &mut Vec<Finding>) {
    let takes_lines = section.origin == Origin::FireLens || takes_firelens(pattern(section));
    let route = section.get("route.stdout").or_else(|| section.get("route.default"));
    findings.extend(route.filter(|_| takes_lines).and_then(|route| flood(section, route)));
}

fn flood(section: &Section, route: &Setting) -> Option<Finding> {
    let text = route.value.text()?;
    let is_for_alerts = |name: &String| destination_kind(section, name).is_some_and(DestinationKind::alerts);
    let name = list(text).find(is_for_alerts)?;
    let message = format!("sends each line of standard output to '{name}', which is for alerts");
    Some(Finding::warn_of(
        route,
        message,
        format!("write route.stop {name}, and send the lines elsewhere or drop them"),
    ))
}

#[cfg(test)]
mod tests {
    use crate::check::tests::of_lines;

    fn of(lines: &str) -> Vec<String> {
        let keys = "    sns.topic_arn arn:aws:sns:eu-west-1:111122223333:stops\n";
        of_lines(&format!("    {}\n{keys}", lines.replace('|', "\n    ")))
    }

    #[test]
    fn lines_of_standard_output_are_not_for_people() {
        for lines in [
            "route.default sns",
            "route.stop sns|route.default stdout, sns",
            "route.default drop|route.stdout sns",
        ] {
            let found = of(lines);
            assert!(
                matches!(found.as_slice(), [one] if one.contains("to 'sns', which is for alerts; write route.stop sns")),
                "{found:?}"
            );
        }
        for lines in [
            "route.stop sns|route.default drop",
            "route.default sns|route.stdout drop",
            "route.stop sns|route.stderr sns|route.stdout stdout",
        ] {
            assert_eq!(of(lines), [""; 0], "{lines}");
        }
    }
}
