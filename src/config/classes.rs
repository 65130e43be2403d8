//! The classes of the user's own: their names, and what makes a record one of theirs.

use super::level::LEVEL_CLASSES;
use super::pattern;
use super::reader::KeyReader;
use crate::classify::classes::OwnClass;
use crate::classify::levels::LevelRules;

/// Names that are classes already, or would read as one.
const RESERVED_CLASSES: [&str; 7] =
    ["stop", "stderr", "stdout", "other", "default", "dead_letter", "router_exit"];

/// Reads `classes` and the rule of each, in the order they are tried.
pub(super) fn read(reader: &KeyReader<'_>, levels: &LevelRules) -> Vec<OwnClass> {
    let names = reader.list("classes").unwrap_or_default();
    if names.len() > usize::from(u8::MAX) {
        let what = format!("{} classes are more than the 255 there can be; leave some out", names.len());
        reader.problem("classes", what);
    }
    let mut seen: Vec<&str> = Vec::new();
    for name in &names {
        if !is_class_name(name) {
            let what = format!(
                "'{name}' cannot be the name of a class; write names without blanks and quotes, with commas between them"
            );
            reader.problem("classes", what);
        } else if RESERVED_CLASSES.contains(&name.as_str()) || seen.contains(&name.as_str()) {
            reader.problem("classes", format!("'{name}' is taken; choose another name"));
        } else if levels.reads_records() && LEVEL_CLASSES.iter().any(|class| class.name() == name) {
            let what = format!(
                "'{name}' is the class that level auto gives to lines of this level; leave it out, or choose another name"
            );
            reader.problem("classes", what);
        }
        seen.push(name);
    }
    names.iter().filter(|name| is_class_name(name)).filter_map(|name| read_class(reader, name)).collect()
}

/// Catches names without a comma between them, and quotes.
fn is_class_name(text: &str) -> bool {
    !text.contains(|c: char| c.is_whitespace() || matches!(c, ';' | '"' | '\''))
}

fn read_class(reader: &KeyReader<'_>, name: &str) -> Option<OwnClass> {
    let key = format!("class.{name}.match");
    let Some(rule) = reader.written(&key) else {
        reader.problem(&key, format!("is missing; for example: {key} log ^GET /healthz"));
        return None;
    };
    let Some((field, pattern)) = rule.split_once(char::is_whitespace) else {
        let what = format!(
            "'{rule}' is not a field name, a space and a regular expression; for example: {key} log ^GET /healthz"
        );
        reader.problem(&key, what);
        return None;
    };
    match pattern::compile_for_bytes(pattern.trim()) {
        Ok(pattern) => Some(OwnClass { name: name.to_owned(), field: field.to_owned(), pattern }),
        Err(problem) => {
            reader.problem(&key, problem);
            None
        }
    }
}
