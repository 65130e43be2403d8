//! A rule of a destination, whether it may match in a text, and how its matches are masked.

use std::ops::Range;

use regex::bytes::Regex;

use super::anchors::Haystack;
use super::edit::Edit;
use super::escapes::{Kinds, has_hidden, has_numbered, has_percent};
use super::forms::matches;
use super::rule::BuiltInRule;
use super::style::MaskStyle;
use super::{json_text, secrets};

/// A rule and the name that its mask shows.
#[derive(Debug, Clone)]
pub struct RedactionRule {
    name: String,
    matcher: Matcher,
}

#[derive(Debug, Clone)]
enum Matcher {
    BuiltIn(BuiltInRule),
    Pattern {
        regex: Regex,
        /// It asks where a text begins or ends, which is elsewhere for a text inside JSON.
        sees_edges: bool,
    },
    /// What follows a name, also of a variable that is set; in a command every variable is.
    Variables {
        is_command: bool,
    },
}

impl RedactionRule {
    /// A rule of this library.
    #[must_use]
    pub fn built_in(rule: BuiltInRule) -> Self {
        Self { name: rule.name().to_owned(), matcher: Matcher::BuiltIn(rule) }
    }

    /// The rule under another name.
    #[must_use]
    pub(super) fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// A pattern of the user's. Where it has a group called `mask`, only that is masked.
    #[must_use]
    pub fn pattern(name: String, regex: Regex) -> Self {
        let pattern = regex.as_str().replace("[^", "[");
        let sees_edges =
            ["^", "$", r"\A", r"\z", r"\b", r"\B", r"\<", r"\>"].iter().any(|edge| pattern.contains(edge));
        Self { name, matcher: Matcher::Pattern { regex, sees_edges } }
    }

    /// The values of names that say so and of every variable that is set, under a name.
    pub(super) fn variables(name: &str, is_command: bool) -> Self {
        Self { name: name.to_owned(), matcher: Matcher::Variables { is_command } }
    }

    /// The name in `redact`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn built_in_rule(&self) -> Option<BuiltInRule> {
        match self.matcher {
            Matcher::BuiltIn(rule) => Some(rule),
            Matcher::Pattern { .. } | Matcher::Variables { .. } => None,
        }
    }

    /// Whether it may match in `text` or in JSON inside it. `false` is certain.
    pub(super) fn may_match(&self, text: &[u8], haystack: &Haystack, form: TextForm) -> bool {
        match &self.matcher {
            // A name may be spelled with escapes.
            Matcher::BuiltIn(BuiltInRule::Secret) if form == TextForm::Hidden => true,
            Matcher::BuiltIn(rule) => rule.may_match(haystack) && (!form.shows(*rule) || rule.matches(text)),
            Matcher::Pattern { .. } | Matcher::Variables { .. } => self.pattern_may_match(text),
        }
    }

    /// Whether a pattern of the user's may match in `text` or in a text inside it; a built-in rule has no pattern.
    pub(super) fn pattern_may_match(&self, text: &[u8]) -> bool {
        match &self.matcher {
            Matcher::BuiltIn(_) => false,
            Matcher::Variables { .. } => true,
            Matcher::Pattern { regex, sees_edges } => {
                text.contains(&b'\\')
                    || has_percent(text)
                    || has_hidden(text)
                    || *sees_edges && json_text::may_hold(text)
                    || regex.is_match(text)
            }
        }
    }

    pub(super) fn find(&self, text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
        match &self.matcher {
            Matcher::BuiltIn(rule) => rule.find(text, found),
            Matcher::Pattern { regex, .. } => matches(regex, text, found),
            Matcher::Variables { is_command } => secrets::find_named(text, *is_command, found),
        }
    }

    /// What is written instead of a value.
    pub(super) fn mask(&self, value: &[u8], style: &MaskStyle) -> Vec<u8> {
        let mut mask = Vec::new();
        style.write(&self.name, self.built_in_rule(), value, &mut mask);
        mask
    }
}

/// A rule with its position among all of the output, by which its matches are counted.
pub(super) type CountedRule = (usize, RedactionRule);

/// The rules that may match in the text at hand.
pub(super) type Candidates<'r> = Vec<&'r CountedRule>;

/// The edit that masks all of a text.
pub(super) fn whole_edit((at, rule): &CountedRule, text: &[u8], style: &MaskStyle) -> Edit {
    Edit { range: 0..text.len(), text: rule.mask(text, style), rule: *at }
}

/// Where in a text what a rule looks for may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextForm {
    /// As it is, anywhere.
    Plain,
    /// As it is, in a text of JSON.
    Json,
    /// As it is, or after the backslash of an escape.
    Escaped,
    /// Written as the numbers of its characters, or with something in it that nobody sees.
    Hidden,
}

impl TextForm {
    /// Whether what this rule matches in JSON, it also matches in the whole text, so that the JSON needs no reading where it
    /// does not. Plain text is searched only once.
    fn shows(self, rule: BuiltInRule) -> bool {
        match self {
            // A secret is told by its name alone.
            Self::Json => rule != BuiltInRule::Secret,
            Self::Escaped => rule.sees_through_escapes(),
            Self::Plain | Self::Hidden => false,
        }
    }

    pub(super) fn of(text: &[u8], kinds: Kinds) -> Self {
        match kinds.has_backslash() {
            _ if kinds.has_others() => Self::Hidden,
            true if has_numbered(text) => Self::Hidden,
            true => Self::Escaped,
            false if json_text::may_hold(text) => Self::Json,
            false => Self::Plain,
        }
    }
}
