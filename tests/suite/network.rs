//! The way over the network: certificates are verified, authorities can be added, proxies of the environment are used;
//! no redirect is followed, and no reply read without end.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use ecs_router::Verdict;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;

use crate::router::Router;
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::environment;
use test_support::record::line;
use test_support::temp::TempDir;
use test_support::this_test;

/// A connection to a port of [`tls_port`].
pub(crate) type TlsStream = rustls::StreamOwned<rustls::ServerConnection, TcpStream>;

#[test]
fn an_authority_in_ca_file_is_trusted() {
    let folder = TempDir::new();
    let (authority, port) = tls_service(&folder);
    let ca_file = authority.to_str().unwrap();
    let router = router(&format!("https://localhost:{port}"), &[("cloudwatch.ca_file", ca_file)]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
}

#[test]
fn authorities_that_the_environment_names_are_trusted() {
    alone(this_test!("authorities_that_the_environment_names_are_trusted"), || {
        let folder = TempDir::new();
        let (authority, port) = tls_service(&folder);
        let authority = authority.to_str().unwrap();
        let endpoint = format!("https://localhost:{port}");
        environment::authorities("AWS_CA_BUNDLE", authority);
        assert_eq!(router(&endpoint, &[]).bring(&hello()), Verdict::Ok);
        let (other, _) = tls_service(&folder);
        let keys = [("cloudwatch.ca_file", other.to_str().unwrap()), ("flush_timeout", "2s")];
        assert_eq!(router(&endpoint, &keys).bring(&hello()), Verdict::Retry, "ca_file comes before it");
        let http = [("route.default", "http"), ("http.url", endpoint.as_str()), ("flush_timeout", "2s")];
        assert_eq!(Router::with(&http).bring(&hello()), Verdict::Retry, "it is AWS's alone");
    });
}

#[test]
fn authorities_of_ssl_cert_file_are_the_machines() {
    alone(this_test!("authorities_of_ssl_cert_file_are_the_machines"), || {
        let folder = TempDir::new();
        let (authority, port) = tls_service(&folder);
        environment::authorities("SSL_CERT_FILE", authority.to_str().unwrap());
        let url = format!("https://localhost:{port}");
        let http = [("route.default", "http"), ("http.url", url.as_str())];
        assert_eq!(Router::with(&http).bring(&hello()), Verdict::Ok);
    });
}

#[test]
fn a_bundle_that_cannot_be_read_is_said_by_its_variable() {
    alone(this_test!("a_bundle_that_cannot_be_read_is_said_by_its_variable"), || {
        environment::authorities("AWS_CA_BUNDLE", "/nowhere/ca.pem");
        let keys = [
            ("route.default", "cloudwatch"),
            ("cloudwatch.region", "us-east-1"),
            ("cloudwatch.log_group", "/g"),
            ("queue.url", "https://sqs.us-east-1.amazonaws.com/111122223333/ecs-stops"),
        ];
        let keys: BTreeMap<String, String> =
            keys.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let problems = ecs_router::instance::Instance::start(0, &keys).unwrap_err();
        let expected = "ca_file: AWS_CA_BUNDLE: cannot read /nowhere/ca.pem";
        assert_eq!(problems.len(), 2, "{problems:?}");
        for problem in problems.iter().map(ToString::to_string) {
            assert!(problem.contains(expected), "{problem}");
        }
    });
}

#[test]
fn a_service_that_nobody_vouches_for_gets_nothing() {
    let folder = TempDir::new();
    let (_, port) = tls_service(&folder);
    let router = router(&format!("https://localhost:{port}"), &[("flush_timeout", "2s")]);
    assert_eq!(router.bring(&hello()), Verdict::Retry);
    assert_eq!(router.counters("cloudwatch").delivered, 0);
}

/// The certificate is somebody's whom we trust, but of another name.
#[test]
fn a_certificate_of_another_name_gets_nothing() {
    let folder = TempDir::new();
    let (authority, port) = tls_service(&folder);
    let keys = [("cloudwatch.ca_file", authority.to_str().unwrap()), ("flush_timeout", "2s")];
    let router = router(&format!("https://127.0.0.1:{port}"), &keys);
    assert_eq!(router.bring(&hello()), Verdict::Retry);
    assert_eq!(router.counters("cloudwatch").delivered, 0);
}

/// Nothing that a user can write turns the verification off.
#[test]
fn no_key_turns_the_verification_off() {
    let keys = ecs_router::config::keys::reference();
    for word in ["verify", "insecure", "skip_tls", "tls_verify", "tls."] {
        assert!(!keys.contains(&format!("| `{word}")), "{word}");
    }
}

/// Only a megabyte of a reply is read, and what it said first counts; the service is told to stop.
#[test]
fn a_reply_that_never_ends_is_read_up_to_a_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 16_384];
        assert!(stream.read(&mut request).unwrap() > 0);
        let head = "HTTP/1.1 503 X\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        let piece = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
        let pieces = (0..10_000).take_while(|_| stream.write_all(&piece).is_ok()).count();
        tell.send(pieces * 0x10000).ok();
    });
    let router = router(&format!("http://127.0.0.1:{port}"), &[("flush_timeout", "2s")]);
    assert_eq!(router.bring(&hello()), Verdict::Retry);
    let sent = told.recv_timeout(Duration::from_secs(60)).expect("the connection is closed");
    assert!(sent < 20_000_000, "{sent} bytes were taken");
}

/// Credentials stay with the host they are for.
#[test]
fn a_redirect_is_not_followed() {
    let (elsewhere, asked) = plain_service();
    let cloud = fake_cloud::Cloud::start();
    let fault = fake_cloud::Fault::reply(307).header("location", &format!("http://127.0.0.1:{elsewhere}/"));
    cloud.script_where(fake_cloud::Api::PutLogEvents, |_| true, fault);
    assert_eq!(router(&cloud.endpoint(), &[("flush_timeout", "2s")]).bring(&hello()), Verdict::Retry);
    assert!(asked.try_recv().is_err(), "somebody else was asked");
}

#[test]
fn requests_go_through_the_proxy_of_the_environment_except_where_it_says_no() {
    alone(this_test!("requests_go_through_the_proxy_of_the_environment_except_where_it_says_no"), || {
        let (proxy, asked) = plain_service();
        environment::of_the_fake_cloud();
        environment::proxy(&format!("http://127.0.0.1:{proxy}"), "direct.invalid");
        let router = router("http://logs.invalid", &[("flush_timeout", "5s")]);
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        assert_eq!(asked.recv().unwrap(), "POST http://logs.invalid/ HTTP/1.1");
        let direct = self::router("http://direct.invalid", &[("flush_timeout", "2s")]);
        assert_eq!(direct.bring(&hello()), Verdict::Retry, "no such host, and the proxy is not asked");
        assert!(asked.try_recv().is_err());
    });
}

fn router(endpoint: &str, keys: &[(&str, &str)]) -> Router {
    let usual = [
        ("route.default", "cloudwatch"),
        ("cloudwatch.region", "us-east-1"),
        ("cloudwatch.endpoint", endpoint),
        ("cloudwatch.log_group", "/g"),
    ];
    Router::with(usual.iter().chain(keys))
}

fn hello() -> Chunk {
    Chunk::now(&[line("web", "stdout", "hello")])
}

/// A service behind TLS whose authority nobody knows but the file this answers with.
fn tls_service(folder: &TempDir) -> (PathBuf, u16) {
    tls_port(folder, |stream| drop(answer(stream)))
}

/// A port for TLS as `localhost`, with the file of its authority; `serve` gets each connection.
pub(crate) fn tls_port(folder: &TempDir, serve: impl Fn(TlsStream) + Send + 'static) -> (PathBuf, u16) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // OpenSSL takes a certificate whose issuer has the same name as itself for self-signed.
    authority.distinguished_name.push(DnType::CommonName, "authority");
    let file = folder.file("authority.pem", &authority.self_signed(&authority_key).unwrap().pem());
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".into()]).unwrap().signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            serve(rustls::StreamOwned::new(connection, stream));
        }
    });
    (file, port)
}

/// A service without TLS that tells how it was asked.
pub(crate) fn plain_service() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, recording(listener))
}

/// Says yes to everybody, with credentials, and tells how it was asked.
pub(crate) fn recording(listener: TcpListener) -> Receiver<String> {
    let (tell, asked) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Some(line) = answer::<TcpStream>(stream) {
                tell.send(line).ok();
            }
        }
    });
    asked
}

/// What the endpoint for credentials answers; services see an object without a complaint in it.
const REPLY: &str = r#"{"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"secret","Token":"t","Expiration":"2100-01-01T00:00:00Z"}"#;

/// Takes one request and says yes; answers with its first line.
pub(crate) fn answer<S: Read + Write>(stream: S) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).ok()?;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let reply = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{REPLY}",
        REPLY.len()
    );
    reader.get_mut().write_all(reply.as_bytes()).and_then(|()| reader.get_mut().flush()).ok()?;
    Some(first.trim_end().to_owned())
}
