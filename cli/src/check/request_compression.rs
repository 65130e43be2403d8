//! `compress gzip` of CloudWatch, in front of an endpoint that may not read it.

use ecs_router::config::keys::DestinationKind;

use super::finding::Finding;
use super::placeholders::destination_kind;
use crate::config::{Section, Setting};

/// Reports compression that nobody can turn off where the endpoint refuses it.
pub(super) fn check(section: &Section, findings: &mut Vec<Finding>) {
    findings.extend(section.settings.iter().filter_map(|setting| unconditional(section, setting)));
}

/// AWS reads gzip; who answers at another address is not known.
fn unconditional(section: &Section, setting: &Setting) -> Option<Finding> {
    let (destination, name) = setting.key.rsplit_once('.')?;
    let is_gzip = setting.value.text().is_some_and(|value| value.eq_ignore_ascii_case("gzip"));
    if !name.eq_ignore_ascii_case("compress")
        || !is_gzip
        || destination_kind(section, destination) != Some(DestinationKind::Cloudwatch)
    {
        return None;
    }
    section.get(&format!("{destination}.endpoint"))?;
    let message = format!(
        "compresses every request, and nothing arrives if the service or proxy at {destination}.endpoint does not read gzip"
    );
    Some(Finding::warn_of(setting, message, "leave the key out: auto finds out what the endpoint reads"))
}

#[cfg(test)]
mod tests {
    use crate::check::tests::of_lines;

    fn of(lines: &str) -> Vec<String> {
        let lines: String = lines.split('|').map(|line| format!("    logs.{line}\n")).collect();
        let text = format!(
            "    route.default logs\n    logs.type cloudwatch\n    logs.region eu-west-1\n    logs.log_group g\n{lines}"
        );
        of_lines(&text).into_iter().filter(|line| line.contains("logs.compress")).collect()
    }

    #[test]
    fn compression_that_no_reply_ends_is_reported_before_an_endpoint_of_ones_own() {
        let found = of("compress GZIP|endpoint https://logs.example.com");
        assert!(found.len() == 1 && found[0].contains("auto finds out what the endpoint reads"), "{found:?}");
        for fine in [
            "compress gzip",
            "compress auto|endpoint https://logs.example.com",
            "compress off|endpoint https://logs.example.com",
            "log_key log|endpoint https://logs.example.com",
        ] {
            assert_eq!(of(fine), [""; 0], "{fine}");
        }
    }
}
