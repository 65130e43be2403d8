//! Objects of S3: keys that begin a new one too often, and content that is compressed in two ways at once.

use std::time::Duration;

use ecs_router::config::keys::{DestinationKind, find};

use super::finding::Finding;
use super::placeholders::destination_kind;
use super::templates;
use super::values::read_duration;
use crate::config::{Section, Setting};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Parts of a date, how often they change, and that in words.
const PARTS: [(&str, &[&str], Duration, &str); 2] = [
    ("seconds", &["S", "s", "T", "c", "f", "N", "r", "X"], SECOND, "a second"),
    ("minutes", &["M", "R"], MINUTE, "a minute"),
];

/// Content types of files that are compressed themselves.
const COMPRESSED_TYPES: [&str; 4] =
    ["application/gzip", "application/x-gzip", "application/zstd", "application/x-zstd"];

/// Reports every destination that makes more, or other, objects than its author thinks.
pub(super) fn check(section: &Section, findings: &mut Vec<Finding>) {
    for setting in &section.settings {
        let Some((destination, name)) = setting.key.rsplit_once('.') else { continue };
        if destination_kind(section, destination) != Some(DestinationKind::S3) {
            continue;
        }
        findings.extend(match name.to_ascii_lowercase().as_str() {
            "key" => cuts_small(section, destination, setting),
            "total_file_size" => too_small(setting),
            "content_type" => encoded_twice(section, destination, setting),
            _ => None,
        });
    }
}

/// An object holds what has one key: a key that changes makes an object, whatever `upload_timeout` says.
fn cuts_small(section: &Section, destination: &str, setting: &Setting) -> Option<Finding> {
    let text = templates::written(&setting.value)?;
    let letters: Vec<String> = templates::conversions(text);
    let (what, period, words) = PARTS.iter().find_map(|(what, parts, period, words)| {
        letters.iter().any(|letter| parts.contains(&letter.as_str())).then_some((what, period, words))
    })?;
    let age = upload_timeout(section, destination)?;
    if age <= *period {
        return None;
    }
    let message = format!(
        "holds {what}, so that records make an object {words} and container, whatever upload_timeout ({} s) says; each \
         costs a request",
        age.as_secs()
    );
    Some(Finding::warn_of(setting, message, "end the date with %H, and let $(uuid) tell the objects apart"))
}

/// Below this, an object holds a few hundred lines.
const LEAST_OBJECT_BYTES: u64 = 100_000;

/// A size without a unit counts bytes.
fn too_small(setting: &Setting) -> Option<Finding> {
    let text = setting.value.text()?.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "kib" => 1_024,
        _ => return None,
    };
    let bytes = number.parse::<u64>().ok()?.checked_mul(factor)?;
    let message = format!("is {bytes} bytes, so that every object holds a few lines and costs a request");
    let instead = if unit.is_empty() {
        format!("write {number}M if megabytes were meant")
    } else {
        "write for example 100M".to_owned()
    };
    // The plugin itself refuses 0.
    (1..LEAST_OBJECT_BYTES).contains(&bytes).then(|| Finding::warn_of(setting, message, instead))
}

/// `None` when the file does not tell it.
fn upload_timeout(section: &Section, destination: &str) -> Option<Duration> {
    let written = section.get(&format!("{destination}.upload_timeout"));
    let default = || find(Some(DestinationKind::S3), "upload_timeout").and_then(|row| row.default);
    let text = match written {
        Some(setting) => setting.value.text()?,
        None => default()?,
    };
    read_duration(text)
}

/// Whoever fetches the object unpacks it by its encoding, and then finds a type that says it is still packed.
fn encoded_twice(section: &Section, destination: &str, setting: &Setting) -> Option<Finding> {
    let text = setting.value.text()?;
    let is_compressed_type = COMPRESSED_TYPES.iter().any(|known| text.eq_ignore_ascii_case(known));
    let compress = section.get(&format!("{destination}.compress"));
    let is_encoded = compress
        .is_none_or(|setting| setting.value.text().is_some_and(|text| !text.eq_ignore_ascii_case("none")));
    let message = format!(
        "says {text} beside the Content-Encoding that compress writes: whoever reads the object unpacks it twice"
    );
    (is_compressed_type && is_encoded)
        .then(|| Finding::warn_of(setting, message, "write application/x-ndjson, or leave the key out"))
}

#[cfg(test)]
mod tests {
    use crate::check::tests::of_lines;

    fn of(lines: &str) -> Vec<String> {
        let lines: String = lines.split('|').map(|line| format!("    s3.{line}\n")).collect();
        of_lines(&format!("    route.default s3\n    s3.bucket logs\n{lines}"))
    }

    #[test]
    fn keys_that_change_by_the_second_or_minute_are_reported() {
        for (lines, expected) in [
            ("key a/%Y/%m/%d/%H/%M/%S/$(uuid).json", "an object a second"),
            ("key a/%Y/%m/%d/%H/%M/$(uuid)", "an object a minute"),
            ("key a/%T", "an object a second"),
            ("key a/%s", "an object a second"),
            ("key a/%-S", "an object a second"),
            ("key a/%H%M|upload_timeout 5m", "(300 s)"),
        ] {
            let found = of(lines);
            assert!(
                matches!(found.as_slice(), [one] if one.contains(expected) && one.contains("s3.key: holds")),
                "{found:?}"
            );
        }
        for fine in [
            "key a/%Y/%m/%d/%H",
            "key a/%H%M|upload_timeout 60s",
            "key a/%H%M|upload_timeout ${T}",
            "key 100%%S",
        ] {
            assert_eq!(of(fine), [""; 0], "{fine}");
        }
    }

    #[test]
    fn an_object_of_a_few_bytes_is_reported() {
        for (size, expected) in
            [("50", "write 50M if"), ("64k", "write for example 100M"), ("5KiB", "is 5120 bytes")]
        {
            let found = of(&format!("total_file_size {size}"));
            assert!(matches!(found.as_slice(), [one] if one.contains(expected)), "{found:?}");
        }
        assert_eq!(of("total_file_size 1M"), [""; 0]);
    }

    #[test]
    fn an_object_is_not_to_be_unpacked_twice() {
        assert!(of("content_type application/gzip")[0].contains("s3.content_type: says application/gzip"));
        assert_eq!(of("content_type application/gzip|compress none"), [""; 0]);
        assert_eq!(of("content_type text/plain"), [""; 0]);
    }
}
