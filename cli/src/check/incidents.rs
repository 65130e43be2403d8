//! Keys of incidents where nothing is grouped, and those that group what does not belong together.

use super::finding::{Finding, FindingSeverity};
use super::placeholders::destination_kind;
use super::routes::SectionNames;
use crate::config::Section;
use ecs_router::config::keys::DestinationKind;

const DETAILS: [&str; 4] = ["incident.group_by", "incident.quiet", "incident.remind", "incident.state_path"];

/// Reports keys about incidents that do nothing.
pub(super) fn check(section: &Section, names: &SectionNames, findings: &mut Vec<Finding>) {
    let Some((why, instead)) = without_effect(section, names) else {
        return findings.extend(merges_services(section));
    };
    let is_detail = |key: &str| DETAILS.iter().any(|known| known.eq_ignore_ascii_case(key));
    for setting in section.settings.iter().filter(|setting| is_detail(&setting.key)) {
        findings.push(Finding::warn_of(setting, format!("has no effect: {why}"), instead));
    }
}

/// Fields that tell one service from another.
const WORKLOADS: [&str; 2] = ["service", "task_definition"];

/// Reports fields that stops of different services have in common: the incident of one hides that of the other.
fn merges_services(section: &Section) -> Option<Finding> {
    let setting = section.get("incident.group_by")?;
    let text = setting.value.text()?;
    let fields: Vec<&str> = text.split(',').map(str::trim).filter(|field| !field.is_empty()).collect();
    if fields.is_empty() || fields.iter().any(|field| WORKLOADS.contains(field)) {
        return None;
    }
    let message = format!(
        "groups by {} alone, so that the stops of all services with the same are one incident, and people hear of the \
         first service only",
        fields.join(", ")
    );
    let instead = format!(
        "write for example cluster, service, {}",
        fields.iter().filter(|field| **field != "cluster").copied().collect::<Vec<_>>().join(", ")
    );
    let instead = instead.trim_end_matches(", ");
    // One incident for each cluster may be meant.
    if fields.contains(&"cluster") {
        return Some(Finding::new(FindingSeverity::Note, &setting.location, &setting.key, message, instead));
    }
    Some(Finding::warn_of(setting, message, instead))
}

/// Why nothing is grouped, and what to write; `None`: something may be.
fn without_effect(section: &Section, names: &SectionNames) -> Option<(&'static str, &'static str)> {
    let mode = match section.get("incident") {
        Some(setting) => setting.value.text()?.to_ascii_lowercase(),
        None => "auto".to_owned(),
    };
    match mode.as_str() {
        "off" => Some((
            "incident is off, and every stop is told by itself",
            "write incident auto, or leave it out",
        )),
        "auto" => none_alerts(section, names).then_some((
            "no stop goes to a destination that alerts people",
            "write incident on, or leave it out",
        )),
        _ => None,
    }
}

/// Whether every destination is known, and none of them groups stops.
fn none_alerts(section: &Section, names: &SectionNames) -> bool {
    let is_quiet = |name: &String| {
        name == "drop" || destination_kind(section, name).is_some_and(|kind: DestinationKind| !kind.alerts())
    };
    !section.open && !names.has_unknown_route && names.routed.iter().all(is_quiet)
}

#[cfg(test)]
mod tests {
    use crate::check::tests::of_lines;

    fn of(lines: &str) -> Vec<String> {
        let lines = format!("    {}\n", lines.replace('|', "\n    "));
        of_lines(&lines).into_iter().filter(|line| line.contains(" incident.")).collect()
    }

    #[test]
    fn keys_of_incidents_want_incidents() {
        let slack = "route.default slack|slack.webhook_url ${URL}";
        for (lines, part) in [
            (format!("{slack}|incident off|incident.quiet 1h"), "incident is off"),
            (
                format!("{slack}|incident Off|incident.state_path /var/lib/x/incidents.json"),
                "incident is off",
            ),
            ("route.default stdout|incident.remind 4h".to_owned(), "write incident on"),
            (
                "route.default stdout|route.stop drop|incident auto|incident.group_by service".to_owned(),
                "write incident on",
            ),
        ] {
            let found = of(&lines);
            assert!(matches!(found.as_slice(), [one] if one.contains(part)), "{lines}: {found:?}");
        }
        for (fields, is_right) in [
            ("availability_zone", false),
            ("exit_code, stop_code", false),
            ("container,cause", false),
            ("cluster", true),
            ("service", true),
            ("cluster, task_definition", true),
            ("${FIELDS}", true),
        ] {
            let found = of(&format!("{slack}|incident.group_by {fields}"));
            let warned: Vec<&String> = found.iter().filter(|line| line.contains(" warning: ")).collect();
            assert_eq!(warned.is_empty(), is_right, "{fields}: {found:?}");
            assert!(is_right || warned[0].contains("the stops of all services"), "{found:?}");
        }
        for lines in [
            format!("{slack}|incident.quiet 1h"),
            format!("{slack}|incident ${{MODE}}|incident.quiet 1h"),
            "route.default stdout|incident on|incident.quiet 1h".to_owned(),
            "route.default stdout|route.stop ${STOPS}|incident.quiet 1h".to_owned(),
        ] {
            assert_eq!(of(&lines), [""; 0], "{lines}");
        }
    }
}
