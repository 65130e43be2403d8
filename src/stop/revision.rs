//! The revision of a deployment that failed and the one before it, as the report shows them. Which two those are decides
//! `incident`; what changed between them is read by `log_reader`.

use serde::{Deserialize, Serialize};

use super::kind::MissingLines;

/// What a deployment that failed was to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRevision {
    /// The number of the revision.
    pub revision: String,
    /// The tag of its image, as its stops tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_tag: Option<String>,
    /// How many of its tasks stopped unplanned, as far as they were seen.
    pub stops: u64,
    /// How many tasks the service wants, if ECS could be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<u64>,
    /// Why that is not known, if it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_missing: Option<MissingLines>,
    /// What ran before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousRevision>,
    /// Its ARN, or `family:revision`; unknown when it is read back.
    #[serde(skip)]
    pub definition: Option<String>,
}

/// The revision to compare a failed one with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousRevision {
    /// The number of the revision.
    pub revision: String,
    /// How many of its tasks stopped unplanned and are not recovered from, as far as they were seen.
    pub stops: u64,
    /// How one knows that it ran before.
    pub known_by: RevisionSource,
    /// Its ARN, or `family:revision`; unknown when it is read back.
    #[serde(skip)]
    pub definition: String,
}

/// How one knows which revision ran before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevisionSource {
    /// ECS goes back to its deployment.
    Rollback,
    /// Tasks of it were seen to stop.
    Stops,
    /// It has the number before; whether it ever ran is not known.
    Number,
}

/// What asking ECS about a deployment that failed came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadChanges {
    /// Which revision failed.
    pub failed: FailedRevision,
    /// One line for each change since the revision before, or why they are not known; `None`: there is nothing to compare.
    pub changes: Option<Result<Vec<String>, MissingLines>>,
}

impl FailedRevision {
    /// Fills in how many tasks the service wants, or why that is not known.
    pub fn note_desired(&mut self, desired: Result<u64, MissingLines>) {
        match desired {
            Ok(desired) => self.desired = Some(desired),
            Err(why) => self.desired_missing = Some(why),
        }
    }

    /// The definitions to compare, the earlier first; `None`: there is nothing to compare.
    #[must_use]
    pub fn compared(&self) -> Option<(&str, &str)> {
        let before = &*self.previous.as_ref()?.definition;
        let after = self.definition.as_deref()?;
        (before != after).then_some((before, after))
    }
}
