//! The types of destination there are, by name.

/// The types of destination there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
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

impl Kind {
    /// All of them, in the order of the reference.
    pub const ALL: [Kind; 11] = [
        Kind::Cloudwatch,
        Kind::S3,
        Kind::Firehose,
        Kind::Newrelic,
        Kind::Datadog,
        Kind::Slack,
        Kind::Http,
        Kind::FirehoseHttp,
        Kind::Otlp,
        Kind::File,
        Kind::Stdout,
    ];

    /// What users write for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Cloudwatch => "cloudwatch",
            Kind::S3 => "s3",
            Kind::Firehose => "firehose",
            Kind::Newrelic => "newrelic",
            Kind::Datadog => "datadog",
            Kind::Http => "http",
            Kind::FirehoseHttp => "firehose_http",
            Kind::Slack => "slack",
            Kind::Otlp => "otlp",
            Kind::File => "file",
            Kind::Stdout => "stdout",
        }
    }

    /// Whether it is a service of AWS, reached with AWS credentials.
    #[must_use]
    pub const fn is_aws(self) -> bool {
        matches!(self, Kind::Cloudwatch | Kind::S3 | Kind::Firehose)
    }

    /// The type of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}
