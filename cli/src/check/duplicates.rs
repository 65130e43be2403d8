//! Records that arrive twice: two outputs, or two destinations on one route, with the same place at their end.

use super::finding::Finding;
use super::placeholders::destination_kind;
use super::tags;
use crate::config::{Configuration, Section, Setting, SettingValue};

/// Keys that change how a destination is reached or what is sent, but not where it arrives.
const ELSEWHERE_SAME: [&str; 12] = [
    "type",
    "required",
    "timeout",
    "ca_file",
    "concurrency",
    "profile",
    "role_arn",
    "external_id",
    "sts_endpoint",
    "batch_bytes",
    "upload_timeout",
    "spool_dir",
];

/// One destination on the route of one class.
struct Way<'s> {
    route: &'s Setting,
    class: String,
    name: String,
    /// Its type and every setting that tells it from others.
    place: Vec<String>,
}

/// Reports pairs of ways with one end.
pub(super) fn check(configuration: &Configuration, findings: &mut Vec<Finding>) {
    let outputs: Vec<&Section> = configuration.ours().collect();
    for (position, output) in outputs.iter().enumerate() {
        let own = ways(output);
        findings.extend(within(&own));
        let before = outputs.iter().take(position).filter(|before| share_tags(before, output));
        findings.extend(before.filter_map(|before| across(before, &ways(before), output, &own)));
    }
    for other in configuration.outputs.iter().filter(|output| !output.is_ours()) {
        findings.extend(outputs.iter().find_map(|output| built_in(output, other)));
    }
}

/// Keys by which the outputs of Fluent Bit name the place of a destination, and ours.
const BUILT_IN: [(&str, &str, &str); 5] = [
    ("cloudwatch_logs", "log_group_name", "log_group"),
    ("cloudwatch", "log_group_name", "log_group"),
    ("s3", "bucket", "bucket"),
    ("kinesis_firehose", "delivery_stream", "delivery_stream"),
    ("firehose", "delivery_stream", "delivery_stream"),
];

/// Reports an output of Fluent Bit's own that sends the same records to the same place.
fn built_in(output: &Section, other: &Section) -> Option<Finding> {
    let name = other.text("name")?.to_ascii_lowercase();
    let (_, key, own) = BUILT_IN.iter().find(|(known, ..)| *known == name)?;
    let place = other.get(key)?;
    let is_same = |setting: &&Setting| {
        setting.key.rsplit_once('.').is_some_and(|(_, key)| key.eq_ignore_ascii_case(own))
            && setting.value == place.value
    };
    let setting = output.settings.iter().find(is_same).filter(|_| share_tags(output, other))?;
    let message = format!(
        "is the place of {} at line {} as well, so that records with both tags arrive twice",
        setting.key, setting.location.line
    );
    Some(Finding::warn_of(place, message, "leave one of the outputs out, or give each its own Match"))
}

fn share_tags(one: &Section, other: &Section) -> bool {
    let known = one.get("match").is_some() && other.get("match").is_some() && one.origin == other.origin;
    known && tags::intersect(&[tags::pattern(one), tags::pattern(other)])
}

fn ways(section: &Section) -> Vec<Way<'_>> {
    let mut ways = Vec::new();
    for route in &section.settings {
        let key = route.key.to_ascii_lowercase();
        let Some(class) = key.strip_prefix("route.") else { continue };
        for name in route.value.text().unwrap_or_default().split(',').map(str::trim) {
            let place = place(section, name);
            ways.extend(place.map(|place| Way {
                route,
                class: class.to_owned(),
                name: name.to_owned(),
                place,
            }));
        }
    }
    ways
}

/// `None` when the file does not tell all of it.
fn place(section: &Section, name: &str) -> Option<Vec<String>> {
    let kind = destination_kind(section, name)?;
    let prefix = format!("{}.", name.to_ascii_lowercase());
    let mut place = vec![kind.name().to_owned()];
    for setting in &section.settings {
        let key = setting.key.to_ascii_lowercase();
        let Some(key) = key.strip_prefix(&prefix).filter(|key| !ELSEWHERE_SAME.contains(key)) else {
            continue;
        };
        match &setting.value {
            SettingValue::Text(text) | SettingValue::Interpolated(text) => {
                place.push(format!("{key} {text}"))
            }
            SettingValue::Unknown | SettingValue::Nested => return None,
        }
    }
    place.sort_unstable();
    Some(place)
}

/// Two destinations on one route.
fn within(ways: &[Way<'_>]) -> Option<Finding> {
    ways.iter().enumerate().find_map(|(position, way)| {
        let same = |other: &&Way<'_>| other.class == way.class && other.place == way.place;
        let first = ways.iter().take(position).find(same)?;
        let message = format!(
            "{} and {} are the same place, so that every record arrives there twice",
            first.name, way.name
        );
        Some(Finding::warn_of(way.route, message, format!("leave {} out", way.name)))
    })
}

/// Two outputs that take the same records to the same place.
fn across(before: &Section, theirs: &[Way<'_>], output: &Section, own: &[Way<'_>]) -> Option<Finding> {
    own.iter().find_map(|way| {
        theirs.iter().find(|other| other.class == way.class && other.place == way.place)?;
        let message = format!(
            "takes records that the output at {}:{} takes, too, and sends those of {} to the same place ({}): they arrive twice",
            before.location.file, before.location.line, way.route.key, way.name
        );
        Some(Finding::warn(output, "Match", message, "leave one of the outputs out, or give each its own Match"))
    })
}

#[cfg(test)]
mod tests {
    use crate::check::tests::{of_lines, said};

    fn output(pattern: &str, lines: &str) -> String {
        format!(
            "[OUTPUT]\n    Name ecs_router\n    Match {pattern}\n    Workers 1\n    Retry_Limit no_limits\n{lines}"
        )
    }

    const ERRORS: &str = "    route.default errors\n    errors.type cloudwatch\n    errors.log_group g\n";

    fn both(one: &str, other: &str) -> Vec<String> {
        said("x", &format!("[SERVICE]\n    Grace 30\n    Plugins_File p\n{one}{other}"))
    }

    #[test]
    fn the_same_output_twice_sends_everything_twice() {
        let one = output("web-*", ERRORS);
        let found = both(&one, &output("*-firelens-*", ERRORS));
        assert!(
            matches!(found.as_slice(), [one] if one.contains("the output at x:4 takes, too")),
            "{found:?}"
        );
        let renamed = ERRORS.replace("errors", "lines").replace("Workers 1", "Workers 2");
        assert_eq!(both(&one, &output("web-*", &renamed)).len(), 1, "whatever it is called");
        assert_eq!(both(&one, &output("api-a*", ERRORS)), [""; 0], "other records");
        assert_eq!(both(&one, &output("web-*", &ERRORS.replace("log_group g", "log_group h"))), [""; 0]);
    }

    #[test]
    fn two_names_for_one_place_on_one_route_are_reported() {
        let lines = "    route.default a, b\n    a.type cloudwatch\n    a.log_group g\n    b.type cloudwatch\n    b.log_group g\n";
        let found = of_lines(lines);
        assert!(matches!(found.as_slice(), [one] if one.contains("a and b are the same place")), "{found:?}");
        assert_eq!(of_lines(&lines.replace("b.log_group g", "b.log_group h")), [""; 0]);
    }
}
