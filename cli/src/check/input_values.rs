//! Values of inputs with which Fluent Bit does not start, or holds back every record.
//!
//! Sources: `flb_input_set_property`, `flb_utils_size_to_bytes`; tried on 1.9.10 and 5.1.1.

use super::finding::Finding;
use crate::config::{Configuration, Setting};

/// Bytes; below this, the limit is reached with the first lines.
const LEAST_BUFFER: u64 = 10_000;

/// Reports ports that do not exist, and limits that were meant in another unit.
pub(super) fn check(configuration: &Configuration, findings: &mut Vec<Finding>) {
    let settings = configuration.inputs.iter().flat_map(|input| &input.settings);
    findings.extend(settings.filter_map(|setting| match setting.key.to_ascii_lowercase().as_str() {
        "port" => port(setting),
        "mem_buf_limit" => limit(setting),
        _ => None,
    }));
}

fn port(setting: &Setting) -> Option<Finding> {
    let text = setting.value.text()?;
    if text.parse::<u16>().is_ok_and(|port| port > 0) {
        return None;
    }
    let message = format!("'{text}' is not a port, and Fluent Bit does not start");
    let instead = "write a number from 1 to 65535";
    Some(Finding::error_of(setting, message, instead))
}

/// A number alone counts bytes.
fn limit(setting: &Setting) -> Option<Finding> {
    let bytes = setting.value.text()?.parse::<u64>().ok()?;
    let message = format!("is {bytes} bytes, so that the input pauses after a few lines");
    let instead = format!("write {bytes}MB if megabytes were meant");
    (1..LEAST_BUFFER).contains(&bytes).then(|| Finding::warn_of(setting, message, instead))
}

#[cfg(test)]
mod tests {
    use crate::check::tests::said;

    #[test]
    fn ports_and_limits_are_ones() {
        for (line, part) in [
            ("Port 99999", "'99999' is not a port"),
            ("Port http", "'http' is not a port"),
            ("Mem_Buf_Limit 5", "write 5MB if megabytes were meant"),
        ] {
            let text = format!(
                "[INPUT]\n    Name tcp\n    Tag x\n    {line}\n[OUTPUT]\n    Name null\n    Match *\n"
            );
            let found = said("x", &text);
            assert!(found.iter().any(|found| found.contains(part)), "{line}: {found:?}");
            for fine in ["Port 5170", "Mem_Buf_Limit 5MB", "Mem_Buf_Limit off", "Port ${PORT}"] {
                let found = said("x", &text.replace(line, fine));
                assert!(
                    !found.iter().any(|found| found.contains("limit") || found.contains("port,")),
                    "{found:?}"
                );
            }
        }
    }
}
