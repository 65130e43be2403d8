//! Lines of applications on the way to people, who get a message for each.

use ecs_router::config::keys::DestinationKind;

use super::finding::Finding;
use super::placeholders::destination_kind;
use super::routes::list;
use super::tags;
use crate::config::{Section, Setting};

/// The classes of lines, and what they are. Those with a level or a pattern have been chosen.
const CLASSES: [(&str, &str); 4] = [
    ("route.stderr", "every line of standard error"),
    ("route.stdout", "every line of standard output"),
    ("route.other", "every record that is neither a stop nor a line"),
    ("route.default", "every line of a class without a route"),
];

/// Reports routes of lines that lead to people.
pub(super) fn check(section: &Section, findings: &mut Vec<Finding>) {
    findings.extend(section.settings.iter().filter_map(|setting| told(section, setting)));
}

fn told(section: &Section, setting: &Setting) -> Option<Finding> {
    let key = setting.key.to_ascii_lowercase();
    let (_, what) = CLASSES.iter().find(|(class, _)| *class == key)?;
    let names: Vec<String> =
        list(setting.value.text()?).filter(|name| is_read_by_people(section, name)).collect();
    if names.is_empty() || (key == "route.default" && !covers_lines(section)) {
        return None;
    }
    let names = names.join(", ");
    let message =
        format!("{what} becomes a message of its own in {names}; min_severity holds back stops, not lines");
    let instead = format!(
        "leave {names} out here and write it in route.stop; for errors of applications write level auto and route.error"
    );
    Some(Finding::warn_of(setting, message, instead))
}

/// Events of SNS and EventBridge are read by programs as well.
fn is_read_by_people(section: &Section, name: &str) -> bool {
    let kind = destination_kind(section, name);
    matches!(kind, Some(DestinationKind::Slack | DestinationKind::Teams | DestinationKind::Pagerduty))
}

/// Whether lines reach the output, and one of their two classes has no route.
fn covers_lines(section: &Section) -> bool {
    let is_routed = |class: &str| section.get(class).is_some();
    tags::takes_lines(section) && !section.open && !(is_routed("route.stdout") && is_routed("route.stderr"))
}

#[cfg(test)]
mod tests {
    use crate::check::tests::{of_lines, said};

    const SLACK: &str = "    slack.webhook_url ${URL}\n    pagerduty.integration_key ${KEY}\n    teams.webhook_url ${TEAMS}\n";

    fn of(routes: &str) -> Vec<String> {
        let lines = format!(
            "    route.memory_warning slack, pagerduty, teams\n    {}\n{SLACK}",
            routes.replace('|', "\n    ")
        );
        of_lines(&lines).into_iter().filter(|line| line.contains("a message of its own")).collect()
    }

    #[test]
    fn lines_are_not_for_people() {
        for (routes, part) in [
            (
                "route.default stdout|route.stderr stdout, slack, pagerduty",
                "route.stderr: every line of standard error becomes a message of its own in slack, pagerduty",
            ),
            ("route.default stdout|route.stdout teams", "every line of standard output"),
            ("route.default stdout|route.other slack", "neither a stop nor a line"),
            ("route.default slack|route.stop stdout", "leave slack out here"),
            (
                "route.default drop|route.stop stdout|route.stderr chat|chat.type slack|chat.webhook_url ${C}",
                "in chat",
            ),
        ] {
            let found = of(routes);
            assert!(matches!(found.as_slice(), [one] if one.contains(part)), "{routes}: {found:?}");
        }
    }

    #[test]
    fn stops_and_chosen_lines_are() {
        for routes in [
            "route.default stdout|route.stop stdout, slack, pagerduty",
            "route.default stdout|level auto|route.error stdout, slack",
            "route.default stdout|classes fraud|class.fraud.match log fraud|route.fraud pagerduty",
            "route.stdout stdout|route.stderr stdout|route.default slack",
            "route.default ${ROUTE}|route.stop slack",
        ] {
            assert_eq!(of(routes), [""; 0], "{routes}");
        }
        let collector = format!(
            "[SERVICE]\n    Plugins_File p\n[INPUT]\n    Name http\n    Tag ecs_events\n[OUTPUT]\n    Name ecs_router\n    Match ecs_events\n    \
             stop.trusted_tags ecs_events\n    route.default slack\n{SLACK}"
        );
        let found = said("x", &collector);
        assert!(!found.iter().any(|line| line.contains("a message of its own")), "{found:?}");
    }
}
