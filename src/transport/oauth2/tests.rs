use super::*;
use crate::config::Secret;

fn oauth2(is_posted: bool) -> OAuth2Client {
    OAuth2Client {
        token_url: "https://login.example.com/token".to_owned(),
        id: "me:you".to_owned(),
        secret: Secret::new("a&b=c %\r\nX: y".to_owned()),
        is_posted,
        scope: Some("logs.write logs.read".to_owned()),
        audience: None,
    }
}

fn reply(status: u16, body: &str) -> Reply {
    Reply { status, body: body.to_owned().into(), ..Reply::default() }
}

fn read(status: u16, body: &str) -> Result<Token, Failure> {
    read_reply("login.example.com", &reply(status, body))
}

fn body_of(request: &HttpRequest) -> String {
    String::from_utf8(request.body.to_bytes().to_vec()).unwrap()
}

#[test]
fn name_and_secret_are_encoded_so_that_they_end_nothing_early() {
    let request = token_request(&oauth2(false));
    let sent = request.headers["authorization"].to_str().unwrap().strip_prefix("Basic ").unwrap();
    let pair = String::from_utf8(BASE64_STANDARD.decode(sent).unwrap()).unwrap();
    assert_eq!(pair, "me%3Ayou:a%26b%3Dc%20%25%0D%0AX%3A%20y");
    assert!(request.headers["authorization"].is_sensitive());
    assert_eq!(body_of(&request), "grant_type=client_credentials&scope=logs.write%20logs.read");
    let request = token_request(&oauth2(true));
    assert!(!request.headers.contains_key("authorization"), "the standard allows one way at a time");
    assert!(body_of(&request).ends_with("&client_id=me%3Ayou&client_secret=a%26b%3Dc%20%25%0D%0AX%3A%20y"));
}

#[test]
fn a_token_lives_as_long_as_its_endpoint_says_within_reason() {
    for (expires_in, seconds) in [
        ("3600", 3_600),
        ("\"3599\"", 3_599),
        ("60.5", 60),
        ("0", 5),
        ("-7", 5),
        ("1e300", 300),
        ("1795000000", 86_400),
        ("\"soon\"", 300),
        ("null", 300),
    ] {
        let body = format!("{{\"access_token\":\"t\",\"expires_in\":{expires_in}}}");
        let token = read(200, &body).unwrap();
        let left = token.expires_at - Instant::now();
        let expected = Duration::from_secs(seconds);
        assert!(
            left <= expected + Duration::from_secs(1) && left + Duration::from_secs(2) > expected,
            "{expires_in}: {left:?}"
        );
        assert!(token.refresh_at < token.expires_at, "{expires_in}");
    }
}

#[test]
fn what_is_no_bearer_token_is_not_sent() {
    let long = format!("{{\"access_token\":\"{}\"}}", "x".repeat(MAX_TOKEN_BYTES + 1));
    for (body, expected) in [
        ("<html>hunter2</html>", "not with JSON"),
        ("[]", "without an access_token"),
        (r#"{"access_token":""}"#, "without an access_token"),
        (r#"{"access_token":7}"#, "without an access_token"),
        (r#"{"access_token":"hunter2","token_type":"DPoP"}"#, "not a bearer token"),
        (r#"{"access_token":"hunter2\r\nX-Evil: 1"}"#, "no header can carry"),
        (r#"{"access_token":"hunter2 two"}"#, "no header can carry"),
        (r#"{"access_token":"hünter2"}"#, "no header can carry"),
        (&long, "no header can carry"),
    ] {
        let failure = read(200, body).unwrap_err();
        let text = format!("{failure} {}", failure.advice("d").unwrap());
        assert!(text.contains(expected) && text.contains("d.token_url"), "{text}");
        assert!(!text.contains("hunter2") && text.len() < 300, "{text}");
    }
    assert!(read(200, r#"{"access_token":"a.b-c_d~e+f/g=","token_type":"BEARER"}"#).is_ok());
}

#[test]
fn a_refusal_names_the_key_and_repeats_nothing() {
    for (status, body, expected) in [
        (
            401,
            r#"{"error":"invalid_client","error_description":"hunter2"}"#,
            "answered 401 Unauthorized, invalid_client; check d.client_id, d.client_secret, d.client_auth",
        ),
        (400, r#"{"error":"invalid_scope"}"#, "invalid_scope; check d.scope"),
        (400, r#"{"error":"hunter2"}"#, "answered 400 Bad Request; check d.token_url"),
        (401, "hunter2", "answered 401 Unauthorized; check d.client_id"),
        (403, r#"{"error":"access_denied"}"#, "access_denied; check d.audience"),
        (404, "", "answered 404 Not Found; check d.token_url"),
        (302, "", "answered 302 Found; check d.token_url"),
        (201, r#"{"access_token":"hunter2"}"#, "answered 201 Created; check d.token_url"),
    ] {
        let failure = read(status, body).unwrap_err();
        assert!(matches!(failure, Failure::TokenRefused { .. }), "{failure:?}");
        let text = format!("{failure}; {}", failure.advice("d").unwrap());
        assert!(text.contains(expected) && !text.contains("hunter2"), "{text}");
    }
}

#[test]
fn an_outage_passes() {
    for (status, body) in
        [(500, ""), (503, "hunter2"), (429, ""), (400, r#"{"error":"temporarily_unavailable"}"#)]
    {
        let failure = read(status, body).unwrap_err();
        assert!(matches!(&failure, Failure::Token(text) if !text.contains("hunter2")), "{failure:?}");
    }
    let cut = Reply { truncated: true, ..reply(200, r#"{"access_token":"t"}"#) };
    assert!(matches!(read_reply("h", &cut), Err(Failure::Token(_))));
}

fn source() -> TokenSource {
    TokenSource::new(oauth2(false), Client::new(None).unwrap())
}

fn token(text: &str, refresh_in: u64, expires_in: u64) -> Token {
    let now = Instant::now();
    Token {
        header: secret_header(text).unwrap(),
        refresh_at: now + Duration::from_secs(refresh_in),
        expires_at: now + Duration::from_secs(expires_in),
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_early_and_used_to_its_end_while_the_endpoint_fails() {
    let source = source();
    source.state.borrow_mut().token = Some(token("t", 45, 60));
    assert!(source.fresh().is_some());
    tokio::time::advance(Duration::from_secs(46)).await;
    assert!(source.fresh().is_none() && source.lasting().is_some());
    let failure = Failure::Token("x".to_owned());
    source.state.borrow_mut().failed = Some(FailedFetch { at: Instant::now(), failure });
    assert!(source.fresh().is_some(), "the endpoint is left alone for a while");
    tokio::time::advance(Duration::from_secs(15)).await;
    assert!(source.fresh().is_none() && source.lasting().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_a_minute() {
    let source = source();
    let renew = || source.state.borrow_mut().token = Some(token("t", 3_600, 3_600));
    renew();
    source.refused();
    assert!(source.fresh().is_none());
    renew();
    source.refused();
    assert!(source.fresh().is_some(), "the new one is refused, too: another would fare no better");
    tokio::time::advance(MIN_REPLACE_INTERVAL).await;
    source.refused();
    assert!(source.fresh().is_none());
}

#[tokio::test(start_paused = true)]
async fn whoever_waited_hears_what_the_endpoint_said_and_a_refused_client_does_not_ask_again_at_once() {
    let source = source();
    let wanted_at = Instant::now();
    let fail = |failure| source.state.borrow_mut().failed = Some(FailedFetch { at: Instant::now(), failure });
    assert_eq!(source.known_failure(wanted_at), None);
    tokio::time::advance(Duration::from_secs(1)).await;
    fail(Failure::Token("x".to_owned()));
    assert!(source.known_failure(wanted_at).is_some());
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(source.known_failure(Instant::now()), None, "an outage may be over");
    fail(Failure::TokenRefused { what: String::new(), keys: &[] });
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(source.known_failure(Instant::now()).is_some());
    tokio::time::advance(REFUSED_PAUSE).await;
    assert_eq!(source.known_failure(Instant::now()), None);
}
