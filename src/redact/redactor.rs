//! The rules of one or more destinations, and a text without what they match.

use std::borrow::Cow;
use std::ops::Range;

use regex::bytes::Regex;

use super::anchors::Haystack;
use super::edit::{Edit, edited, united};
use super::escapes::{Decoded, decoded_name, has_hidden, has_numbered, has_percent, may_hide};
use super::forms::matches;
use super::json_text::{self, JsonScalar};
use super::rule::BuiltInRule;
use super::spans::merged;
use super::style::MaskStyle;
use super::{is_secret_field, names, numbers};

/// Escapes are undone this often: a record of Docker in one of Fluent Bit in one of another router.
const MAX_LEVELS: u8 = 4;

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

    /// The name in `redact`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn built_in_rule(&self) -> Option<BuiltInRule> {
        match self.matcher {
            Matcher::BuiltIn(rule) => Some(rule),
            Matcher::Pattern { .. } => None,
        }
    }

    /// Whether it may match in `text` or in a text inside it. `false` is certain.
    fn may_match(&self, text: &[u8], haystack: &Haystack, form: TextForm) -> bool {
        match &self.matcher {
            Matcher::BuiltIn(rule) => {
                (form == TextForm::Hidden || rule.may_match(haystack))
                    && (!form.shows(*rule) || rule.matches(text))
            }
            Matcher::Pattern { .. } => self.pattern_may_match(text),
        }
    }

    /// Whether a pattern of the user's may match in `text` or in a text inside it; a built-in rule has no pattern.
    fn pattern_may_match(&self, text: &[u8]) -> bool {
        match &self.matcher {
            Matcher::BuiltIn(_) => false,
            Matcher::Pattern { regex, sees_edges } => {
                text.contains(&b'\\')
                    || has_percent(text)
                    || has_hidden(text)
                    || *sees_edges && json_text::may_hold(text)
                    || regex.is_match(text)
            }
        }
    }

    fn find(&self, text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
        match &self.matcher {
            Matcher::BuiltIn(rule) => rule.find(text, found),
            Matcher::Pattern { regex, .. } => matches(regex, text, found),
        }
    }
}

/// Where in a text what a rule looks for may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TextForm {
    /// As it is, anywhere.
    Plain,
    /// As it is, in a text of JSON.
    Json,
    /// As it is, or after the backslash of an escape.
    Escaped,
    /// Written as the numbers of its characters.
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

    fn of(text: &[u8]) -> Self {
        match memchr::memchr(b'\\', text).is_some() {
            true if has_numbered(text) => Self::Hidden,
            true => Self::Escaped,
            false if json_text::may_hold(text) => Self::Json,
            false => Self::Plain,
        }
    }
}

/// The rules of one or more destinations.
#[derive(Debug, Clone)]
pub struct Redactor {
    /// With their positions among all rules of the output, by which they are counted.
    rules: Vec<(usize, RedactionRule)>,
    style: MaskStyle,
    has_built_in: bool,
    pub(super) has_patterns: bool,
    pub(super) has_cards: bool,
    pub(super) has_secrets: bool,
}

/// The rules that may match in the text at hand.
type Candidates<'r> = Vec<&'r (usize, RedactionRule)>;

impl Redactor {
    /// `rules` with their positions among all rules of the output.
    #[must_use]
    pub fn new(rules: Vec<(usize, RedactionRule)>, style: MaskStyle) -> Self {
        let has = |wanted| rules.iter().any(|(_, rule)| rule.built_in_rule() == Some(wanted));
        Self {
            has_built_in: rules.iter().any(|(_, rule)| rule.built_in_rule().is_some()),
            has_patterns: rules.iter().any(|(_, rule)| rule.built_in_rule().is_none()),
            has_cards: has(BuiltInRule::Card),
            has_secrets: has(BuiltInRule::Secret),
            rules,
            style,
        }
    }

    /// Whether a built-in rule may match in these texts, which may be msgpack or JSON. `false` is certain.
    pub(super) fn may_match(&self, haystack: &Haystack) -> bool {
        let mut built_in = self.rules.iter().filter_map(|(_, rule)| rule.built_in_rule());
        built_in.any(|rule| rule.may_match(haystack)) || self.has_built_in && may_hide(haystack.bytes())
    }

    /// Whether a pattern of the user's may match in `text`, or in a text inside it. `false` is certain.
    pub(super) fn pattern_may_match_text(&self, text: &[u8]) -> bool {
        self.rules.iter().any(|(_, rule)| rule.pattern_may_match(text))
    }

    /// The text with every match masked; `None` when nothing matches. JSON stays JSON. `counts` has a row for each rule of
    /// the output and grows by the matches.
    #[must_use]
    pub fn text(&self, text: &[u8], counts: &mut [u64]) -> Option<Vec<u8>> {
        self.text_in(&mut Haystack::default(), text, counts)
    }

    /// Masks a text as [`Self::text`] does. Fills `haystack`.
    pub(super) fn text_in(
        &self,
        haystack: &mut Haystack,
        text: &[u8],
        counts: &mut [u64],
    ) -> Option<Vec<u8>> {
        let edits = self.edits_in(haystack, text, MAX_LEVELS);
        edits.iter().for_each(|edit| count(counts, edit.rule));
        (!edits.is_empty()).then(|| edited(text, &edits))
    }

    /// What is to be written instead of which ranges of a text, in order.
    pub(super) fn edits_of(&self, text: &[u8]) -> Vec<Edit> {
        self.edits_in(&mut Haystack::default(), text, MAX_LEVELS)
    }

    /// What is to be written instead of which ranges, in order.
    fn edits_in(&self, haystack: &mut Haystack, text: &[u8], levels: u8) -> Vec<Edit> {
        haystack.fill(|push| push(text));
        let form = TextForm::of(text);
        let may_match = |rule: &&(usize, RedactionRule)| rule.1.may_match(text, haystack, form);
        let candidates: Candidates<'_> = self.rules.iter().filter(may_match).collect();
        let edits = match form {
            _ if candidates.is_empty() => Vec::new(),
            TextForm::Plain => self.plain_edits(text, &candidates),
            _ => self.edits(text, &candidates, levels),
        };
        if levels == 0 {
            return edits;
        }
        let percent = has_percent(text).then(|| Decoded::percent(text));
        let visible = has_hidden(text).then(|| Decoded::visible(text));
        percent.into_iter().chain(visible).fold(edits, |edits, decoded| {
            let inside = self.edits_in(haystack, &decoded.text, levels - 1).into_iter();
            united(edits, inside.map(|edit| edit.escaped(&decoded)).collect())
        })
    }

    /// Masks a text that is known to be UTF-8, as [`Self::text`] does.
    pub fn mask_string(&self, text: &mut String, counts: &mut [u64]) {
        if let Some(masked) = self.text(text.as_bytes(), counts) {
            *text = String::from_utf8_lossy(&masked).into_owned();
        }
    }

    /// What is written instead of a number, if its digits are a card's or a pattern of the user's matches.
    pub(super) fn number(&self, digits: &[u8], counts: &mut [u64]) -> Option<Vec<u8>> {
        (self.has_cards && numbers::is_card(digits))
            .then(|| self.whole(BuiltInRule::Card, digits, counts))
            .flatten()
            .or_else(|| self.patterned(digits, counts))
    }

    /// A number has no room for a mask: it is masked whole, as in JSON.
    fn patterned(&self, digits: &[u8], counts: &mut [u64]) -> Option<Vec<u8>> {
        let patterns = self.rules.iter().filter(|(_, rule)| rule.built_in_rule().is_none());
        let edit = self.plain_edits(digits, &patterns.collect()).into_iter().next()?;
        count(counts, edit.rule);
        Some(edit.text)
    }

    /// What is written instead of a value whose name says that it is secret.
    pub(super) fn named(&self, name: &[u8], value: &[u8], counts: &mut [u64]) -> Option<Vec<u8>> {
        (!value.is_empty() && self.is_secret(name))
            .then(|| self.whole(BuiltInRule::Secret, value, counts))
            .flatten()
    }

    /// What is written instead of a word of a command if the word before it is an option that takes a secret.
    pub(super) fn of_option(&self, option: &[u8], word: &[u8], counts: &mut [u64]) -> Option<Vec<u8>> {
        let is_value =
            self.has_secrets && !word.is_empty() && !word.starts_with(b"--") && names::is_option(option);
        is_value.then(|| self.whole(BuiltInRule::Secret, word, counts)).flatten()
    }

    fn whole(&self, rule: BuiltInRule, value: &[u8], counts: &mut [u64]) -> Option<Vec<u8>> {
        let (at, rule) = self.rules.iter().find(|(_, known)| known.built_in_rule() == Some(rule))?;
        count(counts, *at);
        Some(self.mask(rule, value))
    }

    fn mask(&self, rule: &RedactionRule, value: &[u8]) -> Vec<u8> {
        let mut mask = Vec::new();
        self.style.write(&rule.name, rule.built_in_rule(), value, &mut mask);
        mask
    }

    fn is_secret(&self, name: &[u8]) -> bool {
        if !self.has_secrets {
            return false;
        }
        let name =
            if has_hidden(name) { Cow::Owned(Decoded::visible(name).text) } else { Cow::Borrowed(name) };
        std::str::from_utf8(&name).is_ok_and(is_secret_field)
    }

    /// The edits that mask a text which may be JSON, as a whole or from some brace on.
    fn edits(&self, text: &[u8], candidates: &Candidates<'_>, levels: u8) -> Vec<Edit> {
        let start = if levels > 0 { json_text::start(text) } else { None };
        let Some((before, json)) = start.and_then(|at| text.split_at_checked(at)) else {
            return self.text_edits(text, candidates, levels);
        };
        let mut edits = self.text_edits(before, candidates, levels);
        let mut last = 0..0;
        json_text::for_each_scalar(json, &mut |scalar| {
            let is_value = is_value_of_option(json, &last, &scalar.range);
            last = scalar.range.clone();
            let inside = self.scalar_edits(json, &scalar, candidates, (levels - 1, is_value));
            edits.extend(inside.into_iter().map(|edit| edit.shifted(before.len())));
        });
        edits
    }

    /// The edits that mask a text which is no JSON. It may be a part of JSON that was cut, or quote texts with escapes.
    fn text_edits(&self, text: &[u8], candidates: &Candidates<'_>, levels: u8) -> Vec<Edit> {
        let plain = self.plain_edits(text, candidates);
        if levels == 0 || !text.contains(&b'\\') {
            return plain;
        }
        united(plain, self.decoded_edits(text, levels - 1))
    }

    /// The edits of a text with escapes of JSON, by what it says without them.
    fn decoded_edits(&self, text: &[u8], levels: u8) -> Vec<Edit> {
        let decoded = Decoded::json(text);
        let edits = self.edits_in(&mut Haystack::default(), &decoded.text, levels).into_iter();
        edits.map(|edit| edit.escaped(&decoded)).collect()
    }

    fn plain_edits(&self, text: &[u8], candidates: &Candidates<'_>) -> Vec<Edit> {
        let mut spans = Vec::new();
        for rule in candidates {
            rule.1.find(text, &mut |range| spans.push((range, *rule)));
        }
        let edit = |(range, (at, rule)): (Range<usize>, &(usize, RedactionRule))| Edit {
            text: self.mask(rule, text.get(range.clone()).unwrap_or_default()),
            range,
            rule: *at,
        };
        merged(spans).into_iter().map(edit).collect()
    }

    /// What is to be written instead of parts of one text or number of JSON.
    fn scalar_edits(
        &self,
        json: &[u8],
        scalar: &JsonScalar,
        candidates: &Candidates<'_>,
        (levels, is_value_of_option): (u8, bool),
    ) -> Vec<Edit> {
        let Some(value) = json.get(scalar.range.clone()) else { return Vec::new() };
        let secret = candidates.iter().find(|(_, rule)| rule.built_in_rule() == Some(BuiltInRule::Secret));
        let is_secret = || {
            let name = scalar.key.clone().and_then(|key| json.get(key)).unwrap_or_default();
            !value.is_empty() && (is_value_of_option || self.is_secret(&decoded_name(name)))
        };
        if let Some((at, rule)) = secret.filter(|_| is_secret()) {
            let edit = Edit { range: 0..value.len(), text: self.mask(rule, value), rule: *at };
            return vec![edit.of_number(value.len(), scalar.is_number).shifted(scalar.range.start)];
        }
        let edits = if scalar.is_number {
            let found = self.plain_edits(json_text::without_zeros(value), candidates).into_iter().take(1);
            found.map(|edit| edit.of_number(value.len(), true)).collect()
        } else if value.contains(&b'\\') {
            self.decoded_edits(value, levels)
        } else {
            self.plain_edits(value, candidates)
        };
        edits.into_iter().map(|edit| edit.shifted(scalar.range.start)).collect()
    }
}

/// Whether a text of JSON is the value of the option that is the text before it in a list.
fn is_value_of_option(json: &[u8], option: &Range<usize>, value: &Range<usize>) -> bool {
    let between = || json.get(option.end..value.start).unwrap_or_default();
    let is_next = || between().iter().filter(|byte| !byte.is_ascii_whitespace()).eq(b"\",\"");
    let is_option =
        json.get(option.clone()).is_some_and(|option| option.starts_with(b"-") && names::is_option(option));
    is_option && is_next() && json.get(value.clone()).is_some_and(|value| !value.starts_with(b"--"))
}

fn count(counts: &mut [u64], rule: usize) {
    if let Some(count) = counts.get_mut(rule) {
        *count += 1;
    }
}
