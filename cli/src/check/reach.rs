//! Whether any record has a tag that an output takes: FireLens's tags, and those of the inputs in the file.

use super::finding::Finding;
use super::{host, inputs, tags};
use crate::config::{Configuration, Origin, Section};

/// Filters that give records another tag.
const RETAGGING: [&str; 2] = ["rewrite_tag", "log_to_metrics"];

/// Reports an output whose `Match` fits nothing.
pub(super) fn check(section: &Section, configuration: &Configuration) -> Option<Finding> {
    let is_open = section.open || configuration.routes_by_name || !configuration.errors.is_empty();
    if section.origin != Origin::FluentBit || is_open || retags(configuration) {
        return None;
    }
    let setting = section.get("match")?;
    let pattern = setting.value.text().filter(|_| host::pattern(section).is_none())?;
    let given: Vec<String> = configuration.inputs.iter().map(inputs::given_tags).collect();
    let is_unknown = configuration.inputs.iter().any(|input| {
        input.open
            || input.get("tag").is_some_and(|tag| tag.value.text().is_none())
            || input.get("tag_regex").is_some()
    });
    let reached = given.iter().any(|tag| tags::intersect(&[tag, pattern]));
    if tags::takes_firelens(pattern) || reached || is_unknown {
        return None;
    }
    let others = match given.as_slice() {
        [] => String::new(),
        tags => format!(", and the inputs of the file give {}", tags.join(", ")),
    };
    let message = format!(
        "'{pattern}' fits no record: the tags of FireLens are <container>-firelens-<task id>{others}"
    );
    let near = crate::suggest::closest(pattern, given.iter().map(String::as_str));
    // What reads a queue is a collector, which FireLens does not include.
    let of_input = given.first().filter(|_| section.get("queue.url").is_some()).map(String::as_str);
    let meant = near.or(of_input).unwrap_or(tags::FIRELENS_TAGS);
    if given.is_empty() && section.get("queue.url").is_some() {
        let instead =
            "add the [INPUT] of examples/collector/fluent-bit.conf, for Fluent Bit does not run without one";
        return Some(Finding::warn_of(setting, message, instead));
    }
    Some(Finding::warn_of(setting, message, format!("write Match {meant}")))
}

/// Reports an input whose records no output of the file takes: Fluent Bit drops them.
pub(super) fn check_inputs(configuration: &Configuration, findings: &mut Vec<Finding>) {
    let is_open = |section: &Section| {
        section.open || section.get("match_regex").is_some() || section.text("match").is_none()
    };
    let is_known = configuration.errors.is_empty() && !configuration.routes_by_name && !retags(configuration);
    // Of an output that takes nothing, its own finding tells.
    let is_told =
        |section: &Section| check(section, configuration).is_some() || host::pattern(section).is_some();
    let has_ours = configuration.ours().next().is_some() && !configuration.ours().any(is_told);
    if !is_known || !has_ours || configuration.outputs.iter().any(is_open) {
        return;
    }
    findings.extend(configuration.inputs.iter().filter_map(|input| unheard(input, configuration)));
}

fn unheard(input: &Section, configuration: &Configuration) -> Option<Finding> {
    let setting = input.get("tag").or_else(|| input.get("name"))?;
    let name = input.text("name").unwrap_or_default();
    // The input of a collector that reads its queue alone: Fluent Bit does not run without one.
    let is_unknown = name.eq_ignore_ascii_case("dummy")
        || input.open
        || input.get("tag_regex").is_some()
        || setting.value.text().is_none();
    let tag = inputs::given_tags(input);
    let is_heard = |output: &Section| tags::intersect(&[&tag, tags::pattern(output)]);
    if is_unknown || configuration.outputs.iter().any(is_heard) {
        return None;
    }
    let message = format!("no output takes what this input {name} brings under {tag}, so that it is dropped");
    Some(Finding::warn_of(setting, message, format!("write Match {tag} in the output that is meant")))
}

/// Whether a filter may give records a tag that the pattern fits.
pub(super) fn retags(configuration: &Configuration) -> bool {
    let mut names = configuration.filters.iter().map(|filter| filter.text("name").unwrap_or_default());
    names.any(|name| RETAGGING.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use crate::check::tests::said;

    fn of(sections: &str, pattern: &str) -> Vec<String> {
        let sections: String =
            sections.split('|').map(|line| format!("    {line}\n").replace("    [", "[")).collect();
        let text = format!(
            "[SERVICE]\n    Grace 30\n    Plugins_File p\n{sections}[OUTPUT]\n    Name ecs_router\n    Match {pattern}\n    \
             Workers 1\n    Retry_Limit no_limits\n    route.default stdout\n"
        );
        said("x", &text).into_iter().filter(|line| line.contains(" Match: ")).collect()
    }

    #[test]
    fn a_pattern_that_fits_no_tag_is_reported() {
        for (sections, pattern) in [
            ("[FILTER]|Name grep|Match x*", "app.*"),
            ("[FILTER]|Name grep|Match x*", "app"),
            ("[FILTER]|Name grep|Match x*", "ecs.*"),
            ("[FILTER]|Name grep|Match x*", "*firelens"),
            ("[FILTER]|Name grep|Match x*", "web-firelens"),
            ("[INPUT]|Name tail|Path /x|Tag files", "app.*"),
            ("[INPUT]|Name docker_events", "docker.*"),
        ] {
            let found = of(sections, pattern);
            assert!(
                matches!(found.as_slice(), [one] if one.contains("fits no record")),
                "{pattern}: {found:?}"
            );
        }
    }

    #[test]
    fn the_tag_of_an_input_is_suggested_where_it_is_meant() {
        let found = of("[INPUT]|Name http|Tag ecs_events", "ecs-events");
        assert!(found[0].ends_with("write Match ecs_events"), "{found:?}");
        let found = of("[INPUT]|Name tail|Path /x|Tag files", "app.*");
        assert!(found[0].ends_with("write Match *-firelens-*"), "{found:?}");
    }

    #[test]
    fn a_collector_without_an_input_is_told_of_one() {
        let queue = "queue.url https://sqs.eu-west-1.amazonaws.com/111122223333/stops";
        let found = of("[FILTER]|Name grep|Match x*", &format!("ecs_events\n    {queue}"));
        assert!(found[0].contains("add the [INPUT]"), "{found:?}");
    }

    #[test]
    fn an_input_that_no_output_takes_is_reported() {
        let of = |sections: &str, pattern: &str| {
            let sections = format!("    {}\n", sections.replace('|', "\n    ")).replace("    [", "[");
            let text = format!(
                "[SERVICE]\n    Grace 30\n    Plugins_File p\n{sections}[OUTPUT]\n    Name ecs_router\n    Match {pattern}\n    \
                 Workers 1\n    Retry_Limit no_limits\n    route.default stdout\n"
            );
            said("x", &text).into_iter().filter(|line| line.contains("no output takes")).collect::<Vec<_>>()
        };
        let found = of("[INPUT]|Name tail|Path /x|Tag files", "*-firelens-*");
        assert!(matches!(found.as_slice(), [one] if one.contains("write Match files")), "{found:?}");
        for (sections, pattern) in [
            ("[INPUT]|Name tail|Path /x|Tag files", "*"),
            ("[INPUT]|Name dummy|Tag nothing", "*-firelens-*"),
            ("[INPUT]|Name tail|Path /x|Tag ${TAG}", "*-firelens-*"),
            ("[INPUT]|Name forward|Listen 127.0.0.1", "*-firelens-*"),
            ("[INPUT]|Name tail|Path /x|Tag files|[OUTPUT]|Name null|Match files", "*-firelens-*"),
            ("[INPUT]|Name tail|Path /x|Tag files|[OUTPUT]|Name null|Match_Regex f.*", "*-firelens-*"),
            (
                "[INPUT]|Name tail|Path /x|Tag files|[FILTER]|Name rewrite_tag|Match *|Rule $log x a.$TAG false",
                "*-firelens-*",
            ),
        ] {
            assert_eq!(of(sections, pattern), [""; 0], "{sections}");
        }
    }

    #[test]
    fn a_pattern_that_fits_one_is_not() {
        for (sections, pattern) in [
            ("[FILTER]|Name grep|Match x*", "*-firelens-*"),
            ("[FILTER]|Name grep|Match x*", "web-firelens*"),
            ("[FILTER]|Name grep|Match x*", "web*"),
            ("[FILTER]|Name grep|Match x*", "web-firelens-0123456789abcdef0123456789abcdef"),
            ("[FILTER]|Name rewrite_tag|Match *|Rule $log x stops.$TAG false", "stops.*"),
            ("[INPUT]|Name tail|Path /x|Tag app.*", "app.*"),
            ("[INPUT]|Name docker_events", "docker_events.*"),
            ("[INPUT]|Name forward|Unix_Path /x", "anything"),
            ("[INPUT]|Name tail|Path /x|Tag ${TAG}", "anything"),
            ("[FILTER]|Name grep|Match x*", "${MATCH}"),
        ] {
            assert_eq!(of(sections, pattern), [""; 0], "{pattern}");
        }
    }
}
