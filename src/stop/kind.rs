//! The closed vocabularies of a stop report, and what each word means. Which one applies is the diagnosis's business.
//!
//! AWS's own index of reasons: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html>

use serde::{Deserialize, Serialize};

/// What stopped or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EcsEvent {
    /// A task stopped after it had run.
    TaskStopped,
    /// A task stopped before it ever ran.
    TaskStartFailed,
    /// One container ended, whether or not its task goes on; reported by the task's metadata, Docker or the agent's log,
    /// never by EventBridge.
    ContainerExited,
    /// A service, or a managed daemon, cannot do its work.
    ServiceEvent,
    /// A deployment was given up.
    DeploymentFailed,
}

/// How urgent a stop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Planned.
    Info,
    /// Disruptive, but from outside or ambiguous.
    Warning,
    /// A human should look.
    Error,
}

/// The kind of problem, to be counted, routed and looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// The image could not be pulled, or its registry not be logged in to.
    ImagePull,
    /// A secret or parameter could not be injected.
    Secret,
    /// The log driver could not be set up, or the log router took the task down.
    Logging,
    /// A volume, a file system or an environment file could not be set up.
    Storage,
    /// The task got no network interface.
    Network,
    /// There was no room for the task.
    Capacity,
    /// The container could not be created or its command not be started.
    ContainerStart,
    /// The container runtime, the agent or ECS itself failed.
    Platform,
    /// The kernel killed the container for its memory.
    Oom,
    /// The application ended with an error code of its own.
    AppError,
    /// The application was ended by a signal.
    AppSignal,
    /// The application ended with code 0.
    AppCompleted,
    /// A load balancer, the container's own check or service discovery found it unhealthy.
    HealthCheck,
    /// A deployment or scale-in replaced it, or a deployment failed.
    Deployment,
    /// Somebody called `StopTask`.
    User,
    /// Spot capacity was taken back.
    Spot,
    /// The machine below was terminated, drained or maintained.
    Host,
    /// A service reports a problem that fits none of the above.
    ServiceEvent,
    /// Nothing in the event says why.
    Unknown,
}

impl Category {
    /// Whether ECS or somebody else ended the task, so that its exit codes show only how that was done.
    #[must_use]
    pub fn is_external(self) -> bool {
        match self {
            Self::User | Self::Spot | Self::Host | Self::Deployment | Self::HealthCheck => true,
            Self::ImagePull | Self::Secret | Self::Logging | Self::Storage | Self::Network => false,
            Self::Capacity | Self::ContainerStart | Self::Platform | Self::Oom => false,
            Self::AppError | Self::AppSignal | Self::AppCompleted => false,
            Self::ServiceEvent | Self::Unknown => false,
        }
    }

    /// The word in reports.
    #[must_use]
    pub fn word(self) -> String {
        let word = serde_json::to_value(self).ok();
        word.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    }
}

/// Why it went wrong, as far as the text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Somebody was not allowed to: a role, or a file's mode.
    Permission,
    /// What was named does not exist.
    NotFound,
    /// The other side could not be reached.
    Network,
    /// Too many requests.
    RateLimit,
    /// A quota of the account is used up.
    Quota,
    /// No space left.
    DiskFull,
    /// Built for another processor or operating system.
    PlatformMismatch,
    /// It took too long.
    Timeout,
    /// The configuration or request is not valid.
    Invalid,
}

/// Why a report lacks the last lines, or the changes of a revision, that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingLines {
    /// Nobody allowed the plugin to read the task definition or the log.
    Permission,
    /// What was asked for did not come in time.
    Timeout,
    /// There were too many requests: the service said so, or the plugin's own limit.
    Throttled,
    /// There is no such task definition, log group or stream.
    NotFound,
    /// The stream is there and holds nothing.
    Empty,
    /// The container's lines do not go to CloudWatch Logs, as far as its task definition says.
    OtherLogDriver,
    /// The service could not be reached, or failed.
    Unavailable,
}

impl MissingLines {
    /// Whether the lines may be there a little later.
    #[must_use]
    pub fn may_pass(self) -> bool {
        match self {
            Self::Timeout | Self::Throttled | Self::NotFound | Self::Empty | Self::Unavailable => true,
            Self::Permission | Self::OtherLogDriver => false,
        }
    }
}
