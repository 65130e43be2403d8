//! The keys about budgets: `limit.<class>`, `sample.<class>` and `sample_by`.

use super::level::LEVEL_CLASSES;
use super::reader::KeyReader;
use crate::classify::classes::{BUILT_IN, Class, OwnClass};
use crate::classify::levels::LevelRules;
use crate::limit::{ClassLimits, LimitRules, RateLimit, RateUnit, SampleShare, TraceFields};

/// Classes of lines; the others are not lines of a container's.
const OF_LINES: [Class; 5] = [Class::Stderr, Class::Stdout, Class::Other, Class::Error, Class::Warn];

/// What is written like a class but has no budget.
const WITHOUT_BUDGET: [(&str, &str); 5] = [
    ("stop", "stops are never dropped; stop.once and the incident keys keep their number down"),
    ("stop.expected", "stops are never dropped; write route.stop.expected drop for those that are planned"),
    ("dead_letter", "there is one for each record that was refused; leave it out"),
    ("router_exit", "there is one for each router; leave it out"),
    ("default", "a budget is for one class, so that no error is dropped by accident; write limit.stdout"),
];

/// More than a container can write. A rate like this limits nothing.
const MAX_PER_SECOND: u64 = 1_000_000;

const ZERO: &str = "0 would drop every line; write a rate, or drop the class by its route";

/// More lines than a container can write within minutes.
const MAX_BURST: u64 = 100_000_000;

/// Reads the budgets of all classes. `routes` are by `Class::index`.
pub(super) fn read(
    reader: &KeyReader<'_>,
    classes: &[OwnClass],
    levels: &LevelRules,
    routes: &[Vec<usize>],
) -> LimitRules {
    refuse_without_budget(reader);
    let mut by_class: Vec<Option<ClassLimits>> = Vec::new();
    by_class.resize_with(BUILT_IN.len() + classes.len(), Option::default);
    for (class, name) in named_classes(classes) {
        let limits = read_class(reader, name);
        if limits == ClassLimits::default() {
            continue;
        }
        let is_routed = routes.get(class.index()).is_some_and(|route| !route.is_empty());
        refuse_without_effect(reader, name, why_without_effect(class, name, levels, is_routed));
        if let Some(place) = by_class.get_mut(class.index()) {
            *place = Some(limits);
        }
    }
    let has_samples = by_class.iter().flatten().any(|limits| limits.sample.is_some());
    if reader.written("sample_by").is_some() && !has_samples {
        reader.problem("sample_by", "has no effect without sample.<class>");
    }
    LimitRules { by_class, trace: TraceFields::new(read_trace_fields(reader)) }
}

fn refuse_without_budget(reader: &KeyReader<'_>) {
    for (name, why) in WITHOUT_BUDGET {
        for key in [format!("limit.{name}"), format!("sample.{name}")] {
            if reader.written(&key).is_some() {
                reader.problem(&key, format!("is not a budget that there can be; {why}"));
            }
        }
    }
}

/// Every class of lines, by the name that it has in keys: a name of the user's own comes first.
fn named_classes(classes: &[OwnClass]) -> Vec<(Class, &str)> {
    let own = (0..).zip(classes).map(|(position, own)| (Class::Own(position), own.name.as_str()));
    let is_own = |class: &Class| classes.iter().any(|own| own.name == class.name());
    let built_in = OF_LINES.into_iter().filter(|class| !is_own(class));
    built_in.map(|class| (class, class.name())).chain(own).collect()
}

fn read_class(reader: &KeyReader<'_>, name: &str) -> ClassLimits {
    ClassLimits {
        rate: read_key(reader, &format!("limit.{name}"), rate),
        sample: read_key(reader, &format!("sample.{name}"), |text| share(text, name)),
    }
}

fn read_key<T>(reader: &KeyReader<'_>, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
    let text = reader.written(key)?;
    parse(&text).map_err(|what| reader.problem(key, what)).ok()
}

/// Why no line of the class can be dropped by a budget.
fn why_without_effect(class: Class, name: &str, levels: &LevelRules, is_routed: bool) -> Option<String> {
    if LEVEL_CLASSES.contains(&class) && !levels.reads_records() {
        return Some(format!("no line is of class '{name}' without level auto; write level auto"));
    }
    if class == Class::Warn && !levels.separates_warnings {
        return Some("no line is of class 'warn' without route.warn; write route.warn".to_owned());
    }
    (!is_routed).then(|| format!("route.{name} sends the class nowhere; route it, or leave this line out"))
}

fn refuse_without_effect(reader: &KeyReader<'_>, name: &str, why: Option<String>) {
    let Some(why) = why else { return };
    for key in [format!("limit.{name}"), format!("sample.{name}")] {
        if reader.written(&key).is_some() {
            reader.problem(&key, format!("has no effect: {why}"));
        }
    }
}

fn read_trace_fields(reader: &KeyReader<'_>) -> Vec<String> {
    let names = reader.list("sample_by").unwrap_or_default();
    for name in names.iter().filter(|name| name.starts_with('$') || name.contains(['[', '(', ' '])) {
        let what = format!(
            "'{name}' is not the name of a field; write the names alone, with commas between them and dots into nested fields"
        );
        reader.problem("sample_by", what);
    }
    names
}

/// `500/s per container, burst 2000`
fn rate(text: &str) -> Result<RateLimit, String> {
    let lower = text.to_ascii_lowercase();
    let mut parts = lower.split(',').map(str::trim);
    let head = parts.next().unwrap_or_default();
    let (count, rest) = split_number(head).ok_or_else(|| not_a_rate(text))?;
    let Some(rest) = rest.strip_prefix('/') else { return Err(without_unit(text, count, rest)) };
    let mut words = rest.split_whitespace();
    let unit = words.next().and_then(unit).ok_or_else(|| other_unit(text, count))?;
    let words: Vec<&str> = words.collect();
    if words != ["per", "container"] {
        return Err(not_per_container(text, count, unit, &words));
    }
    let burst = match parts.next() {
        Some(part) => burst(part).ok_or_else(|| not_a_rate(text))?,
        None => count,
    };
    if parts.next().is_some() {
        return Err(not_a_rate(text));
    }
    plausible(RateLimit { count, unit, burst })
}

fn not_a_rate(text: &str) -> String {
    format!("'{text}' is not a rate; write for example 500/s per container, burst 2000")
}

/// What is wrong with a number that no `/` and unit of time follow.
fn without_unit(text: &str, count: u64, rest: &str) -> String {
    let spoken = rest.strip_prefix("per ").and_then(|rest| unit(rest.split_whitespace().next()?));
    let is_grouped =
        text.split_once(',').is_some_and(|(_, behind)| behind.starts_with(|c: char| c.is_ascii_digit()));
    match (spoken, rest) {
        (Some(unit), _) => format!("'{text}' is not a rate; write {count}/{} per container", unit.word()),
        (None, "") if is_grouped => {
            format!(
                "'{text}' has a comma in its number; write the digits alone, for example 1000/s per container"
            )
        }
        (None, "") => {
            format!("'{text}' has no unit of time; write {count}/s per container, or {count}/m per container")
        }
        (None, rest) if rest.starts_with("k/") => {
            format!("'{text}' has a k in its number; write the digits alone: {count}000/s per container")
        }
        _ => not_a_rate(text),
    }
}

fn other_unit(text: &str, count: u64) -> String {
    format!(
        "'{text}' is not a rate for s, m or h, the units of time that there are; write for example {count}/h per container"
    )
}

/// What is wrong with a rate for something else than each container.
fn not_per_container(text: &str, count: u64, unit: RateUnit, words: &[&str]) -> String {
    let unit = unit.word();
    match words {
        // The word is not what is wrong with it.
        [] if count == 0 => ZERO.to_owned(),
        [] => format!("'{text}' does not say of what; write {count}/{unit} per container"),
        ["burst", burst] | ["per", "container;", "burst", burst] => {
            format!("'{text}' is not a rate; write {count}/{unit} per container, burst {burst}")
        }
        ["per", ..] => {
            format!(
                "'{text}' is not a rate, for there are budgets of containers only; write {count}/{unit} per container"
            )
        }
        _ => not_a_rate(text),
    }
}

fn unit(word: &str) -> Option<RateUnit> {
    match word {
        "s" | "sec" | "second" => Some(RateUnit::Second),
        "m" | "min" | "minute" => Some(RateUnit::Minute),
        "h" | "hour" => Some(RateUnit::Hour),
        _ => None,
    }
}

fn burst(part: &str) -> Option<u64> {
    part.strip_prefix("burst")?.trim().parse().ok()
}

fn split_number(text: &str) -> Option<(u64, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest.trim_start()))
}

fn plausible(limit: RateLimit) -> Result<RateLimit, String> {
    let RateLimit { count, unit, burst } = limit;
    let seconds = unit.millis() / 1_000;
    let of_one_second = count.div_ceil(seconds);
    if count == 0 || burst == 0 {
        return Err(ZERO.to_owned());
    }
    if count / seconds > MAX_PER_SECOND {
        return Err(format!(
            "{count}/{} is more than a container can write, and limits nothing; write a lower rate, or leave it out",
            unit.word()
        ));
    }
    if burst > MAX_BURST {
        return Err(format!("burst {burst} is more than a container writes in minutes; write a lower one"));
    }
    if burst < of_one_second {
        // Times of whole seconds would make the rest of each second a loss.
        return Err(format!(
            "burst {burst} is less than the {of_one_second} lines of a second; write burst {of_one_second} or more"
        ));
    }
    Ok(limit)
}

/// `10%`, `0.5%`
fn share(text: &str, class: &str) -> Result<SampleShare, String> {
    let example = || format!("'{text}' is not a share; write for example 10%");
    let Some(number) = text.strip_suffix('%').map(str::trim) else {
        return Err(match text.parse::<f64>() {
            Ok(_) => format!("'{text}' has no unit; write it in percent, for example 10%"),
            Err(_) => example(),
        });
    };
    let is_plain = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let percent: f64 = number.parse().ok().filter(|_| is_plain).ok_or_else(example)?;
    if percent > 100.0 {
        return Err(format!("'{text}' is more than all; write a share below 100%"));
    }
    let millionths = (percent * 10_000.0).round();
    if millionths >= 1_000_000.0 {
        return Err(
            "100% keeps every line and has no effect; write a smaller share, or leave it out".to_owned()
        );
    }
    if millionths < 1.0 {
        return Err(match percent > 0.0 {
            true => format!("'{text}' is less than one of a million lines; write 0.0001% or more"),
            false => format!("0% would drop every line; write route.{class} drop, or a share"),
        });
    }
    Ok(SampleShare { millionths: millionths as u32 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_says_how_many_of_what_and_how_many_at_once() {
        for (text, count, unit, burst) in [
            ("500/s per container, burst 2000", 500, RateUnit::Second, 2_000),
            ("500/s per container", 500, RateUnit::Second, 500),
            ("600 / min  per container,burst  10", 600, RateUnit::Minute, 10),
            ("1/HOUR Per Container", 1, RateUnit::Hour, 1),
        ] {
            assert_eq!(rate(text), Ok(RateLimit { count, unit, burst }), "{text}");
        }
        let shown = rate("600/minute per container").unwrap().to_string();
        assert_eq!(shown, "600/m per container, burst 600");
        assert_eq!(rate(&shown).unwrap().to_string(), shown, "what is shown can be written");
    }

    #[test]
    fn a_mistake_in_a_rate_is_told_with_what_to_write() {
        for (text, said) in [
            ("500", "write 500/s per container"),
            ("500/s", "write 500/s per container"),
            ("500/d per container", "is not a rate"),
            ("500/s per task", "is not a rate"),
            ("many", "is not a rate"),
            ("0/s", "drop every line"),
            ("500 per second", "; write 500/s per container"),
            ("1,000/s per container", "write the digits alone"),
            ("2k/s per container", "write the digits alone: 2000/s per container"),
            ("1MB/s", "is not a rate; write for example"),
            ("500/s per container; burst 2000", "write 500/s per container, burst 2000"),
            ("500/s burst 2000", "write 500/s per container, burst 2000"),
            ("500/m per service", "budgets of containers only; write 500/m per container"),
            ("-5/s per container", "is not a rate"),
            ("500/s per container, 2000", "is not a rate"),
            ("500/s per container, burst 2000, burst 1", "is not a rate"),
            ("99999999999999999999/s per container", "is not a rate"),
            ("0/s per container", "drop every line"),
            ("500/s per container, burst 0", "drop every line"),
            ("2000000/s per container", "limits nothing"),
            ("500/s per container, burst 100", "write burst 500 or more"),
            ("6000/m per container, burst 99", "write burst 100 or more"),
            ("1/s per container, burst 999999999", "write a lower one"),
        ] {
            let error = rate(text).unwrap_err();
            assert!(error.contains(said) && error.contains("; "), "{text}: {error}");
        }
    }

    #[test]
    fn a_share_is_more_than_none_and_less_than_all() {
        for (text, millionths) in [("10%", 100_000), ("0.5 %", 5_000), ("99.9999%", 999_999), ("0.0001%", 1)]
        {
            let read = share(text, "stdout").unwrap();
            assert_eq!(read, SampleShare { millionths }, "{text}");
            assert_eq!(share(&read.to_string(), "stdout"), Ok(read), "{text}: what is shown can be written");
        }
        for (text, said) in [
            ("10", "write it in percent"),
            ("0.1", "write it in percent"),
            ("0%", "write route.stdout drop"),
            ("0.00001%", "less than one of a million"),
            ("100%", "has no effect"),
            ("150%", "more than all"),
            ("1e1%", "is not a share"),
            ("-1%", "is not a share"),
            ("some", "is not a share"),
        ] {
            let error = share(text, "stdout").unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
