//! The incident that a stop belongs to, as its report shows it. Which one that is decides `incident`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where an incident stands, in the report of a stop or in news of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentReport {
    /// Whether it has just begun, goes on, or is over.
    pub state: IncidentState,
    /// Stops so far, this one included.
    pub count: u64,
    /// When the first of them happened.
    #[serde(with = "as_text")]
    pub first_at: i64,
    /// When the last of them happened.
    #[serde(with = "as_text")]
    pub last_at: i64,
    /// The revisions of the task definition that were seen, the latest last; at most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<String>,
    /// The services whose tasks stopped, where a lost host makes them several; at most fifty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Why it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<IncidentEnd>,
    /// For how many seconds no such stop came, when that is why it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_seconds: Option<u64>,
    /// It repeats on a service, so people are told of it as of an error, whatever the severity of its stops.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub escalated: bool,
    /// Its stops differ in container and exit code, for its service had too many incidents to open one for each.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub various: bool,
    /// Whether people are to be told now.
    #[serde(skip, default = "yes")]
    pub is_news: bool,
}

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// This is its first stop.
    Opened,
    /// It goes on.
    Continued,
    /// It is over.
    Resolved,
}

/// Why an incident is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentEnd {
    /// No such stop came for as long as `incident.quiet` says.
    Quiet,
    /// The service reached a steady state, and no such stop came after it.
    SteadyState,
    /// A deployment of the service was completed, and no such stop came after it.
    DeploymentCompleted,
    /// The deployment that failed was rolled back, and no such stop came after it.
    RolledBack,
    /// More incidents were open than are followed at one time, and this one was quiet for longest.
    Evicted,
}

impl IncidentReport {
    /// Whole seconds from the first stop to the last.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        u64::try_from(self.last_at.saturating_sub(self.first_at) / 1_000).unwrap_or_default()
    }
}

fn yes() -> bool {
    true
}

/// Milliseconds since 1970 as the time that people and services read.
mod as_text {
    use serde::{Deserializer, Serializer, de::Error as _};

    use super::{Deserialize as _, Timestamp};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
    pub(super) fn serialize<S: Serializer>(millis: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Timestamp::from_millisecond(*millis).unwrap_or_default())
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<i64, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse::<Timestamp>().map(Timestamp::as_millisecond).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_is_read_back_as_it_was_written() {
        let report = IncidentReport {
            state: IncidentState::Resolved,
            count: 47,
            first_at: 1_795_122_814_795,
            last_at: 1_795_130_000_000,
            revisions: vec!["41".into(), "42".into()],
            services: vec!["api".into(), "web".into()],
            ended_by: Some(IncidentEnd::DeploymentCompleted),
            quiet_seconds: None,
            escalated: true,
            various: false,
            is_news: true,
        };
        let written = serde_json::to_value(&report).unwrap();
        assert_eq!(
            written,
            json!({"state": "resolved", "count": 47, "first_at": "2026-11-19T21:13:34.795Z",
                "last_at": "2026-11-19T23:13:20Z", "revisions": ["41", "42"], "services": ["api", "web"],
                "ended_by": "deployment_completed", "escalated": true})
        );
        assert_eq!(serde_json::from_value::<IncidentReport>(written).unwrap(), report);
        assert_eq!(report.seconds(), 7_185);
    }
}
