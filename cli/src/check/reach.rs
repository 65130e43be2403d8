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
    Some(Finding::warn_of(setting, message, "write Match *-firelens-*"))
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
             Workers 1\n    Retry_Limit 5\n    route.default stdout\n"
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
