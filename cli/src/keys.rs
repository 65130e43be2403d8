//! `keys`: the configuration's reference, from the table of keys.

use std::io::{self, Write as _};
use std::process::ExitCode;

use ecs_router::config::keys::{DestinationKind, KEYS, Key, KeyForm, Scope, reference, reference_for};

use crate::suggest::closest;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct KeysArguments {
    /// A type of destination, for example s3, or a key, for example log_stream; without it, every key there is
    #[arg(value_name = "TYPE|KEY")]
    destination: Option<String>,
    /// As Markdown tables, as they stand in docs/keys.md
    #[arg(long)]
    markdown: bool,
}

/// Lists the keys. Exits with 2 when there is neither such a type of destination nor such a key.
pub(crate) fn run(arguments: &KeysArguments) -> io::Result<ExitCode> {
    let kind = match &arguments.destination {
        None => None,
        Some(name) => match DestinationKind::parse(name) {
            Some(kind) => Some(kind),
            None => return one_key(name),
        },
    };
    let mut out = terminal::output();
    match (arguments.markdown, kind) {
        (true, None) => out.write_all(reference().trim_start().as_bytes())?,
        (true, Some(kind)) => out.write_all(reference_for(kind).trim_start().as_bytes())?,
        (false, kind) => out.write_all(listing(kind, terminal::width()).as_bytes())?,
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Shows the key of this name, wherever it is one: `log_stream`, `errors.log_stream`, `route.stop`.
fn one_key(name: &str) -> io::Result<ExitCode> {
    let text = description(name, terminal::width());
    if text.is_empty() {
        return Ok(unknown_type(name));
    }
    let mut out = terminal::output();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn description(name: &str, width: usize) -> String {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_output = |key: &Key| key.scope == Scope::Output;
    let mut text = String::new();
    section(&mut text, width, "Key of the output", None, |key| is_output(key) && is_named(key, &name));
    if !text.is_empty() {
        return text;
    }
    let is_meant = |key: &Key| !is_output(key) && key.name == last;
    if KEYS.iter().any(|key| is_meant(key) && key.scope == Scope::Destination) {
        section(&mut text, width, "Key of every destination, as <destination>.<key>", None, is_meant);
        return text;
    }
    for kind in DestinationKind::ALL {
        if KEYS.iter().any(|key| is_meant(key) && key.applies_to(Some(kind))) {
            let title = format!("Key of destination type {}, as <destination>.{last}", kind.name());
            section(&mut text, width, &title, Some(kind), |key| is_meant(key) && key.applies_to(Some(kind)));
        }
    }
    text
}

/// Whether it is the key, or one that stands for it: `route.<class>` for `route.stop`.
fn is_named(key: &Key, name: &str) -> bool {
    match key.name.split_once('<') {
        Some((start, rest)) => {
            let end = rest.split_once('>').map_or("", |(_, end)| end);
            name.strip_prefix(start)
                .and_then(|rest| rest.strip_suffix(end))
                .is_some_and(|word| !word.is_empty())
        }
        None => key.name == name,
    }
}

fn unknown_type(name: &str) -> ExitCode {
    let names = DestinationKind::ALL.map(DestinationKind::name);
    let keys = KEYS.iter().map(|key| key.name).filter(|key| !key.contains('<'));
    let near = closest(name, names).or_else(|| closest(name.rsplit('.').next().unwrap_or(name), keys));
    let instead = match (DestinationKind::advice(name), near) {
        (Some(advice), _) => advice.to_owned(),
        (None, Some(near)) => format!("did you mean {near}?"),
        (None, None) => format!(
            "there are: {}. If it is the name that you gave a destination, ask for its type",
            names.join(", ")
        ),
    };
    terminal::complain(format_args!(
        "ecs-router: '{name}' is neither a type of destination nor a key; {instead}"
    ));
    ExitCode::from(2)
}

fn listing(kind: Option<DestinationKind>, width: usize) -> String {
    let mut text = String::new();
    if kind.is_none() {
        section(&mut text, width, "Keys of the output", None, |key| key.scope == Scope::Output);
    }
    let every = "Keys of every destination, as <destination>.<key>";
    section(&mut text, width, every, kind, |key| key.scope == Scope::Destination);
    for kind in DestinationKind::ALL.into_iter().filter(|one| kind.is_none_or(|kind| kind == *one)) {
        let title = format!("Destination type {}", kind.name());
        section(&mut text, width, &title, Some(kind), |key| {
            key.scope != Scope::Destination && key.applies_to(Some(kind))
        });
    }
    text
}

fn section(
    text: &mut String,
    width: usize,
    title: &str,
    kind: Option<DestinationKind>,
    is_included: impl Fn(&Key) -> bool,
) {
    if !KEYS.iter().any(&is_included) {
        return;
    }
    let gap = if text.is_empty() { "" } else { "\n" };
    text.push_str(&format!("{gap}{title}\n"));
    for key in KEYS.iter().filter(|key| is_included(key)) {
        text.push_str(&format!("\n  {}{}\n", key.name, facts(key, kind)));
        let choices = words(key).map_or(String::new(), |words| format!(" One of: {}.", words.join(", ")));
        for line in terminal::wrap(&format!("{}{choices}", key.doc), width.saturating_sub(6)) {
            text.push_str(&format!("      {line}\n"));
        }
        text.push_str(&format!("      example: {}\n", key.example));
    }
}

/// The allowed words, when they are too many for the first line and the key's meaning does not list them.
fn words(key: &Key) -> Option<&'static [&'static str]> {
    let KeyForm::Choice(words) = key.form else { return None };
    let is_in_doc = words.iter().all(|word| key.doc.contains(word));
    (key.form.describe().len() > 40 && !is_in_doc).then_some(words)
}

/// ` (size, default 1G)`
fn facts(key: &Key, kind: Option<DestinationKind>) -> String {
    let form = key.form.describe();
    let mut facts = vec![if form.len() > 40 { "word".to_owned() } else { form }];
    facts.extend(key.secret.then(|| "secret".to_owned()));
    facts.extend(key.default_value(kind).map(|default| format!("default {default}")));
    let exception = key.exception().filter(|_| kind.is_none());
    facts.extend(exception.map(|(kinds, default)| format!("for {kinds} {default}")));
    format!(" ({})", facts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_listed_and_no_line_is_wider_than_the_terminal() {
        let text = listing(None, 60);
        for key in KEYS {
            assert!(text.contains(&format!("\n  {} (", key.name)), "{}", key.name);
        }
        let of_words = text.lines().filter(|line| line.starts_with("      ") && !line.contains("example:"));
        for line in of_words {
            assert!(line.chars().count() <= 60 || !line.trim().contains(' '), "{line}");
        }
    }

    #[test]
    fn one_key_is_shown_alone() {
        for (name, shown, hidden) in [
            ("log_stream", "  log_stream (", "log_group ("),
            ("errors.log_stream", "destination type cloudwatch", "log_group ("),
            ("route.stop", "  route.", "log_stream"),
            ("queue.url", "  queue.url (", "queue.region"),
            ("LOG_KEY", "Key of every destination", "destination type"),
        ] {
            let text = description(name, 80);
            assert!(text.contains(shown) && !text.contains(hidden), "{name}: {text}");
        }
        assert_eq!(description("bukcet", 80), "");
    }

    #[test]
    fn one_type_has_its_own_defaults() {
        let slack = listing(Some(DestinationKind::Slack), 80);
        assert!(
            slack.contains("  required (on/off, default off)")
                && slack.contains("  webhook_url (text, secret)")
        );
        assert!(!slack.contains("log_group") && !slack.contains("route."));
    }
}
