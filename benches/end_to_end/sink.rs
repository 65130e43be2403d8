//! The endpoint of every output: TLS, a thread for each connection, everything is accepted and counted.
//!
//! A process of its own, so that the kernel does not account it to anybody else. It says its port; told anything, it says
//! its [`Tally`] as JSON. When nobody can tell it anything any more, it removes its directory and ends.

use std::ffi::OsStr;
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use flate2::read::GzDecoder;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::Fallible;
use crate::helper::Helper;
use crate::place;
use crate::request::Request;
use crate::tally::{Api, Tally};

pub(crate) const ROLE: &str = "--as-sink";

/// The endpoint as the benchmark has it.
pub(crate) struct Sink {
    helper: Helper,
    pub(crate) port: String,
}

impl Sink {
    /// Starts it; `ca.pem` is then in `place`.
    pub(crate) fn start(place: &Path) -> Fallible<Self> {
        let mut helper = Helper::start([OsStr::new(ROLE), place.as_os_str()], &[])?;
        let port = helper.answer()?;
        Ok(Self { helper, port })
    }

    pub(crate) fn report(&mut self) -> Fallible<Tally> {
        self.helper.tell("report")?;
        Ok(serde_json::from_str(&self.helper.answer()?)?)
    }
}

/// The endpoint's life.
pub(crate) fn serve(place: &Path) -> Fallible<()> {
    let tls = Arc::new(certified(place)?);
    let listener = listener()?;
    println!("{}", listener.local_addr()?.port());
    let tally = Arc::new(Mutex::new(Tally::default()));
    let own = Arc::clone(&tally);
    std::thread::spawn(move || accept(&listener, &tls, &own));
    for _ in std::io::stdin().lines().map_while(Result::ok) {
        let report = serde_json::to_string(&*tally.lock().unwrap_or_else(PoisonError::into_inner))?;
        println!("{report}");
    }
    // Whoever still writes there is being killed in this moment.
    std::thread::sleep(Duration::from_millis(200));
    place::remove(place);
    Ok(())
}

/// On the port of HTTPS where that is allowed: the `cloudwatch_logs` of Fluent Bit 1.9 knows no other.
fn listener() -> std::io::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", 443)).or_else(|_| TcpListener::bind(("127.0.0.1", 0)))
}

/// A server's certificate for localhost; that of its authority is written to `place`.
fn certified(place: &Path) -> Fallible<ServerConfig> {
    let mut authority = CertificateParams::default();
    // A name of its own: OpenSSL takes a certificate whose issuer has the same name as itself for self-signed.
    authority.distinguished_name.push(DnType::CommonName, "end_to_end");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate()?;
    std::fs::write(place.join("ca.pem"), authority.self_signed(&authority_key)?.pem())?;
    let key = KeyPair::generate()?;
    let issuer = Issuer::new(authority, authority_key);
    let certificate = CertificateParams::new(vec!["localhost".into()])?.signed_by(&key, &issuer)?;
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    Ok(config.with_single_cert(vec![certificate.der().clone()], key)?)
}

fn accept(listener: &TcpListener, tls: &Arc<ServerConfig>, tally: &Arc<Mutex<Tally>>) {
    for stream in listener.incoming().flatten() {
        let (tls, tally) = (Arc::clone(tls), Arc::clone(tally));
        std::thread::spawn(move || converse(stream, tls, &tally));
    }
}

/// Answers until the connection ends.
fn converse(stream: TcpStream, tls: Arc<ServerConfig>, tally: &Mutex<Tally>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let stream = StreamOwned::new(ServerConnection::new(tls).ok()?, stream);
    let mut stream = BufReader::with_capacity(256 << 10, stream);
    loop {
        let request = Request::read(&mut stream)?;
        let now = SystemTime::now();
        let api = api(&request);
        let answer = answer(api, &request);
        stream.get_mut().write_all(answer.as_bytes()).ok()?;
        stream.get_mut().flush().ok()?;
        // Whoever waits for the answer does not wait for this.
        let text = if api == Api::Datadog { plain(request.body.clone()) } else { Vec::new() };
        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.add(api, request.body.len());
        tally.arrived(&text, now);
    }
}

fn api(request: &Request) -> Api {
    match request {
        Request { operation, .. } if !operation.is_empty() => Api::CloudWatch,
        Request { path, .. } if path.starts_with("/archive") => Api::S3,
        _ => Api::Datadog,
    }
}

/// Of a body that may be gzip.
fn plain(body: Vec<u8>) -> Vec<u8> {
    let mut text = Vec::new();
    match GzDecoder::new(body.as_slice()).read_to_end(&mut text) {
        Ok(_) => text,
        Err(_) => body,
    }
}

/// What each service says when all is well. Fluent Bit 1.9 wants a sequence token, and every release an id of the
/// request.
fn answer(api: Api, request: &Request) -> String {
    let (status, body) = match api {
        Api::CloudWatch => ("200 OK", r#"{"nextSequenceToken":"1"}"#),
        Api::S3 if request.path.contains("uploads") => (
            "200 OK",
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
        ),
        Api::S3 => ("200 OK", ""),
        Api::Datadog => ("202 Accepted", "{}"),
    };
    format!(
        "HTTP/1.1 {status}\r\nx-amzn-RequestId: 11112222-3333-4444-5555-666677778888\r\nETag: \"0\"\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
