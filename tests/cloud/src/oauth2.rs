//! A token endpoint of OAuth2, `POST /oauth2/token`, and the APIs that want its tokens: `/oauth2/http/…`,
//! `/oauth2/v1/logs`.
//!
//! Client credentials by RFC 6749 (section 4.4; errors: 5.2; Basic authentication: 2.3.1), bearer tokens by RFC 6750; the
//! refusal of an unknown audience is Auth0's. The words of an error repeat what was sent, as those of some servers do.

use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;

use crate::{
    core::Core,
    received::Received,
    reply::{Refusal, Reply},
    route::{self, Api},
};

/// The client that exists from the start, and its secret.
const CLIENT: (&str, &str) = ("router", "s3cret & more");

/// What tokens may be for.
const SCOPES: [&str; 2] = ["logs.write", "logs.read"];
const AUDIENCE: &str = "https://logs.example.com";

#[derive(Debug)]
struct IssuedToken {
    text: String,
    scopes: Vec<String>,
    expires_at: Instant,
}

/// What the endpoint knows.
#[derive(Debug)]
pub(crate) struct Store {
    secret: String,
    lifetime: Duration,
    tokens: Vec<IssuedToken>,
    issued: usize,
}

impl Default for Store {
    fn default() -> Self {
        let lifetime = Duration::from_secs(3600);
        Self { secret: CLIENT.1.to_owned(), lifetime, tokens: Vec::new(), issued: 0 }
    }
}

pub(crate) fn serve(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    let form = form(request)?;
    let field = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    authenticate(core, request, &field)?;
    match field("grant_type") {
        Some("client_credentials") => {}
        Some(_) => return Err(Refusal::broken("unsupported_grant_type", "")),
        None => return Err(Refusal::broken("invalid_request", "grant_type is missing")),
    }
    if field("audience").is_some_and(|audience| audience != AUDIENCE) {
        return Err(Refusal::broken("access_denied", "Service not found").status(403));
    }
    let scopes: Vec<String> =
        field("scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        return Err(Refusal::broken("invalid_scope", ""));
    }
    Ok(issue(core, scopes))
}

fn form(request: &Received) -> Result<Vec<(String, String)>, Refusal> {
    let broken = |what: &str| Refusal::broken("invalid_request", what);
    if request.header("content-type") != Some("application/x-www-form-urlencoded") {
        return Err(broken("the content type is no form"));
    }
    if request.query.contains("client_secret") {
        return Err(broken("the secret is in the address"));
    }
    let form = route::form(&request.body);
    let mut names: Vec<&str> = form.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).any(|pair| pair[0] == pair[1]) {
        true => Err(broken("a parameter is repeated")),
        false => Ok(form),
    }
}

/// By a header or by the form; both at once are refused (RFC 6749, section 2.3).
fn authenticate<'f>(
    core: &Core,
    request: &Received,
    field: &impl Fn(&str) -> Option<&'f str>,
) -> Result<(), Refusal> {
    let basic = request.header("authorization").map(|header| basic_pair(header).unwrap_or_default());
    let posted = field("client_secret")
        .map(|secret| (field("client_id").unwrap_or_default().to_owned(), secret.to_owned()));
    let is_basic = basic.is_some();
    let pair = match (basic, posted) {
        (Some(_), Some(_)) => return Err(Refusal::broken("invalid_request", "two ways to authenticate")),
        (Some(pair), None) | (None, Some(pair)) => pair,
        (None, None) => return Err(Refusal::broken("invalid_client", "no client").status(401)),
    };
    if pair == (CLIENT.0.to_owned(), core.oauth2.lock().secret.clone()) {
        return Ok(());
    }
    let echo = format!("'{}' is not the secret of {}; you sent {}", pair.1, pair.0, request.text());
    let refusal = Refusal::broken("invalid_client", echo).status(401);
    Err(if is_basic { refusal.header("www-authenticate", "Basic") } else { refusal })
}

fn basic_pair(header: &str) -> Option<(String, String)> {
    let bytes = BASE64_STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    // Each half is encoded as in a form.
    let decoded =
        |text: &str| route::form(format!("x={text}").as_bytes()).first().map(|(_, value)| value.clone());
    Some((decoded(id)?, decoded(secret)?))
}

fn issue(core: &Core, scopes: Vec<String>) -> Reply {
    let mut store = core.oauth2.lock();
    store.issued += 1;
    let text = format!("token-{}.{}", store.issued, "x".repeat(700));
    let lifetime = store.lifetime;
    store.tokens.push(IssuedToken { text: text.clone(), scopes, expires_at: Instant::now() + lifetime });
    let body = json!({ "access_token": text, "token_type": "Bearer", "expires_in": lifetime.as_secs() });
    Reply::json(200, &body).header("cache-control", "no-store")
}

pub(crate) fn error(refusal: &Refusal) -> Reply {
    Reply::json(refusal.status, &json!({ "error": refusal.code, "error_description": refusal.message }))
}

/// Refuses a request to one of the APIs that has no token, or one that is not good any more.
pub(crate) fn check(core: &Core, request: &Received) -> Result<(), Refusal> {
    if request.api == Api::Token || !request.path.starts_with("/oauth2/") {
        return Ok(());
    }
    let refused = |refusal: Refusal, why: &str| {
        Err(refusal.status(401).header("www-authenticate", &format!("Bearer error=\"{why}\"")))
    };
    let sent = request.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
    let store = core.oauth2.lock();
    match store.tokens.iter().find(|token| Some(token.text.as_str()) == sent) {
        None => refused(Refusal::broken("invalid_token", "unknown"), "invalid_token"),
        Some(token) if token.expires_at <= Instant::now() => {
            refused(Refusal::state("invalid_token", "expired"), "invalid_token")
        }
        Some(token) if !token.scopes.iter().any(|scope| scope == "logs.write") => {
            Err(Refusal::state("insufficient_scope", "logs.write").status(403))
        }
        Some(_) => Ok(()),
    }
}

/// The token endpoint; from [`crate::Cloud::oauth2`].
#[derive(Debug, Clone, Copy)]
pub struct OAuth2<'a> {
    core: &'a Core,
}

impl<'a> OAuth2<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// How many tokens it has given.
    pub fn issued(&self) -> usize {
        self.core.oauth2.lock().issued
    }

    /// How long tokens live that are given from now on; one hour if not set.
    pub fn set_lifetime(&self, lifetime: Duration) {
        self.core.oauth2.lock().lifetime = lifetime;
    }

    /// Ends every token given so far.
    pub fn expire_tokens(&self) {
        let mut store = self.core.oauth2.lock();
        store.tokens.iter_mut().for_each(|token| token.expires_at = Instant::now());
    }

    /// Gives the client another secret.
    pub fn change_secret(&self, secret: &str) {
        secret.clone_into(&mut self.core.oauth2.lock().secret);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cloud, testing::Call};

    const FORM: &str = "application/x-www-form-urlencoded";

    fn ask(cloud: &Cloud, pair: Option<&str>, body: &str) -> (u16, serde_json::Value) {
        let call = Call::new("POST", "/oauth2/token").header("content-type", FORM).body(body);
        let call = match pair {
            Some(pair) => call.header("authorization", &format!("Basic {}", BASE64_STANDARD.encode(pair))),
            None => call,
        };
        let answer = call.send(cloud).unwrap();
        (answer.status, answer.json())
    }

    #[test]
    fn what_a_token_endpoint_refuses() {
        let cloud = Cloud::start();
        let right = Some("router:s3cret+%26+more");
        for (pair, body, expected) in [
            (right, "grant_type=client_credentials", ""),
            (None, "grant_type=client_credentials&client_id=router&client_secret=s3cret%20%26%20more", ""),
            (right, "grant_type=client_credentials&client_secret=s3cret", "invalid_request"),
            (right, "grant_type=password", "unsupported_grant_type"),
            (right, "", "invalid_request"),
            (right, "grant_type=client_credentials&scope=a&scope=b", "invalid_request"),
            (right, "grant_type=client_credentials&scope=admin", "invalid_scope"),
            (right, "grant_type=client_credentials&audience=x", "access_denied"),
            (Some("router:other"), "grant_type=client_credentials", "invalid_client"),
            (None, "grant_type=client_credentials", "invalid_client"),
        ] {
            let (status, answer) = ask(&cloud, pair, body);
            assert_eq!(answer["error"].as_str().unwrap_or_default(), expected, "{body}");
            assert_eq!(status == 200, expected.is_empty(), "{body}");
        }
    }

    #[test]
    fn an_api_wants_a_token_that_lives_and_permits_it() {
        let cloud = Cloud::start();
        let token = |scope: &str| {
            let body = format!("grant_type=client_credentials{scope}");
            ask(&cloud, Some("router:s3cret+%26+more"), &body).1["access_token"].as_str().unwrap().to_owned()
        };
        let post = |token: &str| {
            let call = Call::new("POST", "/oauth2/http/logs").header("content-type", "application/json");
            call.header("authorization", &format!("Bearer {token}")).body("[{}]").send(&cloud).unwrap().status
        };
        let good = token("&scope=logs.write");
        assert_eq!((post(&good), post(&token("")), post("made-up")), (200, 403, 401));
        cloud.oauth2().expire_tokens();
        assert_eq!(post(&good), 401);
        assert_eq!(cloud.take_complaints().len(), 1);
    }
}
