//! Whether a request may be served: its key is known and alive, its signature is right and recent.
//!
//! Owns the wording of each service's refusals. The arithmetic is in `sigv4`, the keys in `keyring`.

use crate::{
    core::Core,
    keyring::Key,
    oauth2,
    received::Received,
    reply::Refusal,
    route::Api,
    signed_api,
    sigv4::{self, Authorization, Message},
};

/// AWS accepts signatures that are at most this far from its own clock.
const SKEW_MS: i64 = 15 * 60 * 1000;

/// Why a request is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Denial {
    Missing,
    Malformed(String),
    UnknownKey,
    Expired,
    Skewed(String),
    Mismatch(String),
}

/// Refuses a request that AWS would refuse for its credentials; vendors check their own keys.
pub(crate) fn check(core: &Core, request: &Received, raw: &[u8]) -> Result<(), Refusal> {
    oauth2::check(core, request)?;
    let service = request.api.signing_name().or_else(|| signed_api::service(&request.path));
    match service {
        Some(service) if !core.settings.unsigned => {
            verify(core, request, raw, service).map_err(|denial| denial.refusal(request.api, service))
        }
        _ => Ok(()),
    }
}

fn verify(core: &Core, request: &Received, raw: &[u8], service: &str) -> Result<(), Denial> {
    let header = request.header("authorization").ok_or(Denial::Missing)?;
    let authorization = Authorization::parse(header).map_err(Denial::Malformed)?;
    check_scope(core, &authorization, service)?;
    let key = core.keyring.lock().get(&authorization.access_key_id).ok_or(Denial::UnknownKey)?;
    check_key(&key, request)?;
    check_date(core, &authorization, request)?;
    check_signed_headers(&authorization, request)?;
    let hash = payload_hash(request, raw, service)?;
    check_signature(&authorization, &key, request, &hash)
}

fn check_scope(core: &Core, authorization: &Authorization, service: &str) -> Result<(), Denial> {
    if authorization.service != service {
        return Err(Denial::Mismatch(format!(
            "Credential should be scoped to correct service: '{service}'."
        )));
    }
    match &core.settings.region {
        // S3 answers a wrong region itself, with the right one.
        Some(region) if service != "s3" && *region != authorization.region => {
            Err(Denial::Mismatch("Credential should be scoped to a valid region.".to_owned()))
        }
        _ => Ok(()),
    }
}

fn check_key(key: &Key, request: &Received) -> Result<(), Denial> {
    match key.expired {
        true => Err(Denial::Expired),
        false if key.accepts_token(request.header("x-amz-security-token")) => Ok(()),
        false => Err(Denial::UnknownKey),
    }
}

/// The signature has to be recent by the machine's clock or, for tests with a fixed time, the cloud's.
fn check_date(core: &Core, authorization: &Authorization, request: &Received) -> Result<(), Denial> {
    let date =
        request.header("x-amz-date").ok_or_else(|| Denial::Malformed("X-Amz-Date is missing".to_owned()))?;
    let signed_ms =
        parse_date(date).ok_or_else(|| Denial::Malformed(format!("X-Amz-Date `{date}` is no date")))?;
    if !date.starts_with(&authorization.day) {
        return Err(Denial::Mismatch(format!("scope is of {}, X-Amz-Date of {date}", authorization.day)));
    }
    match [core.real_now_ms(), core.now_ms()].iter().any(|now| (now - signed_ms).abs() <= SKEW_MS) {
        true => Ok(()),
        false => Err(Denial::Skewed(format!("Signature expired: {date} is more than 15 minutes away"))),
    }
}

fn parse_date(date: &str) -> Option<i64> {
    let parsed = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date).ok()?;
    Some(parsed.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

fn check_signed_headers(authorization: &Authorization, request: &Received) -> Result<(), Denial> {
    let required = |name: &str| match name {
        "host" | "x-amz-date" | "x-amz-security-token" => true,
        // S3 alone insists on all of them.
        other => authorization.service == "s3" && other.starts_with("x-amz-"),
    };
    match request
        .headers
        .keys()
        .map(http::HeaderName::as_str)
        .find(|name| required(name) && !authorization.signs(name))
    {
        Some(name) => {
            Err(Denial::Mismatch(format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.")))
        }
        None => Ok(()),
    }
}

/// The hash that was signed, provided that it is the body's.
fn payload_hash(request: &Received, raw: &[u8], service: &str) -> Result<String, Denial> {
    let actual = sigv4::sha256_hex(raw);
    match request.header("x-amz-content-sha256") {
        Some("UNSIGNED-PAYLOAD") if service == "s3" => Ok("UNSIGNED-PAYLOAD".to_owned()),
        Some(claimed) if claimed != actual => Err(Denial::Mismatch(format!(
            "The provided 'x-amz-content-sha256' header does not match what was computed: {claimed}, {actual}"
        ))),
        None if service == "s3" => Err(Denial::Malformed(
            "Missing required header for this request: x-amz-content-sha256".to_owned(),
        )),
        _ => Ok(actual),
    }
}

fn check_signature(
    authorization: &Authorization,
    key: &Key,
    request: &Received,
    hash: &str,
) -> Result<(), Denial> {
    let message = Message {
        method: &request.method,
        path: &request.path,
        query: &request.query,
        headers: &request.headers,
        payload_hash: hash,
    };
    if sigv4::signature(authorization, &key.secret, &message) == authorization.signature {
        return Ok(());
    }
    Err(Denial::Mismatch(format!(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
         Key and signing method. Consult the service documentation for details. The Canonical String for this request \
         should have been\n'{}'",
        sigv4::canonical_request(authorization, &message)
    )))
}

impl Denial {
    /// The refusal as the service words it; only an expired key is nobody's mistake.
    fn refusal(self, api: Api, service: &str) -> Refusal {
        let complaint = self != Self::Expired;
        let message = self.message();
        let (status, code) = match service {
            "sts" => self.query_code(),
            "s3" => self.s3_code(),
            // API Gateway and the like.
            _ if api == Api::SignedApi => (403, self.json_code()),
            _ => (400, self.json_code()),
        };
        let prefix = if service == "sqs" { "com.amazon.coral.service#" } else { "" };
        Refusal { status, complaint, ..Refusal::broken(&format!("{prefix}{code}"), message) }
    }

    fn message(&self) -> String {
        match self {
            Self::Missing => "Missing Authentication Token".to_owned(),
            Self::UnknownKey => "The security token included in the request is invalid.".to_owned(),
            Self::Expired => "The security token included in the request is expired".to_owned(),
            Self::Malformed(text) | Self::Skewed(text) | Self::Mismatch(text) => text.clone(),
        }
    }

    fn json_code(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Malformed(_) => "IncompleteSignatureException",
            Self::UnknownKey => "UnrecognizedClientException",
            Self::Expired => "ExpiredTokenException",
            Self::Skewed(_) | Self::Mismatch(_) => "InvalidSignatureException",
        }
    }

    fn query_code(&self) -> (u16, &'static str) {
        match self {
            Self::Missing => (403, "MissingAuthenticationToken"),
            Self::Malformed(_) => (400, "IncompleteSignature"),
            Self::UnknownKey => (403, "InvalidClientTokenId"),
            Self::Expired => (403, "ExpiredToken"),
            Self::Skewed(_) | Self::Mismatch(_) => (403, "SignatureDoesNotMatch"),
        }
    }

    fn s3_code(&self) -> (u16, &'static str) {
        match self {
            Self::Missing => (403, "AccessDenied"),
            Self::Malformed(_) => (400, "AuthorizationHeaderMalformed"),
            Self::UnknownKey => (403, "InvalidAccessKeyId"),
            Self::Expired => (400, "ExpiredToken"),
            Self::Skewed(_) => (403, "RequestTimeTooSkewed"),
            Self::Mismatch(_) => (403, "SignatureDoesNotMatch"),
        }
    }
}
