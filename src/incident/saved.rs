//! What survives a restart, as JSON with a version.

use serde::{Deserialize, Serialize};

use super::closed::ClosedIncident;
use super::group::GroupId;
use super::open::OpenIncident;
use super::outbox::IncidentNews;
use super::revisions::SeenRevision;

/// Grows with each change that an older version would misread.
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    version: u32,
    pub(super) open: Vec<(GroupId, OpenIncident)>,
    pub(super) closed: Vec<ClosedIncident>,
    /// News that is not known to be delivered.
    pub(super) owed: Vec<IncidentNews>,
    /// Stops that were counted.
    seen: Vec<u64>,
    /// Whose incidents these were counted in, in the same order.
    #[serde(default)]
    counted_in: Vec<Option<GroupId>>,
    /// Revisions of services.
    #[serde(default)]
    pub(super) revisions: Vec<SeenRevision>,
}

impl Saved {
    /// Stops that were counted, and whose incidents in.
    pub(super) fn seen(&self) -> impl Iterator<Item = (u64, Option<GroupId>)> {
        let groups = self.counted_in.iter().copied().chain(std::iter::repeat(None));
        self.seen.iter().copied().zip(groups)
    }
}

/// Read before the rest, which may have changed.
#[derive(Deserialize)]
struct Head {
    version: u32,
}

pub(super) fn write(
    open: Vec<(GroupId, OpenIncident)>,
    closed: Vec<ClosedIncident>,
    owed: Vec<IncidentNews>,
    seen: impl Iterator<Item = (u64, Option<GroupId>)>,
    revisions: Vec<SeenRevision>,
) -> Vec<u8> {
    let (seen, counted_in) = seen.unzip();
    // No map in it has keys other than texts, and no writer fails.
    serde_json::to_vec(&Saved { version: VERSION, open, closed, owed, seen, counted_in, revisions })
        .unwrap_or_default()
}

pub(super) fn read(text: &[u8]) -> Result<Saved, String> {
    let Head { version } = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if version != VERSION {
        return Err(format!("it was written by another version (format {version}, here {VERSION})"));
    }
    serde_json::from_slice(text).map_err(|error| error.to_string())
}
