//! Names that AWS refuses or that grow without end, and dates in the syntax of other programs.

use crate::check::finding::Finding;
use crate::check::placeholders::destination_kind;
use crate::check::templates::conversions;
use crate::check::templates::{fields, written};
use crate::config::{Section, Setting};
use ecs_router::config::keys::DestinationKind;

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>, read 2026-11.
const MAX_NAME: usize = 512;

/// Fields that have another value for each task, or for each line.
const OF_EVERY_TASK: [&str; 5] = ["container_id", "ecs_task_arn", "ecs_task_id", "ec2_instance_id", "tag"];
const OF_EVERY_LINE: [&str; 2] = ["log", "uuid"];

/// Dates of Java, Moment and Logstash.
const OTHER_DATES: [(&str, &str); 13] = [
    ("YYYY", "%Y"),
    ("yyyy", "%Y"),
    ("MM/", "%m/"),
    ("/DD", "/%d"),
    ("/dd", "/%d"),
    ("/HH", "/%H"),
    ("-MM", "-%m"),
    ("-DD", "-%d"),
    ("-dd", "-%d"),
    ("-HH", "-%H"),
    ("%YMM", "%Y%m"),
    ("%mDD", "%m%d"),
    ("%mdd", "%m%d"),
];

/// Parts of a date that seldom are what was meant: what they are, and what to write.
const ODD_PARTS: [(&str, &str, &str); 7] = [
    (
        "Q",
        "the name of a time zone, UTC everywhere",
        "leave it out; the parts of a date are %Y, %m, %d and %H",
    ),
    ("n", "a line break", "leave it out"),
    ("t", "a tab", "leave it out"),
    ("f", "a fraction of a second, always 0", "leave it out"),
    ("N", "a fraction of a second, always 0", "leave it out"),
    ("I", "the hour of a clock with twelve, so that two hours of a day have one name", "write %H"),
    ("l", "the hour of a clock with twelve, so that two hours of a day have one name", "write %H"),
];

/// Parts that were doubled, as other programs write them.
const DOUBLED_PARTS: [(&str, &str); 6] =
    [("%YY", "%Y"), ("%yy", "%y"), ("%mm", "%m"), ("%dd", "%d"), ("%HH", "%H"), ("%MM", "%M")];

/// Endings of files that other programs write.
const OTHER_FORMATS: [&str; 6] = [".parquet", ".avro", ".orc", ".csv", ".zip", ".log.bz2"];

pub(super) fn of_value(section: &Section, setting: &Setting) -> Option<Finding> {
    let (destination, name) = setting.key.rsplit_once('.')?;
    let text = written(&setting.value)?;
    match (destination_kind(section, destination)?, name.to_ascii_lowercase().as_str()) {
        (DestinationKind::Cloudwatch, "log_group") => {
            let long = || too_long(setting, text);
            let many = || many_groups(setting, text);
            reserved(setting, text).or_else(long).or_else(many).or_else(|| odd_part(setting, text))
        }
        (DestinationKind::Cloudwatch, "log_stream") => {
            let names_line = || of_lines(setting, text).or_else(|| of_seconds(setting, text));
            let date = || other_date(setting, text).or_else(|| odd_part(setting, text));
            too_long(setting, text).or_else(names_line).or_else(date)
        }
        (DestinationKind::S3, "key") => address(setting, text)
            .or_else(|| other_date(setting, text))
            .or_else(|| odd_part(setting, text))
            .or_else(|| other_format(setting, text))
            .or_else(|| of_lines(setting, text)),
        (DestinationKind::S3, "bucket") => bucket(setting, text),
        (DestinationKind::File, "path") => odd_part(setting, text),
        (_, "log_key") => no_field_name(setting, text).or_else(|| several_fields(setting, text)),
        (_, "include" | "exclude") => no_list(setting, text),
        _ => None,
    }
}

fn reserved(setting: &Setting, text: &str) -> Option<Finding> {
    let rest = text.strip_prefix("aws/")?;
    let message = "begins with aws/, which CloudWatch keeps for AWS's own groups".to_owned();
    Some(Finding::error_of(setting, message, format!("write /aws/{rest}, or a name of your own")))
}

fn too_long(setting: &Setting, text: &str) -> Option<Finding> {
    let length = text.chars().count();
    let message = format!("has {length} characters, and CloudWatch allows {MAX_NAME}");
    (length > MAX_NAME && !text.contains('$'))
        .then(|| Finding::error_of(setting, message, "shorten it".to_owned()))
}

/// A group stays, is listed, and has a retention of its own: streams are what there may be many of.
fn many_groups(setting: &Setting, text: &str) -> Option<Finding> {
    let field = fields(text).find(|field| OF_EVERY_TASK.contains(field) || OF_EVERY_LINE.contains(field))?;
    let message = format!("has $({field}) in it, so that every task or line gets a log group of its own");
    let instead = format!("write $({field}) in log_stream, and for example /ecs/$(ecs_task_family) here");
    Some(Finding::warn_of(setting, message, instead))
}

fn of_lines(setting: &Setting, text: &str) -> Option<Finding> {
    let field = fields(text).find(|field| *field == "log")?;
    let message = format!("has $({field}) in it, so that every line gets a name of its own");
    Some(Finding::warn_of(
        setting,
        message,
        "write fields such as $(container_name) and $(ecs_task_id)".to_owned(),
    ))
}

fn of_seconds(setting: &Setting, text: &str) -> Option<Finding> {
    let part = ["%S", "%s", "%T", "%M"].into_iter().find(|part| text.contains(part))?;
    let message = format!("has {part} in it, so that a stream begins every minute or second");
    Some(Finding::warn_of(
        setting,
        message,
        "write $(container_name)/$(ecs_task_id), or a date that ends with %d".to_owned(),
    ))
}

fn address(setting: &Setting, text: &str) -> Option<Finding> {
    let (_, rest) = text.split_once("://")?;
    let key = rest.split_once('/').map_or("", |(_, key)| key);
    let message = "is an address, and must be the name of an object in the bucket".to_owned();
    Some(Finding::warn_of(setting, message, format!("write {key}")))
}

fn other_date(setting: &Setting, text: &str) -> Option<Finding> {
    if text.contains("%Y") || !OTHER_DATES.iter().take(2).any(|(year, _)| text.contains(year)) {
        return month_by_name(setting, text);
    }
    let bare = without_date_brackets(text);
    let instead = OTHER_DATES.iter().fold(bare, |text, (other, ours)| text.replace(other, ours));
    let message = "has a date in the syntax of another program, which is taken literally".to_owned();
    Some(Finding::warn_of(setting, message, format!("write {instead}")))
}

/// The text without the brackets of Logstash's dates, `%{+yyyy/MM/dd}`.
fn without_date_brackets(text: &str) -> String {
    let mut parts = text.split("%{+");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + &part.replacen('}', "", 1))
}

/// `%h` is the month's name, `%y` has two digits, and `%D` has slashes of its own.
fn month_by_name(setting: &Setting, text: &str) -> Option<Finding> {
    let (part, what, ours) = [("%h", "the month's name", "%H"), ("%D", "month/day/year", "%d")]
        .into_iter()
        .find(|(part, ..)| text.contains(part))?;
    let message = format!("has {part} in it, which is {what}");
    Some(Finding::warn_of(setting, message, format!("write {ours}")))
}

/// A part that the plugin replaces by something else than was meant.
fn odd_part(setting: &Setting, text: &str) -> Option<Finding> {
    if let Some((doubled, ours)) = DOUBLED_PARTS.into_iter().find(|(doubled, _)| text.contains(doubled)) {
        let message = format!("has {doubled} in it, which is {ours} and a letter behind it");
        return Some(Finding::warn_of(setting, message, format!("write {ours}")));
    }
    let letters = conversions(text);
    let has_half = letters.iter().any(|letter| letter.eq_ignore_ascii_case("p"));
    let is_odd = |(part, ..): &(&str, &str, &str)| {
        letters.iter().any(|letter| letter == part) && !(has_half && matches!(*part, "I" | "l"))
    };
    let (part, what, instead) = ODD_PARTS.into_iter().find(is_odd)?;
    Some(Finding::warn_of(setting, format!("has %{part} in it, which is {what}"), instead.to_owned()))
}

fn other_format(setting: &Setting, text: &str) -> Option<Finding> {
    let ending = OTHER_FORMATS.into_iter().find(|ending| text.ends_with(ending))?;
    let message = format!("ends in {ending}, but objects are lines of JSON");
    Some(Finding::warn_of(
        setting,
        message,
        "end it with .json, or with .json.gz for compress gzip".to_owned(),
    ))
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>, read 2026-11.
fn bucket(setting: &Setting, text: &str) -> Option<Finding> {
    let is_address = text.parse::<std::net::Ipv4Addr>().is_ok();
    let start = ["xn--", "sthree-", "amzn-s3-demo-"].into_iter().find(|start| text.starts_with(start));
    let end = ["--ol-s3", ".mrap", "--x-s3", "--table-s3"].into_iter().find(|end| text.ends_with(end));
    let message = match (is_address, start, end) {
        (true, ..) => "is an IP address, which cannot be the name of a bucket".to_owned(),
        (_, Some(start), _) => format!("begins with {start}, which S3 keeps for itself"),
        (_, _, Some(end)) => {
            format!("ends with {end}: a bucket of that kind does not take these requests")
        }
        _ => return None,
    };
    Some(Finding::warn_of(setting, message, "write the name of a general purpose bucket".to_owned()))
}

fn no_field_name(setting: &Setting, text: &str) -> Option<Finding> {
    let bare = text.trim_start_matches('$').trim_matches(['(', ')', '[', ']', '\'', '"']);
    let message = format!("is '{text}', and wants the name of a field alone");
    (text.starts_with('$') && !text.starts_with("${"))
        .then(|| Finding::warn_of(setting, message, format!("write {bare}")))
}

fn several_fields(setting: &Setting, text: &str) -> Option<Finding> {
    let (first, _) = text.split_once(',')?;
    let (destination, _) = setting.key.rsplit_once('.')?;
    let message = format!("is '{text}', and wants one field: no record has it, so that all are sent whole");
    let instead = format!("write {}, or {destination}.include with the list", first.trim());
    Some(Finding::warn_of(setting, message, instead))
}

/// A list with other signs than commas between its items is one name, which no record has.
fn no_list(setting: &Setting, text: &str) -> Option<Finding> {
    let separators = [';', '|'];
    let item = text.split(',').map(str::trim).find(|item| item.contains(separators))?;
    let names = text.split(|c: char| c == ',' || separators.contains(&c)).filter(|name| !name.is_empty());
    let names: Vec<&str> = names.collect();
    let message = format!("'{item}' is the name of one field, for lists have commas between their items");
    Some(Finding::warn_of(setting, message, format!("write {}", names.join(", "))))
}
