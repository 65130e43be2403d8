//! How a destination is reached: time, concurrency, trust and identity.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::{ClientCertificate, Identity, KeyReader, OAuth2Client, RequestAuth};

/// How a destination is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// How long one request may take.
    pub timeout: Duration,
    /// The most requests at one time.
    pub concurrency: usize,
    /// The least time from the start of one request to the start of the next.
    pub min_interval: Option<Duration>,
    /// File of certificate authorities to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The AWS identity that requests are signed with; `None` outside AWS.
    pub identity: Option<Identity>,
    /// The client that gets tokens for requests; `None` where they have none.
    pub oauth2: Option<OAuth2Client>,
    /// The certificate to show to a server that asks for one.
    pub certificate: Option<ClientCertificate>,
}

impl Network {
    /// Reads the keys of every destination behind a network.
    pub(super) fn read(reader: &KeyReader<'_>) -> Self {
        Self {
            timeout: reader.duration("timeout"),
            concurrency: reader.count("concurrency"),
            min_interval: None,
            ca_file: reader.text("ca_file").map(PathBuf::from),
            identity: None,
            oauth2: None,
            certificate: None,
        }
    }

    /// Reads the keys of a destination whose requests prove who sends by `auth`.
    pub(super) fn read_api(reader: &KeyReader<'_>, url: &str, auth: &RequestAuth) -> Self {
        let network = Self { certificate: ClientCertificate::read(reader, url), ..Self::read(reader) };
        match auth.clone() {
            RequestAuth::Headers => network,
            RequestAuth::Aws { identity, .. } => Self { identity: Some(identity), ..network },
            RequestAuth::OAuth2(client) => Self { oauth2: Some(client), ..network },
        }
    }

    /// Reads the keys of a destination of AWS, whose requests are signed as `identity`.
    pub(super) fn read_aws(reader: &KeyReader<'_>, identity: &Identity) -> Self {
        Self { identity: Some(identity.clone()), ..Self::read(reader) }
    }
}
