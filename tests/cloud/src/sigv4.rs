//! AWS Signature Version 4, from the request to the signature it ought to have.
//!
//! Written from <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
//! (read 2026-11) and checked against AWS's published test suite. Knows no keys and no clock.

use hmac::{Hmac, Mac};
use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode};
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As [`RESERVED`], for whole paths.
const RESERVED_IN_PATHS: &AsciiSet = &RESERVED.remove(b'/');

/// The parts of an `Authorization` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key_id: String,
    /// Date of the scope, `YYYYMMDD`.
    pub(crate) day: String,
    pub(crate) region: String,
    pub(crate) service: String,
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: String,
}

impl Authorization {
    /// Reads a header's value; the error says what is missing.
    pub(crate) fn parse(header: &str) -> Result<Self, String> {
        let rest = header
            .strip_prefix(ALGORITHM)
            .ok_or_else(|| format!("Authorization does not start with {ALGORITHM}"))?;
        let field = |name: &str| {
            let found = rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
            found.ok_or_else(|| format!("Authorization header requires '{name}' parameter."))
        };
        let credential = field("Credential")?.split('/').collect::<Vec<_>>();
        let [key, day, region, service, "aws4_request"] = credential[..] else {
            return Err(format!("Credential is not a scope: {}", credential.join("/")));
        };
        Ok(Self {
            access_key_id: key.to_owned(),
            day: day.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers: field("SignedHeaders")?.split(';').map(str::to_owned).collect(),
            signature: field("Signature")?.to_owned(),
        })
    }

    pub(crate) fn signs(&self, header: &str) -> bool {
        self.signed_headers.iter().any(|signed| signed == header)
    }

    fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.day, self.region, self.service)
    }
}

/// What of a request is signed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    pub(crate) method: &'a str,
    /// Path as sent.
    pub(crate) path: &'a str,
    /// Query as sent.
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    /// Lower-case hex SHA-256 of the body as sent, or `UNSIGNED-PAYLOAD`.
    pub(crate) payload_hash: &'a str,
}

/// The signature that a request with this `Authorization` ought to carry.
pub(crate) fn signature(authorization: &Authorization, secret: &str, message: &Message<'_>) -> String {
    let date = message.headers.get("x-amz-date").and_then(|date| date.to_str().ok()).unwrap_or_default();
    let canonical = canonical_request(authorization, message);
    let to_sign = [ALGORITHM, date, &authorization.scope(), &sha256_hex(canonical.as_bytes())].join("\n");
    hex(&hmac(&signing_key(authorization, secret), &to_sign))
}

fn signing_key(authorization: &Authorization, secret: &str) -> Vec<u8> {
    let first = format!("AWS4{secret}").into_bytes();
    let Authorization { day, region, service, .. } = authorization;
    [day, region, service, "aws4_request"].iter().fold(first, |key, part| hmac(&key, part))
}

pub(crate) fn canonical_request(authorization: &Authorization, message: &Message<'_>) -> String {
    let headers = authorization.signed_headers.iter().map(|name| canonical_header(name, message.headers));
    [
        message.method,
        &canonical_path(&authorization.service, message.path),
        &canonical_query(message.query),
        &headers.collect::<String>(),
        &authorization.signed_headers.join(";"),
        message.payload_hash,
    ]
    .join("\n")
}

/// S3 signs the key encoded once, whatever the client encoded of it; all others sign the path as sent,
/// normalized and encoded once more.
fn canonical_path(service: &str, path: &str) -> String {
    match service {
        "s3" => percent_encode(&percent_decode_str(path).collect::<Vec<_>>(), RESERVED_IN_PATHS).to_string(),
        _ => utf8_percent_encode(&normalized(path), RESERVED_IN_PATHS).to_string(),
    }
}

/// The path without empty, `.` and `..` segments (RFC 3986, 5.2.4).
fn normalized(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    let slash = if segments.is_empty() || !path.ends_with('/') { "" } else { "/" };
    format!("/{}{slash}", segments.join("/"))
}

/// The parameters, each encoded anew, in the order of their encoded names and values.
fn canonical_query(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<_> = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect::<Vec<_>>();
    let mut encoded: Vec<_> = pairs.drain(..).map(|(name, value)| (recoded(name), recoded(value))).collect();
    encoded.sort();
    encoded.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn recoded(text: &str) -> String {
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    percent_encode(&bytes, RESERVED).to_string()
}

/// One line per name: its values in order, inner runs of spaces made one.
fn canonical_header(name: &str, headers: &HeaderMap) -> String {
    let values = headers.get_all(name).iter().map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    });
    format!("{name}:{}\n", values.collect::<Vec<_>>().join(","))
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
