//! How a match is written: as the name of its rule, or with a keyed hash of it, by which equal values can be joined.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::rule::BuiltInRule;

/// Bytes of a hash that are written, of 32: a million values hardly ever share one.
const HASH_BYTES: usize = 8;

/// How a match is written.
#[derive(Clone, Default)]
pub enum MaskStyle {
    /// `[email]`
    #[default]
    Name,
    /// `[email:5d41402abc4b2a76]`: HMAC-SHA256 of the value, cut.
    Hash(Box<Hmac<Sha256>>),
}

impl fmt::Debug for MaskStyle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Name => "Name",
            Self::Hash(_) => "Hash(******)",
        })
    }
}

impl MaskStyle {
    /// Hashes with this key.
    #[must_use]
    pub fn hash(key: &[u8]) -> Self {
        // A key of any length will do.
        Hmac::new_from_slice(key).map_or(Self::Name, |keyed| Self::Hash(Box::new(keyed)))
    }

    /// What is written instead of `value`, which the rule of this name matched.
    pub(super) fn write(&self, rule: &str, built_in: Option<BuiltInRule>, value: &[u8], out: &mut Vec<u8>) {
        out.push(b'[');
        out.extend_from_slice(rule.as_bytes());
        if let Self::Hash(keyed) = self {
            let mut keyed = Hmac::clone(keyed);
            keyed.update(&normal(built_in, value));
            let digest = keyed.finalize().into_bytes();
            out.push(b':');
            out.extend_from_slice(hex::encode(digest.get(..HASH_BYTES).unwrap_or_default()).as_bytes());
        }
        out.push(b']');
    }
}

/// The value as it is hashed: spellings of one card, and of one address, are one.
fn normal(rule: Option<BuiltInRule>, value: &[u8]) -> Vec<u8> {
    match rule {
        Some(BuiltInRule::Card) => value.iter().filter(|byte| byte.is_ascii_digit()).copied().collect(),
        Some(BuiltInRule::Email) => value.to_ascii_lowercase(),
        _ => value.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(style: &MaskStyle, rule: BuiltInRule, value: &str) -> String {
        let mut out = Vec::new();
        style.write(rule.name(), Some(rule), value.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    /// `printf %s me@example.com | openssl dgst -sha256 -hmac 0123456789abcdef`
    #[test]
    fn a_hash_is_the_beginning_of_the_hmac_that_other_tools_compute() {
        let style = MaskStyle::hash(b"0123456789abcdef");
        assert_eq!(written(&style, BuiltInRule::Email, "me@example.com"), "[email:089ef48eadbb3f0c]");
        assert_eq!(
            written(&style, BuiltInRule::Email, "Me@Example.COM"),
            written(&style, BuiltInRule::Email, "me@example.com")
        );
        assert_eq!(
            written(&style, BuiltInRule::Card, "4111-1111-1111-1111"),
            written(&style, BuiltInRule::Card, "4111111111111111")
        );
        assert_ne!(
            written(&style, BuiltInRule::Email, "a@example.com"),
            written(&MaskStyle::hash(b"fedcba9876543210"), BuiltInRule::Email, "a@example.com")
        );
    }

    #[test]
    fn the_key_is_not_shown() {
        assert_eq!(format!("{:?}", MaskStyle::hash(b"hunter2hunter2")), "Hash(******)");
        assert_eq!(written(&MaskStyle::Name, BuiltInRule::Email, "a@example.com"), "[email]");
    }
}
