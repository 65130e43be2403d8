//! The only socket: sends one HTTP request, reads one reply.
//!
//! Owns: TLS, proxies, timeouts, kinds of failure. Does not own: whether to try again (`deliver`), or what a
//! status means (`destination`). No redirects are followed: they could carry credentials to another host.

use std::error::Error as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::destination::{HttpRequest, Reply};
use crate::encode::payload::{Payload, PayloadStream};

/// Why there is no reply. Every kind may be tried again; what differs is what may already have happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No connection: nothing was sent.
    #[error("cannot connect to {0}")]
    Connect(String),
    /// No reply in time: the service may have accepted the request.
    #[error("no reply from {0} in time")]
    Timeout(String),
    /// The connection broke: the service may have accepted the request.
    #[error("connection broken: {0}")]
    Interrupted(String),
    /// No credentials to sign with.
    #[error("no AWS credentials: {0}; give the task definition a taskRoleArn, or the instance a role")]
    Credentials(String),
    /// A file or pipe on this machine.
    #[error("{0}")]
    Local(String),
}

/// A reply's body is read up to here; no vendor's answer is longer.
const MAX_REPLY: usize = 1 << 20;

/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Clients of one start are made together; a hot reload comes later and finds new authorities.
const READ_AGAIN: Duration = Duration::from_secs(5);

/// Pooled connections to one set of trusted authorities.
#[derive(Debug, Clone)]
pub struct Client {
    outside: reqwest::Client,
    /// For addresses on this machine or link, which no proxy can reach.
    inside: reqwest::Client,
}

impl Client {
    /// Trusts the machine's authorities, Mozilla's where the machine has none, and those of `ca_file`.
    /// Fails with words for the user when `ca_file` cannot be read.
    pub fn new(ca_file: Option<&Path>) -> Result<Self, String> {
        let tls = tls(ca_file)?;
        let build = |builder: reqwest::ClientBuilder| {
            builder
                .tls_backend_preconfigured(tls.clone())
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(CONNECT_TIMEOUT)
                // Below the idle limits of AWS's front ends, so that they never close first.
                .pool_idle_timeout(Duration::from_secs(15))
                .user_agent(concat!("fluent-bit-ecs-router/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(|error| format!("cannot set up the HTTP client: {}", chain(&error)))
        };
        Ok(Self {
            outside: build(reqwest::Client::builder())?,
            inside: build(reqwest::Client::builder().no_proxy())?,
        })
    }

    /// Sends one request and reads its reply, all within `timeout`. What breaks after the status makes a reply that
    /// is cut, and no failure: for many services the status says it all.
    pub async fn send(&self, request: &HttpRequest, timeout: Duration) -> Result<Reply, Failure> {
        let host = host(&request.url);
        let client = if is_inside(&host) { &self.inside } else { &self.outside };
        let sending = client
            .request(request.method.clone(), &request.url)
            .headers(request.headers.clone())
            .body(sendable(&request.body))
            .timeout(timeout)
            .send();
        let response = sending.await.map_err(|error| failure(&host, &error))?;
        Ok(read(response).await)
    }
}

/// hyper knows the length of either and sends a Content-Length.
fn sendable(body: &Payload) -> reqwest::Body {
    match body.parts().count() {
        ..=1 => body.to_bytes().into(),
        _ => reqwest::Body::wrap(PayloadStream::from(body)),
    }
}

async fn read(mut response: reqwest::Response) -> Reply {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = BytesMut::new();
    let cut = loop {
        match response.chunk().await {
            Ok(Some(piece)) => {
                let room = MAX_REPLY - body.len();
                body.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
                if body.len() == MAX_REPLY {
                    break false;
                }
            }
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    Reply { status, headers, body: body.freeze(), truncated: cut }
}

fn failure(host: &str, error: &reqwest::Error) -> Failure {
    if error.is_connect() {
        Failure::Connect(format!("{host}: {}", chain(error)))
    } else if error.is_timeout() {
        Failure::Timeout(host.to_owned())
    } else {
        Failure::Interrupted(format!("{host}: {}", chain(error)))
    }
}

/// The causes of an error without its address, which can hold a secret.
fn chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes.pop().unwrap_or_else(|| "request failed".to_owned())
}

fn host(url: &str) -> String {
    reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

fn is_inside(host: &str) -> bool {
    host.starts_with("169.254.")
        || host.starts_with("127.")
        || matches!(host, "localhost" | "[::1]" | "[fd00:ec2::23]")
}

fn tls(ca_file: Option<&Path>) -> Result<rustls::ClientConfig, String> {
    let mut roots = machine_roots();
    if let Some(path) = ca_file {
        add_file(Arc::make_mut(&mut roots), path)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("cannot set up TLS: {error}"))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// The machine's authorities, or Mozilla's where it has none. They can be hundreds of files, so clients that are made
/// together share one reading.
fn machine_roots() -> Arc<RootCertStore> {
    static LAST: Mutex<Option<(Instant, Arc<RootCertStore>)>> = Mutex::new(None);
    // A time and a pointer are whole at any moment.
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, roots)) = last.as_ref().filter(|(read, _)| read.elapsed() < READ_AGAIN) {
        return Arc::clone(roots);
    }
    let roots = Arc::new(read_roots());
    *last = Some((Instant::now(), Arc::clone(&roots)));
    roots
}

fn read_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", path.display());
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
    let mut found = 0;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots.add(certificate).map_err(|error| unreadable(&error))?;
        found += 1;
    }
    if found == 0 { Err(format!("{} holds no PEM certificate", path.display())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_that_are_made_together_share_the_machines_authorities() {
        let first = Arc::as_ptr(&machine_roots());
        let again = machine_roots();
        assert!(!again.is_empty());
        assert_eq!(first, Arc::as_ptr(&again), "also when the first client is gone");
    }
}
