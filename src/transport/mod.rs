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

use tokio::sync::Mutex;

use self::aws::Signer;
use self::http::{Client, Failure};
use self::oauth2::TokenSource;
pub use self::tls::UnusableFile;
use crate::config::ClientCertificate;
use crate::destination::{Endpoint, HttpRequest, Network, Reply};
use crate::encode::payload::Payload;
use crate::threads;

/// What `delivery` sends through; tests give it replies from a script.
pub trait SendRequest {
    /// Sends one request and returns its reply.
    fn send(&self, endpoint: &Endpoint) -> impl Future<Output = Result<Reply, Failure>>;

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

    /// For a destination behind a network. Fails when a file that its keys name cannot be used.
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
    async fn send(&self, endpoint: &Endpoint) -> Result<Reply, Failure> {
        match (endpoint, &self.remote) {
            (Endpoint::Http(request) | Endpoint::Uncompressed { request, .. }, Some(remote)) => {
                return remote.send(request).await;
            }
            (Endpoint::Http(_) | Endpoint::Uncompressed { .. }, None) => {
                return Err(Failure::Local("no network is set up for this destination".to_owned()));
            }
            (Endpoint::File { path, mode, lines }, _) => local::append(path, *mode, lines)?,
            (Endpoint::Stdout(lines), _) => local::print(lines)?,
            (Endpoint::Spool { name, lines }, _) => self.append_to_spool(name, lines).await?,
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
    async fn send(&self, request: &HttpRequest) -> Result<Reply, Failure> {
        match (request.sign, &self.signer, &self.tokens) {
            (Some(service), Some(signer), _) => {
                let mut signed = request.clone();
                signer.sign(&mut signed, service).await?;
                self.client.send(&signed, self.timeout).await
            }
            (_, _, Some(tokens)) => {
                let mut authorized = request.clone();
                tokens.authorize(&mut authorized).await?;
                self.client.send(&authorized, self.timeout).await
            }
            _ => self.client.send(request, self.timeout).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let lines = |bytes: usize| Endpoint::Spool { name: b"o".to_vec(), lines: vec![b'x'; bytes].into() };
        let sizes = [threads::LARGE_BYTES, 1, threads::LARGE_BYTES + 1, 2];
        let [a, b, c, d] = sizes.map(lines);
        let sent =
            tokio::join!(transport.send(&a), transport.send(&b), transport.send(&c), transport.send(&d));
        assert!(sent.0.is_ok() && sent.1.is_ok() && sent.2.is_ok() && sent.3.is_ok());
        assert_eq!(*spool.0.lock().unwrap(), sizes);
    }
}
