//! Long lines that are masked in the pieces in which Docker's log driver sends them.

use super::finding::{Finding, FindingSeverity};
use super::redaction;
use super::routes::{list, starts_with};
use super::tags;
use crate::config::{Configuration, Origin, Section, Setting};

/// Routes of records that no container wrote.
const ROUTES_OF_REPORTS: [&str; 5] =
    ["route.stop", "route.stop.expected", "route.memory_warning", "route.router_exit", "route.dead_letter"];

/// Reports rules of `redact` that see a line of more than 16 KiB in pieces: no rule finds what the border cuts.
pub(super) fn check(section: &Section, configuration: &Configuration, findings: &mut Vec<Finding>) {
    let Some(rules) = section.settings.iter().find(|setting| masks(setting)) else { return };
    let Some(join) = join_with_pieces(section) else { return };
    // What the plugin refuses comes first.
    if findings.iter().any(is_refused_rule) {
        return;
    }
    if section.open || !has_lines(section, configuration) || is_joined_before(section, configuration) {
        return;
    }
    let message = "sees a line of more than 16 KiB in the pieces into which the log driver cuts it, and does not mask \
                   a secret across the cut";
    let workers = if has_one_worker(section) { " and Workers 2" } else { "" };
    findings.push(Finding::warn_of(rules, message, format!("write {join}{workers}")));
}

fn is_refused_rule(finding: &Finding) -> bool {
    let key = finding.key.as_deref().unwrap_or_default();
    finding.severity == FindingSeverity::Error && (starts_with(key, "redact.") || redaction::is_list(key))
}

/// Whether something is masked by these rules, as far as that is known before deployment.
fn masks(setting: &Setting) -> bool {
    let rules = setting.value.text().filter(|_| redaction::is_list(&setting.key)).map(list);
    rules.is_some_and(|mut rules| rules.any(|rule| !rule.eq_ignore_ascii_case("off")))
}

/// What to write so that pieces are joined; `None` if they are, or may be.
fn join_with_pieces(section: &Section) -> Option<&'static str> {
    let Some(join) = section.get("join") else { return Some("join partial") };
    match join.value.text()?.to_ascii_lowercase().as_str() {
        "off" => Some("join partial"),
        "traces" => Some("join both"),
        _ => None,
    }
}

/// Whether lines of containers reach the output, and go on from there.
fn has_lines(section: &Section, configuration: &Configuration) -> bool {
    let is_of_lines = |setting: &&Setting| {
        starts_with(&setting.key, "route.")
            && !ROUTES_OF_REPORTS.iter().any(|route| setting.key.eq_ignore_ascii_case(route))
    };
    let mut routes = section.settings.iter().filter(is_of_lines);
    let goes_on = routes.any(|route| route.value.text().is_none_or(|text| text.trim() != "drop"));
    goes_on && tags::takes_lines(section) && has_forward_input(section, configuration)
}

/// Whether FireLens's input may be there: it is in a file that FireLens includes, and names of tags tell of it.
fn has_forward_input(section: &Section, configuration: &Configuration) -> bool {
    let is_forward =
        |input: &Section| input.text("name").is_none_or(|name| name.eq_ignore_ascii_case("forward"));
    section.origin == Origin::FireLens
        || configuration.inputs.is_empty() && section.get("queue.url").is_none()
        || configuration.inputs.iter().any(is_forward)
        || ["match", "match_regex"]
            .iter()
            .any(|key| section.text(key).is_some_and(|text| text.contains("firelens")))
}

/// Whether Fluent Bit's filter `multiline` has made one record of the pieces.
fn is_joined_before(section: &Section, configuration: &Configuration) -> bool {
    configuration.filters.iter().any(|filter| {
        let has = |key, wanted: &str| {
            filter.get(key).is_some_and(|setting| {
                setting.value.text().is_none_or(|text| text.eq_ignore_ascii_case(wanted))
            })
        };
        has("name", "multiline")
            && has("mode", "partial_message")
            && tags::intersect(&[tags::pattern(filter), tags::pattern(section)])
    })
}

/// With one worker, a record ends with its chunk.
fn has_one_worker(section: &Section) -> bool {
    let workers = section.get("workers").map_or(Some("0"), |setting| setting.value.text());
    workers.and_then(|text| text.trim().parse::<u32>().ok()).is_some_and(|workers| workers < 2)
}

#[cfg(test)]
mod tests {
    use crate::check::tests::said;

    const MESSAGE: &str = "sees a line of more than 16 KiB in the pieces into which the log driver cuts it, and does \
                           not mask a secret across the cut; write ";

    /// What is said of pieces with this text before the output, and these lines in it.
    fn of(before: &str, lines: &str) -> Vec<String> {
        let lines = lines.replace('|', "\n    ");
        let text = format!(
            "[SERVICE]\n    Grace 30\n    Plugins_File p\n{before}[OUTPUT]\n    Name ecs_router\n    Retry_Limit no_limits\n    {lines}\n"
        );
        said("x", &text).into_iter().filter(|line| line.contains("16 KiB")).collect()
    }

    #[test]
    fn a_secret_across_the_cut_of_a_long_line_is_not_masked() {
        for (lines, key, instead) in [
            ("Workers 2|redact email", "redact", "join partial"),
            ("Workers 1|redact email", "redact", "join partial and Workers 2"),
            ("Workers 2|redact email|join off", "redact", "join partial"),
            ("Workers 2|stdout.redact jwt|join traces", "stdout.redact", "join both"),
        ] {
            let lines = format!("Match *-firelens-*|route.default stdout|{lines}");
            let found = of("", &lines);
            let end = format!(": warning: {key}: {MESSAGE}{instead}");
            assert!(matches!(found.as_slice(), [one] if one.ends_with(&end)), "{lines}: {found:?}");
        }
        let regex = of("", "Match_Regex ^(.*-firelens-.*|ecs_events)$|route.default stdout|redact email");
        assert_eq!(regex.len(), 1, "{regex:?}");
    }

    #[test]
    fn pieces_that_are_joined_or_nowhere_are_no_problem() {
        for lines in [
            "redact email|join partial",
            "redact email|join BOTH",
            "redact email|join ${JOIN}",
            "redact off",
            "redact ${RULES}",
            "redact.mode mask",
        ] {
            let lines = format!("Match *-firelens-*|Workers 2|route.default stdout|{lines}");
            assert_eq!(of("", &lines), [""; 0], "{lines}");
        }
        for lines in [
            "Match ecs_events|route.default stdout|redact email",
            "Match *|queue.url https://sqs.eu-west-1.amazonaws.com/1/q|route.default stdout|redact email",
            "Match *-firelens-*|route.default drop|route.stop stdout|redact email",
        ] {
            assert_eq!(of("", lines), [""; 0], "{lines}");
        }
        let collector = "[INPUT]\n    Name http\n    Tag ecs_events\n";
        assert_eq!(of(collector, "Match *|route.default stdout|redact email"), [""; 0]);
        let filter = "[FILTER]\n    Name multiline\n    Match *\n    mode partial_message\n    multiline.key_content log\n";
        assert_eq!(of(filter, "Match *-firelens-*|route.default stdout|redact email"), [""; 0]);
    }
}
