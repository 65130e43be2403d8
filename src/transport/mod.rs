//! Carries a request out of the house: over the network (signed where asked), to a file, to the spool, to standard
//! output.
//!
//! Owns: which client and which signer a destination uses. Does not own: when to send, or what a reply means.

pub mod aws;
pub mod http;

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use self::aws::Signer;
use self::http::{Client, Failure};
use crate::destination::{Endpoint, HttpRequest, Network, Reply};
use crate::encode::payload::Payload;
use crate::object::spool::Spool;

/// What `deliver` sends through; tests give it replies from a script.
pub trait SendRequest {
    /// Sends one request and answers with its reply.
    fn send(&self, outlet: &Endpoint) -> impl Future<Output = Result<Reply, Failure>>;

    /// The service refused the credentials.
    fn credentials_refused(&self);

    /// What is asked for is in another region than the configured one.
    fn set_region(&self, _region: &str) {}
}

/// The real way out for one destination.
#[derive(Debug)]
pub struct Transport {
    remote: Option<Remote>,
    spool: Option<Arc<Spool>>,
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
        let client = Client::new(network.ca_file.as_deref())?;
        let signer = network.identity.clone().map(|identity| Signer::new(identity, client.clone()));
        Ok(Self { remote: Some(Remote { client, timeout: network.timeout, signer }), spool: None })
    }

    /// The same for a destination whose objects are filled on disk.
    #[must_use]
    pub fn with_spool(self, spool: Spool) -> Self {
        Self { spool: Some(Arc::new(spool)), ..self }
    }

    /// Where its objects are filled.
    #[must_use]
    pub fn spool(&self) -> Option<Arc<Spool>> {
        self.spool.clone()
    }

    fn fill(&self, name: &[u8], lines: &Payload) -> Result<(), Failure> {
        match &self.spool {
            Some(spool) => spool.append(name, lines).map_err(|refusal| Failure::Local(refusal.to_string())),
            None => Err(Failure::Local("no spool is set up for this destination".to_owned())),
        }
    }
}

impl SendRequest for Transport {
    async fn send(&self, outlet: &Endpoint) -> Result<Reply, Failure> {
        match (outlet, &self.remote) {
            (Endpoint::Http(request), Some(remote)) => remote.send(request).await,
            (Endpoint::Http(_), None) => {
                Err(Failure::Local("no network is set up for this destination".to_owned()))
            }
            (Endpoint::File { path, mode, lines }, _) => append(path, *mode, lines).map(|()| done()),
            (Endpoint::Stdout(lines), _) => print(lines).map(|()| done()),
            (Endpoint::Spool { name, lines }, _) => self.fill(name, lines).map(|()| done()),
        }
    }

    fn credentials_refused(&self) {
        if let Some(signer) = self.remote.as_ref().and_then(|remote| remote.signer.as_ref()) {
            signer.refused();
        }
    }

    fn set_region(&self, region: &str) {
        if let Some(signer) = self.remote.as_ref().and_then(|remote| remote.signer.as_ref()) {
            signer.moved(region);
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

fn done() -> Reply {
    Reply { status: 200, ..Reply::default() }
}

/// One write per batch under the file's lock, so that lines of several instances never mix.
fn append(path: &Path, mode: u32, lines: &Payload) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Local(format!("cannot write {}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file =
        std::fs::OpenOptions::new().create(true).append(true).mode(mode).open(path).map_err(failed)?;
    file.lock().map_err(failed)?;
    let before = file.metadata().map_err(failed)?.len();
    lines.parts().try_for_each(|piece| file.write_all(piece)).map_err(|error| {
        // Half a batch must not stay: it would stand there twice after the next try.
        file.set_len(before).ok();
        failed(error)
    })
}

fn print(lines: &Payload) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    lines
        .parts()
        .try_for_each(|piece| out.write_all(piece))
        .and_then(|()| out.flush())
        .map_err(|error| Failure::Local(format!("cannot print: {error}")))
}
