//! The rules that need no pattern of the user's: their names, what tells that one cannot match, and who searches for each.

use std::ops::Range;

use super::anchors::{Haystack, Window, is_digit, is_letter};
use super::{email, forms, hosts, numbers, secrets, tokens};

/// A rule by its name in `redact`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltInRule {
    /// Addresses of e-mail.
    Email,
    /// Numbers of payment cards, by issuer and check digit.
    Card,
    /// IPv4 addresses.
    Ipv4,
    /// IPv6 addresses.
    Ipv6,
    /// JSON Web Tokens.
    Jwt,
    /// Ids of AWS access keys.
    AwsKey,
    /// What follows `Bearer` or `Basic`.
    Bearer,
    /// Private keys in PEM.
    PrivateKey,
    /// The user and the password in an address.
    UrlPassword,
    /// Tokens of GitHub, GitLab, Slack and Stripe.
    VendorToken,
    /// Values whose name says that they are secret: `password=…`, `"token": "…"`.
    Secret,
}

use BuiltInRule::{
    AwsKey, Bearer, Card, Email, Ipv4, Ipv6, Jwt, PrivateKey, Secret, UrlPassword, VendorToken,
};

impl BuiltInRule {
    /// Every rule, in the order of the documentation.
    pub const ALL: [Self; 11] =
        [Email, Card, Ipv4, Ipv6, Jwt, AwsKey, Bearer, PrivateKey, UrlPassword, VendorToken, Secret];

    /// The name in `redact`, in the mask and in the counter's label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Email => "email",
            Card => "card",
            Ipv4 => "ipv4",
            Ipv6 => "ipv6",
            Jwt => "jwt",
            AwsKey => "aws_key",
            Bearer => "bearer",
            PrivateKey => "private_key",
            UrlPassword => "url_password",
            VendorToken => "vendor_token",
            Secret => "secret",
        }
    }

    /// The rule of this name, in capitals or not.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name().eq_ignore_ascii_case(name))
    }

    /// Whether the rule may match in these texts, or in JSON inside them. `false` is certain, unless characters are written
    /// as escapes with a number (`\u0040`, `%40`).
    pub(super) fn may_match(self, haystack: &Haystack) -> bool {
        match self {
            Email | UrlPassword => memchr::memchr(b'@', haystack.bytes()).is_some(),
            Card => numbers::may_hold_card(haystack.bytes()),
            Ipv4 => haystack.any(|[a, dot, b, c, d, e]| {
                is_digit(*a) & (*dot == b'.') & is_digit(*b) & ((*c == b'.') | (*d == b'.') | (*e == b'.'))
            }),
            Ipv6 => hosts::may_hold_ipv6(haystack.bytes()),
            Jwt => tokens::may_hold_jwt(haystack.bytes()),
            AwsKey => tokens::may_hold_aws_key(haystack.bytes()),
            Bearer => tokens::may_hold_credentials(haystack.bytes()),
            PrivateKey => {
                haystack.any(|[a, b, c, d, ..]| (*a == b'P') & (*b == b'R') & (*c == b'I') & (*d == b'V'))
            }
            VendorToken => haystack.any(is_vendor_anchor),
            Secret => haystack.any(is_secret_anchor),
        }
    }

    /// Whether a match stays one with any letter before it, such as that of an escape (`\n`), and has nothing in it that may
    /// be escaped.
    pub(super) const fn sees_through_escapes(self) -> bool {
        matches!(self, Email | Jwt)
    }

    /// Whether the rule matches in this text itself.
    pub(super) fn matches(self, text: &[u8]) -> bool {
        let mut matches = false;
        self.find(text, &mut |_| matches = true);
        matches
    }

    /// Hands what matches to `found`, in no certain order; matches may overlap.
    pub(super) fn find(self, text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
        match self {
            Email => email::find(text, found),
            Card => numbers::find_cards(text, found),
            Ipv4 => hosts::find_ipv4(text, found),
            Ipv6 => hosts::find_ipv6(text, found),
            Jwt => tokens::find_jwts(text, found),
            AwsKey => tokens::find_aws_keys(text, found),
            Bearer => tokens::find_credentials(text, found),
            PrivateKey => forms::PRIVATE_KEY.find(text, found),
            UrlPassword => forms::USER_IN_ADDRESS.find(text, found),
            VendorToken => forms::VENDOR_TOKEN.find(text, found),
            Secret => secrets::find_named(text, false, found),
        }
    }
}

/// Some bytes of each form of a vendor's token: `gh?_`, `github_pat_`, `gl…-`, `xox?-`, `xapp-`, `sk_live_`, `sk_test_`, `whsec_`.
#[inline(always)]
fn is_vendor_anchor([a, b, c, d, ..]: &Window) -> bool {
    (*a == b'g') & (*b == b'h') & (*d == b'_')
        | (*a == b'p') & (*b == b'a') & (*c == b't') & (*d == b'_')
        | (*a == b'g') & (*b == b'l') & (*c != b'o') & (*c != b'e')
        | (*a == b'x') & (*b == b'o') & (*c == b'x')
        | (*a == b'x') & (*b == b'a') & (*c == b'p') & (*d == b'p')
        | (*a == b'_') & (*b == b'l') & (*c == b'i') & (*d == b'v')
        | (*a == b'k') & (*b == b'_') & (*c == b't') & (*d == b'e')
        | (*a == b'w') & (*b == b'h') & (*c == b's') & (*d == b'e')
}

/// Some bytes of each name of a secret: `pass`, `pw`, `key`, `auth`, `token`, `secret`, `credential`, `sig`, `cookie`.
#[inline(always)]
fn is_secret_anchor([a, b, c, d, ..]: &Window) -> bool {
    is_letter(*a, b'p')
        & (is_letter(*b, b'w') | is_letter(*b, b'a') & is_letter(*c, b's') & is_letter(*d, b's'))
        | is_letter(*a, b'k') & is_letter(*b, b'e') & (is_letter(*c, b'y') | is_letter(*c, b'n'))
        | is_letter(*a, b'a') & is_letter(*b, b'u') & is_letter(*c, b't') & is_letter(*d, b'h')
        | is_letter(*a, b's')
            & (is_letter(*b, b'e') & is_letter(*c, b'c') | is_letter(*b, b'i') & is_letter(*c, b'g'))
        | is_letter(*a, b'c') & is_letter(*b, b'r') & is_letter(*c, b'e') & is_letter(*d, b'd')
        | is_letter(*a, b'o') & is_letter(*b, b'o') & is_letter(*c, b'k') & is_letter(*d, b'i')
}
