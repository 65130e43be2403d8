//! Masks what must not leave: personal data and secrets in texts, in JSON inside texts, and in whole records.
//!
//! Owns: every pattern (`forms`, `tokens`, `numbers`, `hosts`, `email`, `secrets` with `elements`, `names` and `values`),
//! which of them can match at all (`anchors`, `rules`), what the names in JSON say (`secret_names`), how a match is written
//! (`style`), and what is masked for everybody (`report`, also keys that are spread over records: `spread_keys`). Does not own: which rules the user wants (`config`), or when a record
//! is masked (`router::masking`).
//!
//! Reads top to bottom: a [`Redactor`] holds the rules of one or more destinations. It looks for anchors first, vectors of
//! bytes at a time; only what has one is searched by its rules, and only what matched is written anew. All of it depends on
//! the text and the rules alone, so a replayed chunk gives the same bytes.

mod advice;
mod anchors;
mod decoded;
mod edit;
mod elements;
mod email;
mod escapes;
mod forms;
mod hosts;
mod json_text;
mod names;
mod numbers;
mod record;
mod redaction;
mod redactor;
pub(crate) mod report;
mod rule;
mod rules;
mod secret_names;
mod secrets;
mod spans;
mod spread_keys;
mod style;
mod tokens;
mod values;

pub use advice::advice;
pub use names::{is_secret, is_secret_field};
pub use record::RecordSearch;
pub use redaction::Redaction;
pub use redactor::Redactor;
pub use rule::BuiltInRule;
pub use rules::RedactionRule;
pub use style::MaskStyle;

#[cfg(test)]
mod tests;
