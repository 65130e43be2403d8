//! Services and token endpoints that mean ill.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};
use test_support::alone::alone;
use test_support::this_test;

use super::{SECRET, hello, oauth2, router};
use crate::network::plain_service;

/// A service that treats each connection as `treat` does, and tells how many bytes it could send.
fn service(treat: fn(TcpStream) -> usize) -> (String, Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 16_384];
            assert!(stream.read(&mut request).unwrap() > 0);
            tell.send(treat(stream)).ok();
        }
    });
    (url, told)
}

fn endless(mut stream: TcpStream) -> usize {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let piece = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    (0..10_000).take_while(|_| stream.write_all(&piece).is_ok()).count() * 0x10000
}

/// One byte now and then, without end.
fn dripping(mut stream: TcpStream) -> usize {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let drip = |_: &usize| {
        std::thread::sleep(Duration::from_millis(100));
        stream.write_all(b" ").is_ok()
    };
    (0..1_000).take_while(drip).count()
}

#[test]
fn a_token_endpoint_without_end_is_read_up_to_a_limit() {
    let cloud = Cloud::start();
    let (url, told) = service(endless);
    let router = router(&cloud, "http", "/http/logs", &oauth2(&url, &[]));
    assert_eq!(router.bring(&hello()), Verdict::Retry);
    let sent = told.recv_timeout(Duration::from_secs(60)).expect("the connection is closed");
    assert!(sent < 20_000_000, "{sent} bytes were taken");
    assert!(cloud.requests().is_empty(), "nothing goes out without a token");
}

#[test]
fn a_token_endpoint_that_drips_is_left() {
    let cloud = Cloud::start();
    let (url, told) = service(dripping);
    let router = router(&cloud, "http", "/http/logs", &oauth2(&url, &[]));
    let start = Instant::now();
    assert_eq!(router.bring(&hello()), Verdict::Retry);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    told.recv_timeout(Duration::from_secs(60)).expect("the connection is closed");
    assert!(cloud.requests().is_empty());
}

/// Neither the client's secret nor a token nor a signature goes to a host that no key names.
#[test]
fn no_redirect_is_followed() {
    let (elsewhere, asked) = plain_service();
    let location = format!("http://127.0.0.1:{elsewhere}/");
    let fault = |status| Fault::reply(status).header("location", &location);
    for status in [301, 302, 303, 307, 308] {
        let cloud = Cloud::start();
        let token_url = format!("{}/oauth2/token", cloud.endpoint());
        let keys = oauth2(&token_url, &[]);
        cloud.script_where(Api::Token, |_| true, fault(status));
        assert_eq!(router(&cloud, "http", "/oauth2/http/x", &keys).bring(&hello()), Verdict::Retry);
        cloud.clear_script();
        cloud.script_where(Api::Http, |_| true, fault(status));
        assert_eq!(router(&cloud, "http", "/oauth2/http/x", &keys).bring(&hello()), Verdict::Retry);
        cloud.script_where(Api::SignedApi, |_| true, fault(status));
        let aws = [("auth", "aws"), ("aws_service", "lambda"), ("region", "eu-west-1")];
        assert_eq!(router(&cloud, "http", "/signed/lambda/", &aws).bring(&hello()), Verdict::Retry);
    }
    assert!(asked.try_recv().is_err(), "somebody else was asked");
}

/// A token endpoint tries to add a header, and to get the secret into the log.
#[test]
fn what_a_token_endpoint_says_gets_into_no_header_and_no_line() {
    let test = this_test!("what_a_token_endpoint_says_gets_into_no_header_and_no_line");
    let said = alone(test, || {
        for body in [
            r#"{"access_token": "hunter2\r\nX-Evil: 1"}"#.to_owned(),
            r#"{"access_token": "hunter2 X-Evil"}"#.to_owned(),
            r#"{"access_token": "hunter2", "token_type": "hunter2"}"#.to_owned(),
            format!("{{\"error\": \"{SECRET}\", \"error_description\": \"{SECRET}\"}}"),
            SECRET.to_owned(),
            "[".repeat(200_000),
        ] {
            let cloud = Cloud::start();
            for status in [200, 400, 401, 500] {
                cloud.script_where(Api::Token, |_| true, Fault::reply(status).body(&body));
                let token_url = format!("{}/oauth2/token", cloud.endpoint());
                let keys = oauth2(&token_url, &[("flush_timeout", "2s")]);
                let router = router(&cloud, "http", "/oauth2/http/x", &keys);
                assert_eq!(router.bring(&hello()), Verdict::Retry, "{status}");
                cloud.clear_script();
            }
            assert_eq!(cloud.attempts(Api::Http), 0);
        }
    });
    assert!(said.contains("no access token"), "{said}");
    assert!(!said.contains("hunter2") && !said.contains("s3cret") && !said.contains("X-Evil"), "{said}");
}

/// Nothing that the client's name, secret or scope holds ends the form or the header that it is in.
#[test]
fn nothing_written_ends_a_header_or_a_form() {
    let cloud = Cloud::start();
    let token_url = format!("{}/oauth2/token", cloud.endpoint());
    let evil = "x&grant_type=password\r\nX-Evil: 1#?:\"%00";
    cloud.oauth2().change_secret(evil);
    for keys in [&[("client_secret", evil)][..], &[("client_secret", evil), ("client_auth", "post")]] {
        let router = router(&cloud, "http", "/oauth2/http/x", &oauth2(&token_url, keys));
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{keys:?}");
    }
    for key in ["scope", "audience", "client_id"] {
        let router = router(
            &cloud,
            "http",
            "/oauth2/http/x",
            &oauth2(&token_url, &[("client_secret", evil), (key, evil)]),
        );
        assert_eq!(router.bring(&hello()), Verdict::Retry, "{key}");
    }
    let asked = cloud.requests_for(Api::Token);
    assert_eq!(asked.len(), 5);
    assert!(
        asked
            .iter()
            .all(|request| request.header("x-evil").is_none()
                && !request.text().contains("grant_type=password"))
    );
}
