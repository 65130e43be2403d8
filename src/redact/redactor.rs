//! The rules of one or more destinations, and a text without what they match.

use std::ops::Range;

use super::anchors::Haystack;
use super::decoded::Decoded;
use super::edit::{Edit, edited, united};
use super::escapes::{Kinds, MAX_LEVELS, may_hide};
use super::json_text::{self, JsonScalar};
use super::rule::BuiltInRule;
use super::rules::{Candidates, CountedRule, RedactionRule, TextForm, whole_edit};
use super::secret_names::{NameMeaning, SecretNames, is_value_of_name};
use super::spans::merged;
use super::style::MaskStyle;
use super::{names, numbers};

/// Bytes that a text may give when its escapes are undone, for each of its own. What four routers made of a record gives four.
const DECODED_BYTES_PER_BYTE: usize = 8;

/// Short texts may give this much more: what their escapes cost is not worth a mask.
const FREE_DECODED_BYTES: usize = 1 << 10;

/// What the search of one text has done, and what it may still do.
pub(super) struct Work<'w> {
    haystack: &'w mut Haystack,
    /// Bytes that its escapes may still give.
    left: usize,
    /// Bytes that were looked through, with what escapes gave.
    pub(super) searched: usize,
}

impl<'w> Work<'w> {
    pub(super) fn of(text: &[u8], haystack: &'w mut Haystack) -> Self {
        let left = text.len().saturating_mul(DECODED_BYTES_PER_BYTE).saturating_add(FREE_DECODED_BYTES);
        Self { haystack, left, searched: 0 }
    }

    /// Takes what undoing these kinds of escapes may give; `false` when that is too much.
    fn take(&mut self, bytes: usize) -> bool {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or_default();
        left.is_some()
    }
}

/// The rules of one or more destinations.
#[derive(Debug, Clone)]
pub struct Redactor {
    /// With their positions among all rules of the output, by which they are counted.
    rules: Vec<CountedRule>,
    style: MaskStyle,
    has_built_in: bool,
    pub(super) has_patterns: bool,
    pub(super) has_cards: bool,
    pub(super) has_secrets: bool,
}

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
        let edits = self.edits_of(text, &mut Work::of(text, haystack));
        edits.iter().for_each(|edit| count(counts, edit.rule));
        (!edits.is_empty()).then(|| edited(text, &edits))
    }

    /// What is to be written instead of which ranges of a text, in order.
    pub(super) fn all_edits(&self, text: &[u8]) -> Vec<Edit> {
        self.edits_of(text, &mut Work::of(text, &mut Haystack::default()))
    }

    /// What is to be written instead of which ranges, in order.
    pub(super) fn edits_of(&self, text: &[u8], work: &mut Work<'_>) -> Vec<Edit> {
        self.edits_in(work, text, MAX_LEVELS)
    }

    /// The same for a text whose escapes are to be undone this often.
    fn edits_in(&self, work: &mut Work<'_>, text: &[u8], levels: u8) -> Vec<Edit> {
        work.searched += text.len();
        work.haystack.fill(|push| push(text));
        let form = TextForm::of(text, Kinds::of(text));
        let may_match = |rule: &&CountedRule| rule.1.may_match(text, work.haystack, form);
        let candidates: Candidates<'_> = self.rules.iter().filter(may_match).collect();
        match form {
            TextForm::Plain => self.plain_edits(text, &candidates),
            TextForm::Json | TextForm::Escaped if candidates.is_empty() => Vec::new(),
            _ => self.edits(work, text, &candidates, levels),
        }
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

    /// What is written instead of a value that is a secret, whatever it is.
    pub(super) fn secret(&self, value: &[u8], counts: &mut [u64]) -> Option<Vec<u8>> {
        (!value.is_empty()).then(|| self.whole(BuiltInRule::Secret, value, counts)).flatten()
    }

    /// What is written instead of a word of a command if the word before it is an option that takes a secret.
    pub(super) fn of_option(&self, option: &[u8], word: &[u8], counts: &mut [u64]) -> Option<Vec<u8>> {
        let is_value = self.has_secrets
            && !word.is_empty()
            && names::may_follow_option(word)
            && names::is_option(option);
        is_value.then(|| self.whole(BuiltInRule::Secret, word, counts)).flatten()
    }

    fn whole(&self, rule: BuiltInRule, value: &[u8], counts: &mut [u64]) -> Option<Vec<u8>> {
        let (at, rule) = self.rules.iter().find(|(_, known)| known.built_in_rule() == Some(rule))?;
        count(counts, *at);
        Some(rule.mask(value, &self.style))
    }

    /// What a name says about its value.
    pub(super) fn meaning_of_name(&self, name: &[u8]) -> NameMeaning {
        if self.has_secrets { NameMeaning::of(name) } else { NameMeaning::Other }
    }

    /// The edits that mask a text which may be JSON, as a whole or from some brace on.
    fn edits(&self, work: &mut Work<'_>, text: &[u8], candidates: &Candidates<'_>, levels: u8) -> Vec<Edit> {
        let start = if levels > 0 { json_text::start(text) } else { None };
        let start = start.filter(|at| !is_value_of_name(text, *at, candidates, &mut work.searched));
        let Some((before, json)) = start.and_then(|at| text.split_at_checked(at)) else {
            return self.text_edits(work, text, candidates, levels);
        };
        let mut edits = self.text_edits(work, before, candidates, levels);
        let mut names = SecretNames::of(candidates, &self.style);
        json_text::for_each_scalar(json, &mut |scalar| {
            let inside = match names.secret(json, &scalar) {
                Some(edit) => vec![edit],
                None => self.scalar_edits(work, (json, &scalar), candidates, levels),
            };
            edits.extend(inside.into_iter().map(|edit| edit.shifted(before.len())));
        });
        edits
    }

    /// The edits that mask a text which is no JSON. It may be a part of JSON that was cut, or quote texts with escapes.
    fn text_edits(
        &self,
        work: &mut Work<'_>,
        text: &[u8],
        candidates: &Candidates<'_>,
        levels: u8,
    ) -> Vec<Edit> {
        let plain = self.plain_edits(text, candidates);
        let kinds = Kinds::of(text);
        match levels == 0 || kinds.is_none() {
            true => plain,
            false => united(plain, self.decoded_edits(work, (text, kinds), kinds.apart(), levels - 1)),
        }
    }

    /// The edits of a text with escapes, by what it says without them: all at once, for one kind may stand in another, and
    /// `apart`. One that says too much is masked whole.
    fn decoded_edits(
        &self,
        work: &mut Work<'_>,
        (text, kinds): (&[u8], Kinds),
        apart: impl Iterator<Item = Kinds>,
        levels: u8,
    ) -> Vec<Edit> {
        let readings: Vec<(Kinds, u8)> =
            std::iter::once((kinds, levels)).chain(apart.map(|kind| (kind, 0))).collect();
        if !work.take(text.len() * readings.len()) {
            return self.rules.first().map(|rule| whole_edit(rule, text, &self.style)).into_iter().collect();
        }
        readings.into_iter().fold(Vec::new(), |edits, (kinds, levels)| {
            let decoded = Decoded::of(text, kinds);
            let inside = self.edits_in(work, &decoded.text, levels);
            united(edits, decoded.undone(inside))
        })
    }

    fn plain_edits(&self, text: &[u8], candidates: &Candidates<'_>) -> Vec<Edit> {
        let mut spans = Vec::new();
        for rule in candidates {
            rule.1.find(text, &mut |range| spans.push((range, *rule)));
        }
        let edit = |(range, (at, rule)): (Range<usize>, &CountedRule)| Edit {
            text: rule.mask(text.get(range.clone()).unwrap_or_default(), &self.style),
            range,
            rule: *at,
        };
        merged(spans).into_iter().map(edit).collect()
    }

    /// What is to be written instead of parts of one text or number of JSON.
    fn scalar_edits(
        &self,
        work: &mut Work<'_>,
        (json, scalar): (&[u8], &JsonScalar),
        candidates: &Candidates<'_>,
        levels: u8,
    ) -> Vec<Edit> {
        let Some(value) = json.get(scalar.range.clone()) else { return Vec::new() };
        let kinds = Kinds::of(value);
        let edits = if scalar.is_number {
            let found = self.plain_edits(json_text::without_zeros(value), candidates).into_iter().take(1);
            found.map(|edit| edit.of_number(value.len(), true)).collect()
        } else if kinds.has_backslash() {
            self.decoded_edits(work, (value, kinds), kinds.apart_in_json(), levels - 1)
        } else {
            self.text_edits(work, value, candidates, levels)
        };
        edits.into_iter().map(|edit| edit.shifted(scalar.range.start)).collect()
    }
}

fn count(counts: &mut [u64], rule: usize) {
    if let Some(count) = counts.get_mut(rule) {
        *count += 1;
    }
}
