//! The types of destination, by name.

/// A type of destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DestinationKind {
    /// Amazon CloudWatch Logs
    Cloudwatch,
    /// objects in Amazon S3
    S3,
    /// Amazon Data Firehose
    Firehose,
    /// New Relic Logs
    Newrelic,
    /// Datadog Logs
    Datadog,
    /// any HTTP endpoint that takes JSON
    Http,
    /// any endpoint that speaks Firehose's HTTP delivery protocol
    FirehoseHttp,
    /// a Slack channel, through an incoming webhook
    Slack,
    /// any receiver of OTLP logs over HTTP
    Otlp,
    /// lines in local files
    File,
    /// lines on Fluent Bit's own standard output
    Stdout,
}

impl DestinationKind {
    /// All of them, in the order of the reference.
    pub const ALL: [DestinationKind; 11] = [
        DestinationKind::Cloudwatch,
        DestinationKind::S3,
        DestinationKind::Firehose,
        DestinationKind::Newrelic,
        DestinationKind::Datadog,
        DestinationKind::Slack,
        DestinationKind::Http,
        DestinationKind::FirehoseHttp,
        DestinationKind::Otlp,
        DestinationKind::File,
        DestinationKind::Stdout,
    ];

    /// The name that users write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            DestinationKind::Cloudwatch => "cloudwatch",
            DestinationKind::S3 => "s3",
            DestinationKind::Firehose => "firehose",
            DestinationKind::Newrelic => "newrelic",
            DestinationKind::Datadog => "datadog",
            DestinationKind::Http => "http",
            DestinationKind::FirehoseHttp => "firehose_http",
            DestinationKind::Slack => "slack",
            DestinationKind::Otlp => "otlp",
            DestinationKind::File => "file",
            DestinationKind::Stdout => "stdout",
        }
    }

    /// Whether destinations of this type are a service of AWS, reached with AWS credentials.
    #[must_use]
    pub const fn is_aws(self) -> bool {
        matches!(self, DestinationKind::Cloudwatch | DestinationKind::S3 | DestinationKind::Firehose)
    }

    /// Finds the type of this name, in upper or lower case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}
