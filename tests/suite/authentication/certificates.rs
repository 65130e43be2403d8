//! Client certificates: a service that takes nobody without one.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use ecs_router::Verdict;
use ecs_router::instance::Instance;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use test_support::alone::alone;
use test_support::temp::TempDir;
use test_support::this_test;

use super::{hello, router_at};
use crate::network::answer;

/// An authority of the test's own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

/// A certificate and its key, in PEM, and as rustls takes them.
struct Issued {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(parameters, key), certificate }
    }

    fn issue(&self, name: &str, year: i32) -> Issued {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        parameters.not_after = rcgen::date_time_ymd(year, 1, 1);
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        Issued { certificate, key }
    }
}

/// A service that demands a certificate of the authority, and the file that names the authority.
fn service(authority: &Authority, folder: &TempDir) -> (PathBuf, String) {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let own = authority.issue("localhost", 2100);
    let key = PrivateKeyDer::try_from(own.key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![own.certificate.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(&config, stream)));
    (folder.file("authority.pem", &authority.certificate.pem()), url)
}

fn serve(config: &rustls::ServerConfig, stream: TcpStream) {
    let connection = rustls::ServerConnection::new(Arc::new(config.clone())).unwrap();
    answer(rustls::StreamOwned::new(connection, stream));
}

fn files(folder: &TempDir, name: &str, issued: &Issued) -> (String, String) {
    let cert = folder.file(&format!("{name}.pem"), &issued.certificate.pem());
    let key = folder.file(&format!("{name}.key"), &issued.key.serialize_pem());
    (cert.display().to_string(), key.display().to_string())
}

#[test]
fn a_service_that_demands_a_certificate_takes_its_own() {
    let (authority, folder) = (Authority::new(), TempDir::new());
    let (ca_file, url) = service(&authority, &folder);
    let (cert, key) = files(&folder, "client", &authority.issue("router", 2100));
    let keys = [("ca_file", ca_file.to_str().unwrap()), ("tls_cert_file", &cert), ("tls_key_file", &key)];
    for kind in ["http", "otlp"] {
        let more: &[(&str, &str)] = if kind == "otlp" { &[("encoding", "json")] } else { &[] };
        assert_eq!(router_at(&url, kind, &[&keys, more].concat()).bring(&hello()), Verdict::Ok, "{kind}");
    }
    // Together with a signature; the credentials come from elsewhere.
    let aws = [("auth", "aws"), ("aws_service", "execute-api"), ("region", "eu-west-1")];
    assert_eq!(router_at(&url, "http", &[&keys[..], &aws].concat()).bring(&hello()), Verdict::Ok);
}

#[test]
fn nobody_without_a_good_certificate_is_taken_and_nothing_is_lost() {
    let said = alone(this_test!("nobody_without_a_good_certificate_is_taken_and_nothing_is_lost"), || {
        let (authority, folder) = (Authority::new(), TempDir::new());
        let (ca_file, url) = service(&authority, &folder);
        let trusted = [("ca_file", ca_file.to_str().unwrap()), ("flush_timeout", "2s")];
        assert_eq!(router_at(&url, "http", &trusted).bring(&hello()), Verdict::Retry);
        assert_eq!(router_at(&url, "http", &trusted[1..]).bring(&hello()), Verdict::Retry);
        for (name, issued) in
            [("strange", Authority::new().issue("router", 2100)), ("old", authority.issue("router", 2020))]
        {
            let (cert, key) = files(&folder, name, &issued);
            let keys = [&trusted[..], &[("tls_cert_file", cert.as_str()), ("tls_key_file", key.as_str())]];
            let router = router_at(&url, "http", &keys.concat());
            assert_eq!(router.bring(&hello()), Verdict::Retry, "{name}");
            assert_eq!(router.counters("http").delivered, 0);
        }
    });
    assert!(said.contains("CertificateRequired; it wants a client certificate: set tls_cert_file"), "{said}");
    assert!(said.contains("UnknownIssuer; name the authority of its certificate in ca_file"), "{said}");
    assert!(said.contains("CertificateExpired"), "{said}");
    assert!(!said.contains("PRIVATE KEY"), "{said}");
}

fn problems(cert: &str, key: &str) -> Vec<String> {
    let keys = [
        ("route.default", "http"),
        ("http.url", "https://logs.example.com/"),
        ("http.tls_cert_file", cert),
        ("http.tls_key_file", key),
    ];
    let keys: BTreeMap<String, String> =
        keys.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect();
    let problems = Instance::start(0, &keys).err().unwrap_or_default();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn files_that_cannot_be_used_are_told_at_the_start() {
    let (authority, folder) = (Authority::new(), TempDir::new());
    let (cert, key) = files(&folder, "client", &authority.issue("router", 2100));
    let (other_cert, _) = files(&folder, "other", &authority.issue("router", 2100));
    let sealed = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let sealed = folder.file("sealed.key", sealed).display().to_string();
    let text = folder.file("text.pem", "no PEM").display().to_string();
    for (cert, key, expected) in [
        (cert.as_str(), "/nowhere/client.key", "http.tls_key_file: cannot read /nowhere/client.key"),
        ("/nowhere/client.pem", key.as_str(), "http.tls_cert_file: cannot read /nowhere/client.pem"),
        (&text, &key, "http.tls_cert_file: "),
        (&cert, &text, "http.tls_key_file: "),
        (&cert, &sealed, "a passphrase is removed with: openssl pkey"),
        (&key, &key, "holds no PEM certificate"),
        (&other_cert, &key, "is not the key of the certificate in"),
    ] {
        let found = problems(cert, key);
        assert!(matches!(found.as_slice(), [one] if one.contains(expected)), "{expected}: {found:?}");
        assert!(!found[0].contains("PRIVATE KEY"), "{found:?}");
    }
    assert_eq!(problems(&cert, &key), [""; 0]);
}
