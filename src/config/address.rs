//! Addresses that a user wrote: whether they are of this machine, and how they are shown.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

/// Stands for a part of an address that is not shown.
const MASK: &str = "[redacted]";

/// The first two groups of the addresses at which an instance with IPv6 reaches Amazon's own services: `fd00:ec2::254` for
/// metadata, `fd00:ec2::23` for the credentials of a pod
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html>, read 2026-11).
const AMAZON_V6: [u16; 2] = [0xfd00, 0xec2];

/// Whether the host is this machine, or on its own link.
#[must_use]
pub fn is_local_host(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || is_of_link(address),
        Err(_) => host == "localhost",
    }
}

fn is_of_link(address: Ipv6Addr) -> bool {
    address.is_unicast_link_local() || address.segments().starts_with(&AMAZON_V6)
}

/// The address without what may be a secret in it: the user, and the values of its query.
#[must_use]
pub fn shown_address(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else { return Cow::Borrowed(text) };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let host = match authority.rsplit_once('@') {
        Some((_user, host)) => format!("{MASK}@{host}"),
        None => authority.to_owned(),
    };
    let path = match path.split_once('?') {
        Some((path, query)) => format!("{path}?{}", shown_query(query)),
        None => path.to_owned(),
    };
    Cow::Owned(format!("{scheme}://{host}{path}"))
}

/// A text with addresses in it, each without what may be a secret.
#[must_use]
pub fn shown_text(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split_inclusive(char::is_whitespace).map(shown_word).collect())
}

/// A word that may be an address, with the marks before and after it.
fn shown_word(word: &str) -> String {
    let is_mark = |c: char| matches!(c, '\'' | '"' | '`' | '(' | ')' | ',' | ';' | '.' | ':');
    let inner = word.trim_end().trim_start_matches(is_mark);
    let before = word.split(inner).next().filter(|_| !inner.is_empty()).unwrap_or_default();
    let address = inner.trim_end_matches(is_mark);
    let after = word.get(before.len() + address.len()..).unwrap_or_default();
    format!("{before}{}{after}", shown_address(address))
}

fn shown_query(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        // A variable is not the value.
        Some((_, value)) if value.starts_with("${") && value.ends_with('}') => pair.to_owned(),
        Some((name, _value)) => format!("{name}={MASK}"),
        None => MASK.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_and_credentials_are_on_the_link() {
        for host in [
            "169.254.170.2",
            "169.254.170.23",
            "169.254.169.254",
            "127.0.0.1",
            "localhost",
            "[::1]",
            "[fd00:ec2::23]",
            "[fd00:ec2::254]",
            "fe80::1",
        ] {
            assert!(is_local_host(host), "{host}");
        }
        for host in ["10.0.0.1", "[fd00:ec3::254]", "[2600:1f18::1]", "localhost.example", ""] {
            assert!(!is_local_host(host), "{host}");
        }
    }

    #[test]
    fn addresses_in_a_text_are_shown_without_their_secrets() {
        for (text, shown) in [
            ("write https://a.example/p, or not", "write https://a.example/p, or not"),
            (
                "'https://me:pw@a.example/?k=s' lacks it; write https://me:pw@b.example",
                "'https://[redacted]@a.example/?k=[redacted]' lacks it; write https://[redacted]@b.example",
            ),
            ("(see http://a.example?t=${TOKEN}).", "(see http://a.example?t=${TOKEN})."),
            ("two:\n https://a?s \n", "two:\n https://a?[redacted] \n"),
            ("no address: me@host", "no address: me@host"),
        ] {
            assert_eq!(shown_text(text), shown);
        }
    }

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        for (address, shown) in [
            ("https://a.example/p", "https://a.example/p"),
            ("https://me:pw@a.example:8/p?x=1&y", "https://[redacted]@a.example:8/p?x=[redacted]&[redacted]"),
            ("https://a.example?token=t", "https://a.example?token=[redacted]"),
            ("https://a@b@c/d@e", "https://[redacted]@c/d@e"),
            ("no address", "no address"),
        ] {
            assert_eq!(shown_address(address), shown);
        }
    }
}
