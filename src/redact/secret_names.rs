//! Which texts and numbers of JSON are secrets by what stands before them: the name of their field, an option, or a name before
//! all of the JSON.

use std::collections::HashMap;
use std::ops::Range;

use super::decoded::decoded_name;
use super::edit::Edit;
use super::escapes::MAX_LEVELS;
use super::json_text::JsonScalar;
use super::names::{self, is_secret_field};
use super::rule::BuiltInRule;
use super::rules::{Candidates, CountedRule, whole_edit};
use super::style::MaskStyle;

/// What the name of a field says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameMeaning {
    /// It is a secret.
    Secret,
    /// The texts in it are secrets, if it is a list.
    List,
    /// Nothing.
    Other,
}

impl NameMeaning {
    /// By the name as it is written, perhaps with escapes.
    pub(super) fn of(name: &[u8]) -> Self {
        let decoded = decoded_name(name, MAX_LEVELS);
        let name = String::from_utf8_lossy(&decoded);
        match is_secret_field(&name) {
            true => Self::Secret,
            false if names::is_list(&name) => Self::List,
            false => Self::Other,
        }
    }
}

/// Which texts and numbers of JSON are secrets by their names.
pub(super) struct SecretNames<'r> {
    /// The rule for secrets, if it may match.
    rule: Option<&'r CountedRule>,
    style: &'r MaskStyle,
    /// By where a name begins: those of lists are asked for with each item.
    known: HashMap<usize, NameMeaning>,
    /// The text or number before, and the name of its field.
    last: (Option<Range<usize>>, Range<usize>),
}

impl<'r> SecretNames<'r> {
    pub(super) fn of(candidates: &Candidates<'r>, style: &'r MaskStyle) -> Self {
        let rule = candidates.iter().copied().find(|rule| is_for_secrets(rule));
        Self { rule, style, known: HashMap::new(), last: (None, 0..0) }
    }

    /// What is written instead of a text or number that is a secret.
    pub(super) fn secret(&mut self, json: &[u8], scalar: &JsonScalar) -> Option<Edit> {
        let last = std::mem::replace(&mut self.last, (scalar.key.clone(), scalar.range.clone()));
        let rule = self.rule?;
        let value = json.get(scalar.range.clone()).filter(|value| !value.is_empty())?;
        let is_secret = is_value_of_option(json, &last.1, &scalar.range)
            || is_value_of_pair(json, &last, scalar)
            || scalar.key.clone().is_some_and(|key| match self.meaning(json, key) {
                NameMeaning::List => scalar.is_item && !scalar.is_number,
                meaning => meaning == NameMeaning::Secret,
            });
        is_secret.then(|| {
            let edit = whole_edit(rule, value, self.style);
            edit.of_number(value.len(), scalar.is_number).shifted(scalar.range.start)
        })
    }

    fn meaning(&mut self, json: &[u8], key: Range<usize>) -> NameMeaning {
        let meaning = self.known.entry(key.start);
        *meaning.or_insert_with(|| NameMeaning::of(json.get(key).unwrap_or_default()))
    }
}

/// Whether the JSON at `at` is all the value of a name before it that says so: `password={"S":"…"}`. Adds the bytes that this
/// takes to `searched`.
pub(super) fn is_value_of_name(
    text: &[u8],
    at: usize,
    candidates: &Candidates<'_>,
    searched: &mut usize,
) -> bool {
    let may_be = may_begin_value(text.get(..at).unwrap_or_default());
    if !may_be || !candidates.iter().any(|rule| is_for_secrets(rule)) {
        return false;
    }
    // Where a value begins is told by what is before it.
    let begun = text.get(..=at).unwrap_or_default();
    *searched += begun.len();
    let mut is_value = false;
    BuiltInRule::Secret.find(begun, &mut |secret| is_value |= secret.contains(&at));
    is_value
}

/// Whether the text ends with a sign that may stand between a name and a value, or with an option.
fn may_begin_value(before: &[u8]) -> bool {
    let is_sign = |byte: &&u8| byte.is_ascii() && !byte.is_ascii_whitespace();
    let sign = before.iter().rev().find(is_sign);
    let last_word = before.trim_ascii_end().rsplit(u8::is_ascii_whitespace).next();
    matches!(sign, Some(b'=' | b':' | b'>' | b'-')) || last_word.is_some_and(|word| word.starts_with(b"-"))
}

fn is_for_secrets((_, rule): &CountedRule) -> bool {
    rule.built_in_rule() == Some(BuiltInRule::Secret)
}

/// Whether a text of JSON has its name in the field before it.
fn is_value_of_pair(json: &[u8], last: &(Option<Range<usize>>, Range<usize>), scalar: &JsonScalar) -> bool {
    let ((Some(name_key), name), Some(key)) = (last, &scalar.key) else { return false };
    let text = |range: &Range<usize>| json.get(range.clone()).unwrap_or_default();
    !scalar.is_number
        && names::are_name_and_value(text(name_key), text(key))
        && is_next(json, name.end..key.start)
        && NameMeaning::of(text(name)) == NameMeaning::Secret
}

/// Whether nothing but a comma is between two texts of JSON.
fn is_next(json: &[u8], between: Range<usize>) -> bool {
    let between = json.get(between).unwrap_or_default();
    between.iter().filter(|byte| !byte.is_ascii_whitespace()).eq(b"\",\"")
}

/// Whether a text of JSON is the value of the option that is the text before it in a list.
fn is_value_of_option(json: &[u8], option: &Range<usize>, value: &Range<usize>) -> bool {
    let is_option =
        json.get(option.clone()).is_some_and(|option| option.starts_with(b"-") && names::is_option(option));
    is_option
        && is_next(json, option.end..value.start)
        && json.get(value.clone()).is_some_and(names::may_follow_option)
}
