//! Keys of the output about what is masked.

use super::key::KeyForm::{Choice, List, Text};
use super::key::Scope::Output;
use super::key::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        Output,
        "redact",
        List,
        "Rules by which personal data and secrets are masked for every destination that has no `redact` of its own: some of email, card, ipv4, ipv6, jwt, aws_key, bearer, private_key, url_password, vendor_token, secret, and rules of your own.",
        "email, card, jwt",
    ),
    key(
        Output,
        "redact.<name>",
        Text,
        "The regular expression of a rule of your own. Where it has a group `(?P<mask>…)`, only that is masked.",
        "customer-[0-9]{8}",
    ),
    key(
        Output,
        "redact.mode",
        Choice(&["mask", "hash"]),
        "What stands in place of a match. `mask`: the rule's name, `[email]`. `hash`: also a keyed hash of the value, `[email:089ef48eadbb3f0c]`, by which equal values can be joined.",
        "hash",
    )
    .default("mask"),
    key(
        Output,
        "redact.key",
        Text,
        "Key of that hash, at least 16 characters. Whoever knows it can find out which value a hash is of.",
        "${REDACT_KEY}",
    )
    .secret(),
];
