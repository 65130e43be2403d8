//! The only sockets and output files: one endpoint in, one reply out.
//!
//! Owns: which client and which signer a destination uses. Does not own: when to send, or what a reply means.

pub mod aws;
pub(crate) mod disk;
pub mod http;
mod local;
pub(crate) mod open_folder;
mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::aws::Signer;
use self::http::{Client, Failure};
use crate::destination::{Endpoint, HttpRequest, Network, Reply};
use crate::encode::payload::Payload;

/// What `delivery` sends through; tests give it replies from a script.
pub trait SendRequest {
    /// Sends one request and returns its reply.
    fn send(&self, endpoint: &Endpoint) -> impl Future<Output = Result<Reply, Failure>>;

    /// Asks for other credentials before the next request: the service refused those in use.
    fn credentials_refused(&self);

    /// Signs later requests for this region instead of the configured one.
    fn set_region(&self, _region: &str) {}
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
}

#[derive(Debug)]
struct Remote {
    client: Client,
    timeout: Duration,
    signer: Option<Signer>,
}

impl Transport {
    /// For a destination on this machine.
    #[must_use]
    pub fn local() -> Self {
        Self { remote: None, spool: None }
    }

    /// For a destination behind a network. Fails with words for the user when `ca_file` cannot be read.
    pub fn remote(network: &Network) -> Result<Self, String> {
        let ca_file = network.ca_file.as_deref();
        let client =
            if network.identity.is_some() { Client::for_aws(ca_file)? } else { Client::new(ca_file)? };
        let signer = network.identity.clone().map(|identity| Signer::new(identity, client.clone()));
        Ok(Self { remote: Some(Remote { client, timeout: network.timeout, signer }), spool: None })
    }

    /// Adds the spool, for a destination whose objects are filled on disk.
    #[must_use]
    pub fn with_spool(self, spool: Arc<dyn AppendLines>) -> Self {
        Self { spool: Some(spool), ..self }
    }

    fn append_to_spool(&self, name: &[u8], lines: &Payload) -> Result<(), Failure> {
        match &self.spool {
            Some(spool) => spool.append_lines(name, lines),
            None => Err(Failure::Local("no spool is set up for this destination".to_owned())),
        }
    }

    fn signer(&self) -> Option<&Signer> {
        self.remote.as_ref()?.signer.as_ref()
    }
}

impl SendRequest for Transport {
    async fn send(&self, endpoint: &Endpoint) -> Result<Reply, Failure> {
        match (endpoint, &self.remote) {
            (Endpoint::Http(request), Some(remote)) => return remote.send(request).await,
            (Endpoint::Http(_), None) => {
                return Err(Failure::Local("no network is set up for this destination".to_owned()));
            }
            (Endpoint::File { path, mode, lines }, _) => local::append(path, *mode, lines)?,
            (Endpoint::Stdout(lines), _) => local::print(lines)?,
            (Endpoint::Spool { name, lines }, _) => self.append_to_spool(name, lines)?,
        }
        Ok(Reply { status: 200, ..Reply::default() })
    }

    fn credentials_refused(&self) {
        if let Some(signer) = self.signer() {
            signer.credentials_refused();
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
        match (request.sign, &self.signer) {
            (Some(service), Some(signer)) => {
                let mut signed = request.clone();
                signer.sign(&mut signed, service).await?;
                self.client.send(&signed, self.timeout).await
            }
            _ => self.client.send(request, self.timeout).await,
        }
    }
}
