//! Access tokens by OAuth2 client credentials (RFC 6749, section 4.4), sent as bearer tokens (RFC 6750).
//!
//! Owns: asking the token endpoint, keeping the token, and when another is asked for. Does not own: whether a request is
//! sent again. Nothing that the token endpoint says is shown but its status and the codes of the standard: its other words
//! may repeat the client's secret.

use std::cell::RefCell;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::time::Instant;

use super::http::{Client, Failure, host};
use crate::config::OAuth2Client;
use crate::destination::{HttpRequest, Reply};

/// How long the token endpoint has to answer.
const FETCH_TIMEOUT: Duration = Duration::from_secs(8);

/// Another token is asked for this long before the old one expires, or in the last quarter of a shorter life.
const REFRESH_BEFORE_EXPIRY: Duration = Duration::from_secs(60);

/// The life of a token of which the endpoint tells none; one that dies sooner is refused, and asked for again.
const UNTOLD_LIFETIME: Duration = Duration::from_secs(300);

/// A token is used for at least this long, whatever its endpoint says: it must not be asked before every request.
const MIN_LIFETIME: Duration = Duration::from_secs(5);

/// No token is kept longer: a number that means something else does no harm.
const MAX_LIFETIME: Duration = Duration::from_secs(86_400);

/// A refused token is replaced at most this often: each one may cost money, or count against a limit.
const MIN_REPLACE_INTERVAL: Duration = Duration::from_secs(60);

/// A client that was refused asks again after this, so that it is not locked out for asking too often.
const REFUSED_PAUSE: Duration = Duration::from_secs(30);

/// Servers take no headers that are longer (<https://nginx.org/en/docs/http/ngx_http_core_module.html#large_client_header_buffers>).
const MAX_TOKEN_BYTES: usize = 32 << 10;

/// Codes of errors, and the keys to look at
/// (<https://www.rfc-editor.org/rfc/rfc6749#section-5.2>, <https://www.rfc-editor.org/rfc/rfc8707#section-2>).
const ERROR_CODES: [(&str, &[&str]); 8] = [
    ("invalid_client", &["client_id", "client_secret", "client_auth"]),
    ("unauthorized_client", &["client_id"]),
    ("invalid_scope", &["scope"]),
    ("invalid_target", &["audience"]),
    ("access_denied", &["audience", "scope"]),
    ("unsupported_grant_type", &["token_url"]),
    ("invalid_grant", &["client_id", "client_secret"]),
    ("invalid_request", &["client_auth", "scope", "audience"]),
];

/// Where a client's tokens come from.
#[derive(Debug)]
pub(super) struct TokenSource {
    oauth2: OAuth2Client,
    client: Client,
    fetching: tokio::sync::Mutex<()>,
    state: RefCell<TokenState>,
}

#[derive(Debug, Default)]
struct TokenState {
    token: Option<Token>,
    /// When a service last refused the token.
    refused_at: Option<Instant>,
    failed: Option<FailedFetch>,
}

#[derive(Debug, Clone)]
struct Token {
    /// The value of `Authorization`, which stays out of `Debug`.
    header: HeaderValue,
    refresh_at: Instant,
    expires_at: Instant,
}

#[derive(Debug)]
struct FailedFetch {
    at: Instant,
    failure: Failure,
}

impl TokenSource {
    /// Asks for nothing before the first request.
    pub(super) fn new(oauth2: OAuth2Client, client: Client) -> Self {
        Self { oauth2, client, fetching: <_>::default(), state: <_>::default() }
    }

    /// Asks for another token before the next request: a service refused the one in use.
    pub(super) fn refused(&self) {
        let mut state = self.state.borrow_mut();
        if state.refused_at.is_none_or(|at| at.elapsed() >= MIN_REPLACE_INTERVAL) {
            state.refused_at = Some(Instant::now());
            state.token = None;
        }
    }

    /// The value of `Authorization`.
    pub(super) async fn token(&self) -> Result<HeaderValue, Failure> {
        let wanted_at = Instant::now();
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let _one_at_a_time = self.fetching.lock().await;
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        if let Some(failure) = self.known_failure(wanted_at) {
            return self.lasting().ok_or(failure);
        }
        match self.fetch().await {
            Ok(token) => {
                let header = token.header.clone();
                let mut state = self.state.borrow_mut();
                state.token = Some(token);
                state.failed = None;
                Ok(header)
            }
            Err(failure) => {
                let failed = FailedFetch { at: Instant::now(), failure: failure.clone() };
                self.state.borrow_mut().failed = Some(failed);
                self.lasting().ok_or(failure)
            }
        }
    }

    /// The token, if no other needs to be asked for now.
    fn fresh(&self) -> Option<HeaderValue> {
        let state = self.state.borrow();
        let token = state.token.as_ref()?;
        let has_just_failed = state.failed.as_ref().is_some_and(|failed| failed.at.elapsed() < REFUSED_PAUSE);
        let until = if has_just_failed { token.expires_at } else { token.refresh_at };
        (Instant::now() < until).then(|| token.header.clone())
    }

    /// The old token, if it has not expired yet.
    fn lasting(&self) -> Option<HeaderValue> {
        let state = self.state.borrow();
        let token = state.token.as_ref()?;
        (Instant::now() < token.expires_at).then(|| token.header.clone())
    }

    /// What the endpoint said to somebody else while this request waited, or to a client that it refuses.
    fn known_failure(&self, wanted_at: Instant) -> Option<Failure> {
        let state = self.state.borrow();
        let failed = state.failed.as_ref()?;
        let is_refused = matches!(failed.failure, Failure::TokenRefused { .. });
        let counts = failed.at >= wanted_at || (is_refused && failed.at.elapsed() < REFUSED_PAUSE);
        counts.then(|| failed.failure.clone())
    }

    async fn fetch(&self) -> Result<Token, Failure> {
        let host = host(&self.oauth2.token_url);
        let reply = match self.client.send(&token_request(&self.oauth2), FETCH_TIMEOUT).await {
            Ok(reply) => reply,
            Err(failure) => return Err(Failure::Token(failure.to_string())),
        };
        read_reply(&host, &reply)
    }
}

fn token_request(oauth2: &OAuth2Client) -> HttpRequest {
    let secret = oauth2.secret.reveal();
    let mut headers = HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")),
        (header::ACCEPT, HeaderValue::from_static("application/json")),
    ]);
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend(oauth2.scope.as_deref().map(|scope| ("scope", scope)));
    form.extend(oauth2.audience.as_deref().map(|audience| ("audience", audience)));
    if oauth2.is_posted {
        form.extend([("client_id", oauth2.id.as_str()), ("client_secret", secret)]);
    } else {
        headers.extend(basic_header(&oauth2.id, secret).map(|value| (header::AUTHORIZATION, value)));
    }
    HttpRequest {
        method: Method::POST,
        url: oauth2.token_url.clone(),
        headers,
        body: encoded_form(&form).into(),
        sign: None,
    }
}

/// Name and secret are encoded as in a form before they are joined (RFC 6749, section 2.3.1).
fn basic_header(id: &str, secret: &str) -> Option<HeaderValue> {
    let pair = format!("{}:{}", encoded(id), encoded(secret));
    secret_header(&format!("Basic {}", BASE64_STANDARD.encode(pair)))
}

fn secret_header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn encoded_form(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    const ENCODED: &percent_encoding::AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, ENCODED).to_string()
}

fn read_reply(host: &str, reply: &Reply) -> Result<Token, Failure> {
    let said = described(host, reply.status);
    match reply.status {
        200 if reply.truncated => Err(Failure::Token(format!("{said} and an incomplete body"))),
        200 => read_token(reply)
            .map_err(|what| Failure::TokenRefused { what: format!("{said}, {what}"), keys: &["token_url"] }),
        408 | 425 | 429 | 500..=599 => Err(Failure::Token(said)),
        _ => Err(refusal(said, reply)),
    }
}

fn described(host: &str, status: u16) -> String {
    let phrase = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    format!("{host} answered {status} {}", phrase.unwrap_or("(no known status)"))
}

/// The client is refused: which key is wrong, as far as the standard has a code for it.
fn refusal(said: String, reply: &Reply) -> Failure {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let code = body["error"].as_str().unwrap_or_default();
    if code == "temporarily_unavailable" || code == "server_error" {
        return Failure::Token(format!("{said}, {code}"));
    }
    match ERROR_CODES.iter().find(|(known, _)| *known == code) {
        Some((code, keys)) => Failure::TokenRefused { what: format!("{said}, {code}"), keys },
        None if reply.status == 401 => {
            Failure::TokenRefused { what: said, keys: &["client_id", "client_secret", "client_auth"] }
        }
        None => Failure::TokenRefused { what: said, keys: &["token_url", "client_id", "scope", "audience"] },
    }
}

/// The token of a reply, or what is wrong with the reply.
fn read_token(reply: &Reply) -> Result<Token, String> {
    let body: Value = serde_json::from_slice(&reply.body).map_err(|_| "but not with JSON".to_owned())?;
    let token = body["access_token"].as_str().unwrap_or_default();
    if token.is_empty() {
        return Err("but without an access_token".to_owned());
    }
    if body["token_type"].as_str().is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err("with a token that is not a bearer token".to_owned());
    }
    // RFC 6749, appendix A.12.
    let is_valid = token.len() <= MAX_TOKEN_BYTES && token.bytes().all(|byte| byte.is_ascii_graphic());
    let header = secret_header(&format!("Bearer {token}")).filter(|_| is_valid);
    let header = header.ok_or_else(|| "with a token that no header can carry".to_owned())?;
    let lifetime = lifetime(&body["expires_in"]);
    let now = Instant::now();
    let early = REFRESH_BEFORE_EXPIRY.min(lifetime / 4);
    Ok(Token { header, refresh_at: now + (lifetime - early), expires_at: now + lifetime })
}

/// Seconds, which some endpoints write as a string.
fn lifetime(expires_in: &Value) -> Duration {
    let number = expires_in.as_f64().or_else(|| expires_in.as_str()?.parse().ok());
    let told = number.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
    told.map_or(UNTOLD_LIFETIME, |told| told.clamp(MIN_LIFETIME, MAX_LIFETIME))
}

#[cfg(test)]
mod tests;
