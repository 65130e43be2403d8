//! The rules of one or more destinations, and a text without what they match.

use std::ops::Range;

use regex::bytes::Regex;

use super::anchors::Haystack;
use super::forms::matches;
use super::json_text::{self, Decoded, JsonScalar};
use super::rule::BuiltInRule;
use super::spans::merged;
use super::style::MaskStyle;
use super::{is_secret_field, numbers};

/// JSON in texts of JSON is opened this often: a record of Docker in one of Fluent Bit in one of another router.
const MAX_JSON_LEVELS: u8 = 4;

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
    fn may_match(&self, text: &[u8], haystack: &Haystack, has_escapes: bool) -> bool {
        match &self.matcher {
            // What matches a text inside JSON matches between its quotation marks, too, unless an escape stands there. A
            // secret is told by its name alone.
            Matcher::BuiltIn(rule) => {
                (has_escapes || rule.may_match(haystack))
                    && (*rule == BuiltInRule::Secret || text.contains(&b'\\') || rule.matches(text))
            }
            Matcher::Pattern { .. } => self.pattern_may_match(text),
        }
    }

    /// The same for a pattern of the user's; a built-in rule has none.
    fn pattern_may_match(&self, text: &[u8]) -> bool {
        match &self.matcher {
            Matcher::BuiltIn(_) => false,
            Matcher::Pattern { regex, sees_edges } => {
                text.contains(&b'\\') || *sees_edges && json_text::may_hold(text) || regex.is_match(text)
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

/// Something to be written instead of a range of a text.
pub(super) struct Edit {
    range: Range<usize>,
    text: Vec<u8>,
    /// The rule's position among all of the output.
    rule: usize,
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
        built_in.any(|rule| rule.may_match(haystack)) || self.has_built_in && has_escapes(haystack)
    }

    /// Whether a pattern of the user's may match in `text`, or in a text inside it. `false` is certain.
    pub(super) fn pattern_may_match_text(&self, text: &[u8]) -> bool {
        self.rules.iter().any(|(_, rule)| rule.pattern_may_match(text))
    }

    /// The text with every match masked; `None` when nothing matches. JSON stays JSON. `counts` has a row for each rule of
    /// the output and grows by the matches.
    #[must_use]
    pub fn text(&self, text: &[u8], counts: &mut [u64]) -> Option<Vec<u8>> {
        let haystack = Haystack::of(text);
        let has_escapes = text.contains(&b'\\') && has_escapes(&haystack);
        let may_match = |rule: &&(usize, RedactionRule)| rule.1.may_match(text, &haystack, has_escapes);
        let candidates: Candidates<'_> = self.rules.iter().filter(may_match).collect();
        if candidates.is_empty() {
            return None;
        }
        let edits = self.edits(text, &candidates, MAX_JSON_LEVELS);
        edits.iter().for_each(|edit| count(counts, edit.rule));
        (!edits.is_empty()).then(|| edited(text, &edits))
    }

    /// The same for a text that is known to be UTF-8.
    pub fn mask_string(&self, text: &mut String, counts: &mut [u64]) {
        if let Some(masked) = self.text(text.as_bytes(), counts) {
            *text = String::from_utf8_lossy(&masked).into_owned();
        }
    }

    /// What stands instead of a number, if its digits are a card's or a pattern of the user's matches.
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

    /// What stands instead of a value whose name says that it is secret.
    pub(super) fn named(&self, name: &[u8], value: &[u8], counts: &mut [u64]) -> Option<Vec<u8>> {
        (!value.is_empty() && self.is_secret(name))
            .then(|| self.whole(BuiltInRule::Secret, value, counts))
            .flatten()
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
        self.has_secrets && std::str::from_utf8(name).is_ok_and(is_secret_field)
    }

    /// What is to be written instead of which ranges, in order.
    fn edits(&self, text: &[u8], candidates: &Candidates<'_>, levels: u8) -> Vec<Edit> {
        let start = if levels > 0 { json_text::start(text) } else { None };
        let Some((before, json)) = start.and_then(|at| text.split_at_checked(at)) else {
            return self.text_edits(text, candidates, levels);
        };
        let mut edits = self.text_edits(before, candidates, levels);
        json_text::for_each_scalar(json, &mut |scalar| {
            let inside = self.scalar_edits(json, &scalar, candidates, levels - 1);
            edits.extend(inside.into_iter().map(|edit| edit.shifted(before.len())));
        });
        edits
    }

    /// The same for a text that is no JSON. It may be a part of some that was cut, or quote texts with their escapes.
    fn text_edits(&self, text: &[u8], candidates: &Candidates<'_>, levels: u8) -> Vec<Edit> {
        let plain = self.plain_edits(text, candidates);
        if levels == 0 || !text.contains(&b'\\') {
            return plain;
        }
        let decoded = Decoded::new(text);
        let quoted = self.edits(&decoded.text, candidates, levels - 1).into_iter();
        let all = quoted.map(|edit| edit.escaped(&decoded)).chain(plain);
        let spans = all.map(|edit| (edit.range.clone(), edit)).collect();
        merged(spans).into_iter().map(|(range, edit)| Edit { range, ..edit }).collect()
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
        levels: u8,
    ) -> Vec<Edit> {
        let Some(value) = json.get(scalar.range.clone()) else { return Vec::new() };
        let secret = candidates.iter().find(|(_, rule)| rule.built_in_rule() == Some(BuiltInRule::Secret));
        let is_secret = || {
            let name = scalar.key.clone().and_then(|key| json.get(key)).unwrap_or_default();
            !value.is_empty() && self.is_secret(&json_text::decoded(name))
        };
        if let Some((at, rule)) = secret.filter(|_| is_secret()) {
            let edit = Edit { range: 0..value.len(), text: self.mask(rule, value), rule: *at };
            return vec![edit.of_number(value.len(), scalar.is_number).shifted(scalar.range.start)];
        }
        let edits = if scalar.is_number {
            let found = self.plain_edits(json_text::without_zeros(value), candidates).into_iter().take(1);
            found.map(|edit| edit.of_number(value.len(), true)).collect()
        } else if value.contains(&b'\\') {
            let decoded = Decoded::new(value);
            let edits = self.edits(&decoded.text, candidates, levels).into_iter();
            edits.map(|edit| edit.escaped(&decoded)).collect()
        } else {
            self.plain_edits(value, candidates)
        };
        edits.into_iter().map(|edit| edit.shifted(scalar.range.start)).collect()
    }
}

impl Edit {
    fn shifted(self, by: usize) -> Self {
        Self { range: self.range.start + by..self.range.end + by, ..self }
    }

    /// A number has no room for a mask: it becomes a text, whole.
    fn of_number(self, length: usize, is_number: bool) -> Self {
        match is_number {
            true => Self { range: 0..length, text: [b"\"", self.text.as_slice(), b"\""].concat(), ..self },
            false => self,
        }
    }

    /// The edit of a decoded text as one of the text with escapes.
    fn escaped(self, decoded: &Decoded) -> Self {
        let range = decoded.position(self.range.start)..decoded.position(self.range.end);
        Self { range, text: json_text::escaped(&self.text), ..self }
    }
}

/// Whether a character that a rule looks for may be written as an escape of JSON.
fn has_escapes(haystack: &Haystack) -> bool {
    haystack.any(|[a, b, c, d, e, ..]| {
        (*a == b'\\') & (*b == b'u') & (*c == b'0') & (*d == b'0') & (e.wrapping_sub(b'0') < 8)
    })
}

fn count(counts: &mut [u64], rule: usize) {
    if let Some(count) = counts.get_mut(rule) {
        *count += 1;
    }
}

fn edited(text: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut copied = 0;
    for edit in edits {
        out.extend_from_slice(text.get(copied..edit.range.start).unwrap_or_default());
        out.extend_from_slice(&edit.text);
        copied = edit.range.end;
    }
    out.extend_from_slice(text.get(copied..).unwrap_or_default());
    out
}
