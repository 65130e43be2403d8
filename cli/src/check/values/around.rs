//! What stands around variables whose values are not known: it stays, whatever they hold.

use ecs_router::config::keys::{DestinationKind, KeyForm};
use ecs_router::encode::template::{NameKind, Template};

use super::last_part;
use crate::check::finding::Finding;
use crate::check::placeholders::destination_kind;
use crate::check::startup::row;
use crate::check::templates::written;
use crate::config::{Section, Setting, SettingValue};

/// Stands for a value in a name; allowed everywhere.
const NEUTRAL: &str = "x";

const TIMES: [&str; 5] = ["ms", "s", "m", "h", "d"];
const SIZES: [&str; 10] = ["b", "k", "kb", "m", "mb", "g", "gb", "kib", "mib", "gib"];

pub(super) fn of_value(section: &Section, setting: &Setting) -> Option<Finding> {
    let text = written(&setting.value)?;
    if let Some(rest) = text.strip_prefix("= ") {
        let is_secret =
            row(section, &setting.key).is_none_or(|row| row.secret) && !rest.trim().starts_with("${");
        let instead = match is_secret {
            true => "leave out the =".to_owned(),
            false => format!("write {} {}", setting.key, rest.trim()),
        };
        let message =
            "begins with =, which becomes a part of the value: between key and value stands a blank alone"
                .to_owned();
        return Some(Finding::error_of(setting, message, instead));
    }
    let SettingValue::Interpolated(text) = &setting.value else { return None };
    let row = row(section, &setting.key).filter(|row| !row.secret)?;
    match row.form {
        KeyForm::Duration => of_unit(setting, text, &TIMES, "time such as 10s, 500ms or 5m"),
        KeyForm::Size => of_unit(setting, text, &SIZES, "size such as 64k, 10M or 5MiB"),
        _ => of_name(section, setting, text),
    }
}

fn of_name(section: &Section, setting: &Setting, text: &str) -> Option<Finding> {
    let (destination, _) = setting.key.rsplit_once('.')?;
    let name = last_part(&setting.key);
    let kind = match (destination_kind(section, destination)?, name.as_str()) {
        (DestinationKind::Cloudwatch, "log_group") => NameKind::LogGroup,
        (DestinationKind::Cloudwatch, "log_stream") => NameKind::LogStream,
        (DestinationKind::S3, "bucket") => return of_bucket(setting, text),
        _ => return None,
    };
    let problem = Template::parse(&literals(text).join(NEUTRAL), kind).err()?.to_string();
    let (message, instead) = problem.split_once("; ").unwrap_or((&problem, ""));
    Some(Finding::error_of(setting, message.to_owned(), instead.to_owned()))
}

fn of_bucket(setting: &Setting, text: &str) -> Option<Finding> {
    // An ARN, or the address of a bucket, is reported as such.
    let parts = literals(text);
    if parts.concat().contains([':', '/', '$']) {
        return None;
    }
    let may_hold = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    let wrong = parts.iter().flat_map(|part| part.chars()).find(|c| !may_hold(c));
    let message = match wrong {
        Some(wrong) => format!("'{wrong}' may not stand in the name of a bucket"),
        None if parts.iter().any(|part| part.contains("..")) => {
            "'..' may not stand in the name of a bucket".to_owned()
        }
        None => return None,
    };
    Some(Finding::error_of(setting, message, "use small letters, digits, - and single dots".to_owned()))
}

/// Reports a number whose unit there is not: what stands behind the last variable is its end.
fn of_unit(setting: &Setting, text: &str, units: &[&str], wanted: &str) -> Option<Finding> {
    let parts = literals(text);
    let end = parts.last()?.trim_start_matches(|c: char| c.is_ascii_digit()).trim().to_ascii_lowercase();
    // The variable may hold the beginning of the unit.
    if units.iter().any(|unit| unit.ends_with(&end)) {
        return None;
    }
    let message =
        format!("ends in '{}' whatever the variable holds, and wants a {wanted}", parts.last()?.trim());
    Some(Finding::error_of(setting, message, format!("write a unit of {}", units.join(", "))))
}

/// The parts of a text around its variables.
fn literals(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((_, tail)) = after.split_once('}') else { break };
        parts.push(before);
        rest = tail;
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use crate::check::tests::of_lines;

    fn of(line: &str) -> Vec<String> {
        of_lines(&format!(
            "    route.default s3, cloudwatch\n    s3.spool_dir /x\n    s3.key %Y/$(uuid)\n    {line}\n"
        ))
        .into_iter()
        .filter(|found| found.contains(&format!(" {}: ", line.split(' ').next().unwrap_or_default())))
        .collect()
    }

    #[test]
    fn what_stands_around_a_variable_is_checked() {
        for (line, part) in [
            ("cloudwatch.log_group = ${X}", "begins with =, which becomes a part of the value"),
            ("cloudwatch.log_group /ecs/${A} b", "' ' may not stand in the name of a log group"),
            ("cloudwatch.log_group /ecs/${A}:x", "':' may not stand in the name of a log group"),
            ("cloudwatch.log_stream ${G}:x", "':' may not stand in the name of a log stream"),
            ("s3.bucket ${B}_x", "'_' may not stand in the name of a bucket"),
            ("s3.bucket a..${B}", "'..' may not stand in the name of a bucket"),
            ("s3.upload_timeout ${S}minutes", "ends in 'minutes' whatever the variable holds"),
            ("s3.total_file_size ${S}MiBs", "ends in 'MiBs' whatever the variable holds"),
        ] {
            let found = of(line);
            assert!(found.iter().any(|one| one.contains(part)), "{line}: {found:?}");
        }
        for line in [
            "cloudwatch.log_group /ecs/${A}/$(container_name)-%Y",
            "cloudwatch.log_stream ${A} b/$(ecs_task_id)",
            "s3.bucket ${A}-logs.${B}",
            "s3.upload_timeout ${S}0 s",
            "s3.upload_timeout ${S}",
            "s3.total_file_size ${S}iB",
            "s3.total_file_size 1${S}",
        ] {
            assert_eq!(of(line), [""; 0], "{line}");
        }
        let found = of_lines(
            "    route.default cloudwatch\n    cloudwatch.log_group g\n    cloudwatch.log_stream = web\n",
        );
        assert!(found.iter().any(|one| one.contains("write cloudwatch.log_stream web")), "{found:?}");
    }
}
