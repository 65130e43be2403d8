//! The word that was meant, for keys that take some words only.

use crate::address;
use crate::suggest::closest;

/// What people write for one of the words, and the word. The first that the key takes counts.
const SYNONYMS: [(&[&str], &str); 19] = [
    (&["jsonl", "json_lines", "lines"], "ndjson"),
    (&["warn"], "warning"),
    (&["critical", "fatal", "err"], "error"),
    (&["true", "yes", "1", "enable", "enabled"], "on"),
    (&["false", "no", "0", "none", "disable", "disabled"], "off"),
    (&["sigv4", "aws_sigv4", "iam", "aws_iam"], "aws"),
    (&["oauth", "oauth2.0", "client_credentials"], "oauth2"),
    (&["gz"], "gzip"),
    (&["zst"], "zstd"),
    (&["proto", "pb"], "protobuf"),
    (&["us", "us1"], "datadoghq.com"),
    (&["eu", "eu1"], "datadoghq.eu"),
    (&["us3"], "us3.datadoghq.com"),
    (&["us5"], "us5.datadoghq.com"),
    (&["ap1"], "ap1.datadoghq.com"),
    (&["ap2"], "ap2.datadoghq.com"),
    (&["gov", "us1-fed"], "ddog-gov.com"),
    (&["us01"], "us"),
    (&["eu01"], "eu"),
];

/// Parts of a vendor's host that come before its site.
const BEFORE_SITE: [&str; 5] = ["app", "www", "api", "http-intake.logs", "events"];

/// The word that was meant by `text`, if one was.
pub(super) fn meant(text: &str, words: &[&'static str]) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    let take = |wanted: &str| words.iter().find(|word| word.eq_ignore_ascii_case(wanted)).copied();
    let synonym = SYNONYMS.iter().filter(|(written, _)| written.contains(&text.as_str()));
    let synonym = synonym.filter_map(|(_, word)| take(word)).next();
    synonym.or_else(|| site(&text, words)).or_else(|| closest(&text, words.iter().copied()))
}

/// The site in an address of the vendor's: `datadoghq.eu` of `https://app.datadoghq.eu/logs`, `eu` of
/// `one.eu.newrelic.com`.
fn site(text: &str, words: &[&'static str]) -> Option<&'static str> {
    let host = address::host(text).or_else(|| address::host_without_scheme(text))?;
    let mut rest = host;
    while let Some(shorter) = BEFORE_SITE.iter().find_map(|part| rest.strip_prefix(part)?.strip_prefix('.')) {
        rest = shorter;
    }
    if let Some(word) = words.iter().find(|word| **word == rest) {
        return Some(word);
    }
    let is_vendor =
        ["newrelic.com", "nr-data.net", "pagerduty.com"].iter().any(|vendor| host.ends_with(vendor));
    let part = host.split('.').find_map(|part| words.iter().find(|word| **word == part));
    part.or_else(|| words.iter().find(|word| **word == "us")).filter(|_| is_vendor).copied()
}

#[cfg(test)]
mod tests {
    use ecs_router::config::keys::{DestinationKind, KeyForm, find};

    use super::*;

    #[test]
    fn the_word_that_was_meant_is_found() {
        for (kind, key, written, expected) in [
            (DestinationKind::Datadog, "site", "app.datadoghq.com", "datadoghq.com"),
            (DestinationKind::Datadog, "site", "https://app.datadoghq.com", "datadoghq.com"),
            (DestinationKind::Datadog, "site", "app.datadoghq.eu", "datadoghq.eu"),
            (DestinationKind::Datadog, "site", "https://us5.datadoghq.com/logs", "us5.datadoghq.com"),
            (DestinationKind::Datadog, "site", "http-intake.logs.datadoghq.com", "datadoghq.com"),
            (DestinationKind::Datadog, "site", "http-intake.logs.us3.datadoghq.com", "us3.datadoghq.com"),
            (DestinationKind::Datadog, "site", "app.ddog-gov.com", "ddog-gov.com"),
            (DestinationKind::Datadog, "site", "EU", "datadoghq.eu"),
            (DestinationKind::Datadog, "site", "us1", "datadoghq.com"),
            (DestinationKind::Datadog, "site", "datadoghq.ue", "datadoghq.eu"),
            (DestinationKind::Newrelic, "site", "eu01", "eu"),
            (DestinationKind::Newrelic, "site", "one.eu.newrelic.com", "eu"),
            (DestinationKind::Newrelic, "site", "https://log-api.newrelic.com/log/v1", "us"),
            (DestinationKind::Pagerduty, "site", "events.eu.pagerduty.com", "eu"),
            (DestinationKind::Pagerduty, "site", "shop.pagerduty.com", "us"),
            (DestinationKind::S3, "compress", "gz", "gzip"),
            (DestinationKind::Http, "auth", "sigv4", "aws"),
            (DestinationKind::Http, "auth", "OAuth", "oauth2"),
            (DestinationKind::Otlp, "encoding", "proto", "protobuf"),
            (DestinationKind::Http, "format", "jsonl", "ndjson"),
            (DestinationKind::Slack, "min_severity", "warn", "warning"),
        ] {
            let Some(KeyForm::Choice(words)) = find(Some(kind), key).map(|row| row.form) else {
                panic!("{key}")
            };
            assert_eq!(meant(written, words), Some(expected), "{written}");
        }
        let incident = ["auto", "on", "off"];
        assert_eq!((meant("true", &incident), meant("no", &incident)), (Some("on"), Some("off")));
        assert_eq!(meant("basic", &["aws", "oauth2"]), None);
        assert_eq!(meant("example.com", &["us", "eu"]), None);
    }
}
