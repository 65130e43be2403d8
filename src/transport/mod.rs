//! The only sockets and output files: one endpoint in, one reply out.
//!
//! Owns: which client, which signer and which source of tokens a destination uses. Does not own: when to send, or what a reply means.

pub mod aws;
pub(crate) mod disk;
pub mod http;
mod local;
mod oauth2;
pub(crate) mod open_folder;
mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderValue, header};
use tokio::sync::Mutex;

use self::aws::{Signer, SigningKey};
use self::http::{Client, Failure};
use self::oauth2::TokenSource;
pub use self::tls::UnusableFile;
use crate::config::ClientCertificate;
use crate::destination::{Endpoint, HttpRequest, Network, Reply, Request};
use crate::encode::payload::Payload;
use crate::threads;

/// What `delivery` sends through; tests give it replies from a script.
pub trait SendRequest {
    /// Sends one request, its body compressed first where that is still to be done, and returns the reply. From then on
    /// `request` is the one that was sent, to be sent again without compressing it again.
    fn send(&self, request: &mut Request) -> impl Future<Output = Result<Reply, Failure>>;

    /// Asks for other credentials before the next request: the service refused those in use.
    fn credentials_refused(&self);

    /// Signs later requests for this region instead of the configured one.
    fn set_region(&self, _region: &str) {}

    /// What to check of the destination `name` when fresh credentials are refused, too.
    fn credentials_hint(&self, name: &str) -> String {
        aws_hint(name)
    }
}

fn aws_hint(name: &str) -> String {
    format!(
        "check the task role, or AWS_ACCESS_KEY_ID where it is set, and {name}.role_arn and {name}.region"
    )
}

/// Takes the lines of objects that are filled on disk.
pub trait AppendLines: fmt::Debug + Send + Sync {
    /// Adds lines to the object of this name: all of them, or none when it fails.
    fn append_lines(&self, name: &[u8], lines: &Payload) -> Result<(), Failure>;
}

/// The way to one destination.
#[derive(Debug)]
pub struct Transport {
    remote: Option<Remote>,
    spool: Option<Arc<dyn AppendLines>>,
    /// Lines reach the spool in the order in which they are sent.
    appending: Mutex<()>,
}

#[derive(Debug)]
struct Remote {
    client: Client,
    timeout: Duration,
    signer: Option<Signer>,
    tokens: Option<TokenSource>,
}

/// What is wrong with the files of a client's certificate; `None`: a server can be shown it.
#[must_use]
pub fn certificate_problem(certificate: &ClientCertificate) -> Option<UnusableFile> {
    tls::client_config(None, Some(certificate)).err()
}

impl Transport {
    /// For a destination on this machine.
    #[must_use]
    pub fn local() -> Self {
        Self { remote: None, spool: None, appending: Mutex::default() }
    }

    /// For a destination behind a network.
    ///
    /// # Errors
    /// A file that its keys name cannot be used.
    pub fn remote(network: &Network) -> Result<Self, UnusableFile> {
        let ca_file = network.ca_file.as_deref();
        let plain =
            || if network.identity.is_some() { Client::for_aws(ca_file) } else { Client::new(ca_file) };
        let plain = plain().map_err(|what| UnusableFile { key: "ca_file", what })?;
        let client = match &network.certificate {
            Some(certificate) => {
                let bundle = network.identity.as_ref().and_then(|_| http::aws_bundle());
                Client::with_certificate(ca_file.or(bundle.as_deref()), Some(certificate))?
            }
            None => plain.clone(),
        };
        // The certificate is for the destination, not for those that hand out credentials.
        let signer = network.identity.clone().map(|identity| Signer::new(identity, plain));
        let tokens = network.oauth2.clone().map(|oauth2| TokenSource::new(oauth2, client.clone()));
        let remote = Remote { client, timeout: network.timeout, signer, tokens };
        Ok(Self { remote: Some(remote), ..Self::local() })
    }

    /// Adds the spool, for a destination whose objects are filled on disk.
    #[must_use]
    pub fn with_spool(self, spool: Arc<dyn AppendLines>) -> Self {
        Self { spool: Some(spool), ..self }
    }

    async fn append_to_spool(&self, name: &[u8], lines: &Payload) -> Result<(), Failure> {
        let Some(spool) = self.spool.clone() else {
            return Err(Failure::Local("no spool is set up for this destination".to_owned()));
        };
        let _in_order = self.appending.lock().await;
        let name = name.to_vec();
        let lines = lines.clone();
        threads::compute(lines.len(), move || spool.append_lines(&name, &lines)).await
    }

    fn signer(&self) -> Option<&Signer> {
        self.remote.as_ref()?.signer.as_ref()
    }

    fn tokens(&self) -> Option<&TokenSource> {
        self.remote.as_ref()?.tokens.as_ref()
    }
}

impl SendRequest for Transport {
    async fn send(&self, request: &mut Request) -> Result<Reply, Failure> {
        match &request.endpoint {
            Endpoint::Http(_) | Endpoint::Uncompressed { .. } => {
                return self.remote.as_ref().ok_or_else(no_network)?.send(request).await;
            }
            Endpoint::File { path, mode, lines } => local::append(path, *mode, lines)?,
            Endpoint::Stdout(lines) => local::print(lines)?,
            Endpoint::Spool { name, lines } => self.append_to_spool(name, lines).await?,
        }
        Ok(Reply { status: 200, ..Reply::default() })
    }

    fn credentials_refused(&self) {
        if let Some(signer) = self.signer() {
            signer.credentials_refused();
        }
        if let Some(tokens) = self.tokens() {
            tokens.refused();
        }
    }

    fn credentials_hint(&self, name: &str) -> String {
        match self.tokens() {
            Some(_) => format!(
                "check {name}.scope and {name}.audience, and that the service takes tokens of {name}.token_url"
            ),
            None => aws_hint(name),
        }
    }

    fn set_region(&self, region: &str) {
        if let Some(signer) = self.signer() {
            signer.set_region(region);
        }
    }
}

impl Remote {
    /// Whatever follows the credentials goes on beside the instance's thread, which may be encoding another chunk by then.
    async fn send(&self, request: &mut Request) -> Result<Reply, Failure> {
        let authorization = self.authorization(&request.endpoint).await?;
        let unsent = request.clone();
        let client = self.client.clone();
        let timeout = self.timeout;
        let exchange = async move {
            let bytes = bytes_to_compute(&unsent.endpoint, &authorization);
            let (sent, authorized) = threads::compute(bytes, move || prepare(unsent, &authorization)).await;
            let reply = match authorized {
                Ok(authorized) => client.send(&authorized, timeout).await,
                Err(failure) => Err(failure),
            };
            (sent, reply)
        };
        let (sent, reply) = threads::exchange(exchange).await;
        *request = sent;
        reply
    }

    async fn authorization(&self, endpoint: &Endpoint) -> Result<Authorization, Failure> {
        let service = endpoint.http().and_then(|request| request.sign);
        Ok(match (service, &self.signer, &self.tokens) {
            (Some(service), Some(signer), _) => Authorization::Signature(signer.key(service).await?),
            (_, _, Some(tokens)) => Authorization::Token(tokens.token().await?),
            _ => Authorization::Included,
        })
    }
}

/// What makes a service take a request.
enum Authorization {
    /// Whatever the request has in it.
    Included,
    /// The value of `Authorization`.
    Token(HeaderValue),
    Signature(SigningKey),
}

impl Authorization {
    fn apply(&self, request: &mut HttpRequest) -> Result<(), Failure> {
        match self {
            Self::Included => {}
            Self::Token(token) => drop(request.headers.insert(header::AUTHORIZATION, token.clone())),
            Self::Signature(key) => key.sign(request)?,
        }
        Ok(())
    }
}

/// How many bytes [`prepare`] has to read.
fn bytes_to_compute(endpoint: &Endpoint, authorization: &Authorization) -> usize {
    match (endpoint, authorization) {
        (Endpoint::Uncompressed { request, .. }, _)
        | (Endpoint::Http(request), Authorization::Signature(_)) => request.body.len(),
        _ => 0,
    }
}

/// Compresses the body where that is still to be done. Returns the request, and what is sent of it this time.
fn prepare(request: Request, authorization: &Authorization) -> (Request, Result<HttpRequest, Failure>) {
    let request = request.compressed();
    let mut authorized = match request.endpoint.http() {
        Some(request) => request.clone(),
        None => return (request, Err(no_network())),
    };
    let applied = authorization.apply(&mut authorized);
    (request, applied.map(|()| authorized))
}

fn no_network() -> Failure {
    Failure::Local("no network is set up for this destination".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys::DestinationKind;
    use crate::destination::Purpose;
    use crate::destination::testing::{batch_of, open};

    /// Takes longer for long lines; says what came.
    #[derive(Debug, Default)]
    struct SlowSpool(std::sync::Mutex<Vec<usize>>);

    impl AppendLines for SlowSpool {
        fn append_lines(&self, _: &[u8], lines: &Payload) -> Result<(), Failure> {
            if lines.len() >= threads::LARGE_BYTES {
                std::thread::sleep(Duration::from_millis(30));
            }
            self.0.lock().unwrap().push(lines.len());
            Ok(())
        }
    }

    #[tokio::test]
    async fn lines_reach_the_spool_in_the_order_in_which_they_are_sent() {
        let spool = Arc::new(SlowSpool::default());
        let transport = Transport::local().with_spool(Arc::<SlowSpool>::clone(&spool));
        let lines = |bytes: usize| Request {
            purpose: Purpose::Deliver,
            endpoint: Endpoint::Spool { name: b"o".to_vec(), lines: vec![b'x'; bytes].into() },
        };
        let sizes = [threads::LARGE_BYTES, 1, threads::LARGE_BYTES + 1, 2];
        let [mut a, mut b, mut c, mut d] = sizes.map(lines);
        let sent = tokio::join!(
            transport.send(&mut a),
            transport.send(&mut b),
            transport.send(&mut c),
            transport.send(&mut d)
        );
        assert!(sent.0.is_ok() && sent.1.is_ok() && sent.2.is_ok() && sent.3.is_ok());
        assert_eq!(*spool.0.lock().unwrap(), sizes);
    }

    /// Where the compressed body stands in memory, and how long it is.
    fn body(request: &Request) -> (*const u8, usize) {
        let Endpoint::Http(request) = &request.endpoint else { panic!("{request:?}") };
        assert_eq!(request.headers["content-encoding"], "gzip");
        let body = request.body.to_bytes();
        (body.as_ptr(), body.len())
    }

    #[tokio::test]
    async fn a_body_is_compressed_once_however_often_it_is_sent() {
        let nobody = "http://127.0.0.1:1";
        let datadog =
            open(DestinationKind::Datadog, &[("api_key", "k"), ("compress", "gzip"), ("endpoint", nobody)]);
        let lines = vec![serde_json::json!({"log": "GET /api/v1/orders 200 ".repeat(10)}); 900];
        let mut request = datadog.uncompressed_request(&batch_of(&datadog, &lines));
        assert!(request.endpoint.bytes_sent() > threads::LARGE_BYTES as u64);
        let transport = Transport::remote(&Network::default()).unwrap();
        assert!(transport.send(&mut request).await.is_err());
        let first = body(&request);
        assert!(first.1 < 64 << 10);
        assert!(transport.send(&mut request).await.is_err());
        assert_eq!(body(&request), first);
    }
}
