//! The HTTP client: sends one request, reads one reply.
//!
//! Owns: proxies, timeouts, kinds of failure. Does not own: whether to try again (`delivery`), or what a status
//! means (`destination`). No redirects are followed: they could carry credentials to another host.

use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::BytesMut;

use super::tls::{self, UnusableFile};
use crate::config::{ClientCertificate, is_local_host};
use crate::destination::{HttpRequest, Reply};
use crate::encode::payload::{Payload, PayloadStream};
use crate::threads;

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
    #[error("connection closed before the reply: {0}")]
    Interrupted(String),
    /// No credentials to sign with.
    #[error("no AWS credentials: {0}; give the task definition a taskRoleArn, or the instance a role")]
    Credentials(String),
    /// The token endpoint did not answer, or not now.
    #[error("no access token: {0}")]
    Token(String),
    /// The token endpoint refuses the client.
    #[error("no access token: {what}")]
    TokenRefused {
        /// What it said.
        what: String,
        /// The keys to look at, without their destination.
        keys: &'static [&'static str],
    },
    /// A file or pipe on this machine.
    #[error("{0}")]
    Local(String),
    /// A file on this machine that a person must make writable.
    #[error("{0}")]
    Path(String),
}

impl Failure {
    /// Whether the service had the request, or a part of it, and did not answer.
    pub(crate) const fn is_cut_off(&self) -> bool {
        matches!(self, Self::Timeout(_) | Self::Interrupted(_))
    }

    /// The keys of the destination `name` to look at, as an order; `None` where no key is to blame.
    #[must_use]
    pub fn advice(&self, name: &str) -> Option<String> {
        match self {
            Self::Token(_) => Some(format!("check {name}.token_url if it goes on")),
            Self::TokenRefused { keys, .. } => {
                let keys: Vec<String> = keys.iter().map(|key| format!("{name}.{key}")).collect();
                Some(format!("check {}", keys.join(", ")))
            }
            Self::Path(_) => Some(format!("check {name}.path")),
            _ => None,
        }
    }
}

/// A reply's body is read up to here; no service's reply is longer.
const MAX_REPLY_BYTES: usize = 1 << 20;

/// Names a PEM file of authorities
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html>, read 2026-11).
const CA_BUNDLE_VARIABLE: &str = "AWS_CA_BUNDLE";

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Pooled connections to one set of trusted authorities.
#[derive(Debug, Clone)]
pub struct Client {
    /// Goes through a proxy where one is set.
    proxied: reqwest::Client,
    /// For addresses on this machine or link, which no proxy can reach.
    direct: reqwest::Client,
}

impl Client {
    /// Trusts the machine's authorities, Mozilla's where the machine has none, and those of `ca_file`.
    ///
    /// # Errors
    /// `ca_file` cannot be read; in words for the user.
    pub fn new(ca_file: Option<&Path>) -> Result<Self, String> {
        Self::with_certificate(ca_file, None).map_err(|file| file.what)
    }

    /// Trusts the same authorities as [`Self::new`], and shows `certificate` to servers that ask for one.
    ///
    /// # Errors
    /// `ca_file` or a file of the certificate cannot be used.
    pub fn with_certificate(
        ca_file: Option<&Path>,
        certificate: Option<&ClientCertificate>,
    ) -> Result<Self, UnusableFile> {
        let tls = tls::client_config(ca_file, certificate)?;
        let build = |builder: reqwest::ClientBuilder| {
            builder
                .tls_backend_preconfigured(tls.clone())
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(CONNECT_TIMEOUT)
                // Below the idle limits of AWS's front ends, so that they never close first.
                .pool_idle_timeout(Duration::from_secs(15))
                .user_agent(concat!("fluent-bit-ecs-router/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(|error| UnusableFile {
                    key: "ca_file",
                    what: format!("cannot set up the HTTP client: {}", root_cause(&error)),
                })
        };
        Ok(Self {
            proxied: build(reqwest::Client::builder())?,
            direct: build(reqwest::Client::builder().no_proxy())?,
        })
    }

    /// For AWS: trusts the authorities of `AWS_CA_BUNDLE` where there is no `ca_file`, as AWS's own tools do.
    ///
    /// # Errors
    /// The file cannot be read; in words for the user.
    pub fn for_aws(ca_file: Option<&Path>) -> Result<Self, String> {
        match (ca_file, aws_bundle()) {
            (None, Some(bundle)) => {
                Self::new(Some(&bundle)).map_err(|error| format!("{CA_BUNDLE_VARIABLE}: {error}"))
            }
            (ca_file, _) => Self::new(ca_file),
        }
    }

    /// Sends one request and reads its reply, all within `timeout`. A connection that breaks after the status makes a
    /// truncated reply and no failure: for many services the status says it all.
    ///
    /// # Errors
    /// No status arrived: there was no connection, it broke, or the time was up.
    pub async fn send(&self, request: &HttpRequest, timeout: Duration) -> Result<Reply, Failure> {
        let host = host(&request.url);
        let client = if is_local_host(&host) { &self.direct } else { &self.proxied };
        let sending = client
            .request(request.method.clone(), &request.url)
            .headers(request.headers.clone())
            .body(reqwest_body(&request.body))
            .timeout(timeout)
            .send();
        threads::exchange(async move {
            let response = sending.await.map_err(|error| classify_error(&host, &error))?;
            Ok(read_reply(response).await)
        })
        .await
    }
}

/// The file of authorities that AWS's own tools trust besides the machine's.
pub(super) fn aws_bundle() -> Option<PathBuf> {
    std::env::var_os(CA_BUNDLE_VARIABLE).filter(|bundle| !bundle.is_empty()).map(PathBuf::from)
}

/// The body in one piece or as a stream. Of both hyper knows the length, so it sends a Content-Length.
fn reqwest_body(body: &Payload) -> reqwest::Body {
    match body.parts().count() {
        ..=1 => body.to_bytes().into(),
        _ => reqwest::Body::wrap(PayloadStream::from(body)),
    }
}

async fn read_reply(mut response: reqwest::Response) -> Reply {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = BytesMut::new();
    let truncated = loop {
        match response.chunk().await {
            Ok(Some(piece)) => {
                let kept = piece.len().min(MAX_REPLY_BYTES - body.len());
                body.extend_from_slice(piece.get(..kept).unwrap_or_default());
                if body.len() == MAX_REPLY_BYTES {
                    break false;
                }
            }
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    Reply { status, headers, body: body.freeze(), truncated }
}

fn classify_error(host: &str, error: &reqwest::Error) -> Failure {
    if error.is_connect() {
        Failure::Connect(format!("{host}: {}", with_advice(root_cause(error))))
    } else if error.is_timeout() {
        Failure::Timeout(host.to_owned())
    } else {
        Failure::Interrupted(format!("{host}: {}", with_advice(root_cause(error))))
    }
}

/// What certificates have to do with it, in the keys of the destination.
fn with_advice(cause: String) -> String {
    let advice = [
        ("UnknownIssuer", "name the authority of its certificate in ca_file"),
        ("NotValidForName", "its certificate is for another host; correct the address"),
        ("CertificateRequired", "it wants a client certificate: set tls_cert_file and tls_key_file"),
    ];
    match advice.iter().find(|(sign, _)| cause.contains(sign)) {
        Some((_, advice)) => format!("{cause}; {advice}"),
        None => cause,
    }
}

/// The innermost cause of an error, without its address, which can hold a secret.
fn root_cause(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.last().map_or_else(|| "request failed".to_owned(), ToString::to_string)
}

/// The host of a URL, for messages.
pub(super) fn host(url: &str) -> String {
    reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
