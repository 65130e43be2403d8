//! How requests to an API of the user's prove who sends them: the key `auth`, and what goes with it.
//!
//! Owns: which keys belong together, and what an address of AWS says where they are silent. Does not own: signatures,
//! tokens and certificates themselves (`transport`).

use std::path::{Path, PathBuf};

use http::Uri;

use super::address::is_local_host;
use super::endpoint::{SignedHost, signed_host};
use super::keys::DestinationKind;
use super::{AwsEnvironments, Identity, KeyReader, Secret};

/// Keys that only `auth aws` reads.
const AWS_KEYS: [&str; 6] = ["aws_service", "region", "role_arn", "external_id", "sts_endpoint", "profile"];

/// Keys that only `auth oauth2` reads.
const OAUTH2_KEYS: [&str; 6] =
    ["token_url", "client_id", "client_secret", "client_auth", "scope", "audience"];

/// Keys that write an `Authorization` header themselves.
const HEADER_KEYS: [&str; 3] = ["user", "password", "bearer_token"];

/// Characters of a key in DER and base64: one of Ed25519 without its padding has more.
const MIN_KEY_CHARS: usize = 50;

/// What proves who sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RequestAuth {
    /// What the user's headers say, if anything.
    #[default]
    Headers,
    /// A signature of AWS.
    Aws {
        /// The service to sign for, one of [`super::endpoint::SIGNED_SERVICES`].
        service: &'static str,
        /// The identity to sign as.
        identity: Identity,
    },
    /// A token.
    OAuth2(OAuth2Client),
}

/// A client of OAuth2 that gets tokens for itself (RFC 6749, section 4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuth2Client {
    /// Address of the token endpoint.
    pub token_url: String,
    /// Name of the client.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
    /// Whether the secret is sent in the form instead of a header.
    pub is_posted: bool,
    /// Scopes to ask for.
    pub scope: Option<String>,
    /// The API that the token is for.
    pub audience: Option<String>,
}

/// Files of a certificate that the client shows to servers which ask for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate and those of its intermediate authorities, in PEM.
    pub cert_file: PathBuf,
    /// Its key, in PEM.
    pub key_file: PathBuf,
}

impl RequestAuth {
    /// Reads `auth` and the keys that go with it. `url` is where requests go.
    #[must_use]
    pub fn read(reader: &KeyReader<'_>, url: &str, environments: &AwsEnvironments) -> Self {
        let auth = reader.choice("auth");
        if auth.is_none() && reader.written("auth").is_some() {
            // Reported already, and which keys go with it is not known.
            return Self::Headers;
        }
        for (wanted, keys) in [("aws", &AWS_KEYS), ("oauth2", &OAUTH2_KEYS)] {
            if auth != Some(wanted) {
                unused(reader, keys, &without_auth(reader, wanted, auth));
            }
        }
        let Some(auth) = auth else { return Self::Headers };
        unused(reader, &HEADER_KEYS, &format!("with auth {auth}"));
        report_own_headers(reader, auth);
        match auth {
            "aws" => read_aws(reader, url, environments),
            _ => Self::OAuth2(read_oauth2(reader)),
        }
    }

    /// The service to sign for.
    #[must_use]
    pub fn signed_service(&self) -> Option<&'static str> {
        match self {
            Self::Aws { service, .. } => Some(service),
            _ => None,
        }
    }
}

/// Why a key has no effect. Without any `auth`, that is what was probably forgotten.
fn without_auth(reader: &KeyReader<'_>, wanted: &str, auth: Option<&str>) -> String {
    match auth {
        Some(_) => format!("without auth {wanted}"),
        None => {
            format!(
                "without auth {wanted}; write {} {wanted}, or leave the key out",
                reader.full_name("auth")
            )
        }
    }
}

fn unused(reader: &KeyReader<'_>, keys: &[&str], why: &str) {
    let written = keys.iter().filter(|key| reader.has_key(key) && reader.written(key).is_some());
    written.for_each(|key| reader.problem(key, format!("has no effect {why}")));
}

/// Headers that would be overwritten, or would make a signature wrong.
fn report_own_headers(reader: &KeyReader<'_>, auth: &str) {
    for (name, _) in reader.pairs("headers") {
        let lower = name.to_ascii_lowercase();
        let is_aws = auth == "aws"
            && matches!(lower.as_str(), "x-amz-date" | "x-amz-security-token" | "x-amz-content-sha256");
        if lower == "authorization" || is_aws {
            let what = format!("sets {lower}, which auth {auth} writes; leave one of them out");
            reader.problem("headers", what);
        }
    }
}

fn read_aws(reader: &KeyReader<'_>, url: &str, environments: &AwsEnvironments) -> RequestAuth {
    let host = host(url);
    let named = host.as_deref().and_then(signed_host);
    let service = reader.choice("aws_service").or(named.map(|named| named.service)).unwrap_or_else(|| {
        let what = format!(
            "is missing, and the address does not tell the service; for example: {} execute-api",
            reader.full_name("aws_service")
        );
        // A missing address has been reported already.
        if !url.is_empty() {
            reader.problem("aws_service", what);
        }
        ""
    });
    if let Some(named) = named {
        report_other_scope(reader, named);
    }
    if url.split_once('?').is_some_and(|(_, query)| query.contains('+')) {
        let what =
            "has a + in its query, which a signature can take for a blank or for a plus; write %20 or %2B";
        reader.problem(address_key(reader), what);
    }
    let identity = Identity::read(reader, "", named.map(|named| named.region), environments);
    RequestAuth::Aws { service, identity }
}

/// AWS refuses a request that is signed for another service or region than those of its host.
fn report_other_scope(reader: &KeyReader<'_>, named: SignedHost<'_>) {
    let service = reader.choice("aws_service").map(str::to_owned);
    for (key, written, is_named) in
        [("aws_service", service, named.service), ("region", reader.written("region"), named.region)]
    {
        let Some(written) = written.filter(|written| written != is_named) else { continue };
        let what = format!(
            "is {written}, but the address is of {is_named}, where AWS refuses such a signature; leave {} out",
            reader.full_name(key)
        );
        reader.problem(key, what);
    }
}

fn read_oauth2(reader: &KeyReader<'_>) -> OAuth2Client {
    let token_url = reader.required("token_url");
    if let Some(problem) = token_url_problem(&token_url) {
        reader.problem("token_url", problem);
    }
    OAuth2Client {
        token_url,
        id: reader.required("client_id"),
        secret: reader.secret("client_secret"),
        is_posted: reader.choice("client_auth") == Some("post"),
        scope: reader.text("scope"),
        audience: reader.text("audience"),
    }
}

/// The client's secret goes there, so that nothing but TLS will do (RFC 6749, section 3.2).
fn token_url_problem(text: &str) -> Option<&'static str> {
    // A missing address has been reported already.
    if text.is_empty() {
        return None;
    }
    let Ok(uri) = text.parse::<Uri>() else {
        return Some("is not an address such as https://login.example.com/oauth2/token");
    };
    let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    match uri.scheme_str() {
        Some("https" | "http") if has_user => {
            Some("holds a user name, which would not be kept secret; write client_id and client_secret")
        }
        Some("https") => None,
        Some("http") if uri.host().is_some_and(is_local_host) => None,
        Some("http") => Some(
            "is plain http://, so anybody on the network path could read the client's secret; write https://",
        ),
        _ => Some("must begin with https://"),
    }
}

impl ClientCertificate {
    /// Reads `tls_cert_file` and `tls_key_file`. `url` is where requests go.
    #[must_use]
    pub fn read(reader: &KeyReader<'_>, url: &str) -> Option<Self> {
        let file = |key| reader.text(key).map(PathBuf::from);
        match (file("tls_cert_file"), file("tls_key_file")) {
            (Some(cert_file), Some(key_file)) => {
                if url.starts_with("http://") {
                    let what = "has no effect on an address with http://; write https://";
                    reader.problem("tls_cert_file", what);
                }
                Some(Self { cert_file, key_file })
            }
            (Some(_), None) => lone(reader, "tls_cert_file", "tls_key_file"),
            (None, Some(_)) => lone(reader, "tls_key_file", "tls_cert_file"),
            (None, None) => None,
        }
    }
}

/// Whether the path is not a path, but the key or certificate itself: PEM, PEM in base64, or DER in base64. That is what a
/// variable holds whose value comes from a secret, and nothing may show it.
#[must_use]
pub fn is_key_material(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let is_der = text.starts_with('M') && text.len() > MIN_KEY_CHARS && !text.contains('.');
    text.contains("-----BEGIN") || text.starts_with("LS0tLS1CRUdJTi") || is_der
}

fn lone(reader: &KeyReader<'_>, key: &str, other: &str) -> Option<ClientCertificate> {
    reader.problem(key, format!("has no effect without {other}; write both"));
    None
}

/// Whether requests of the destination are signed for AWS.
#[must_use]
pub fn is_signed(reader: &KeyReader<'_>, kind: DestinationKind) -> bool {
    kind.is_aws() || (reader.has_key("auth") && reader.choice("auth") == Some("aws"))
}

/// Whether keys or address of a destination tell the region, so that the machine need not be asked.
#[must_use]
pub fn names_region(reader: &KeyReader<'_>) -> bool {
    let in_address = || {
        let host = host(&reader.written(address_key(reader))?)?;
        signed_host(&host).map(|_| ())
    };
    reader.written("region").is_some() || (reader.has_key("auth") && in_address().is_some())
}

/// The key that says where requests go.
fn address_key(reader: &KeyReader<'_>) -> &'static str {
    if reader.has_key("url") { "url" } else { "endpoint" }
}

/// The host of an address, in small letters.
fn host(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    Some(uri.host()?.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
