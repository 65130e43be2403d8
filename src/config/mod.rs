//! What the user wrote → what it means, with every problem found at once.
//!
//! Owns: the table of keys ([`keys::KEYS`]), reading them, and the rules between them. Does not own: the
//! environment, the network, or anything a key's value leads to. Fluent Bit lets a plugin look keys up but not
//! list them, so names are found by following the routes: a route lists destinations, a destination
//! `<name>` has the keys `<name>.<setting>`.

mod address;
mod classes;
pub mod endpoint;
mod environment;
mod error;
mod events;
mod exposure;
mod fetch_logs;
mod identity;
mod incidents;
mod join;
pub mod keys;
mod level;
mod limits;
mod metrics;
mod parse;
mod pattern;
mod reader;
mod recorder;
mod redaction;
mod request_auth;
mod routes;
mod settings;

pub use address::{is_local_host, shown_address, shown_text};
pub use environment::{AwsEnvironment, AwsEnvironments, aws_address};
pub use error::Problem;
pub use events::{MetadataMode, MetadataSettings, QueueSettings, StopSettings, queue_needs_region};
pub use exposure::exposures;
pub use fetch_logs::{FetchLogsSettings, LogNames, idle_changes};
pub use identity::Identity;
pub use incidents::{GroupField, IncidentSettings};
pub use level::idle_level_routes;
pub use metrics::EmfSettings;
pub use reader::{KeyReader, Lookup, within_quotes};
pub use recorder::{RecorderSettings, recorder_advice};
pub use request_auth::{
    ClientCertificate, OAuth2Client, RequestAuth, is_key_material, is_signed, names_region,
};
pub use routes::DestinationSettings;
pub use settings::{Common, Fields, Settings};

/// A text that must not be shown: `Debug` and `Display` mask it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Masks `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for the place that sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("******")
    }
}

impl std::fmt::Display for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("******")
    }
}

#[cfg(test)]
mod tests;
