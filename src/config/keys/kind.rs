//! The types of destination, by name.

/// Names that people know from Fluent Bit's own outputs or from the service, and what to write instead
/// (<https://docs.fluentbit.io/manual/data-pipeline/outputs>, read 2026-11).
const OTHER_NAMES: [(&str, &str); 29] = [
    ("cloudwatch_logs", "did you mean cloudwatch?"),
    ("cloudwatchlogs", "did you mean cloudwatch?"),
    ("awslogs", "did you mean cloudwatch?"),
    ("aws_s3", "did you mean s3?"),
    ("kinesis_firehose", "did you mean firehose?"),
    ("aws_firehose", "did you mean firehose?"),
    ("data_firehose", "did you mean firehose?"),
    ("kinesis_streams", "did you mean kinesis?"),
    ("aws_kinesis", "did you mean kinesis?"),
    ("kinesis_data_streams", "did you mean kinesis?"),
    ("es", "Firehose can deliver to OpenSearch: did you mean firehose?"),
    ("elasticsearch", "Firehose can deliver to OpenSearch: did you mean firehose?"),
    ("opensearch", "Firehose can deliver to OpenSearch: did you mean firehose?"),
    ("splunk", "Firehose can deliver to Splunk: did you mean firehose?"),
    ("cloudwatch_events", "did you mean eventbridge?"),
    ("events", "did you mean eventbridge?"),
    ("nrlogs", "did you mean newrelic?"),
    ("new_relic", "did you mean newrelic?"),
    ("dd", "did you mean datadog?"),
    ("datadog_logs", "did you mean datadog?"),
    ("pager_duty", "did you mean pagerduty?"),
    ("msteams", "did you mean teams?"),
    ("microsoft_teams", "did you mean teams?"),
    ("microsoftteams", "did you mean teams?"),
    ("opentelemetry", "did you mean otlp?"),
    ("otel", "did you mean otlp?"),
    ("loki", "Loki takes OTLP: did you mean otlp?"),
    ("console", "did you mean stdout?"),
    ("null", "to discard a class, write drop in its route."),
];

/// A type of destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DestinationKind {
    /// Amazon CloudWatch Logs
    Cloudwatch,
    /// objects in Amazon S3
    S3,
    /// Amazon Data Firehose
    Firehose,
    /// Amazon Kinesis Data Streams
    Kinesis,
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
    /// an Amazon SNS topic
    Sns,
    /// an Amazon EventBridge event bus
    Eventbridge,
    /// a PagerDuty service, through the Events API v2
    Pagerduty,
    /// a channel or chat of Microsoft Teams, through a webhook of Workflows
    Teams,
    /// any receiver of OTLP logs over HTTP
    Otlp,
    /// lines in local files
    File,
    /// lines on Fluent Bit's own standard output
    Stdout,
}

impl DestinationKind {
    /// All of them, in the order of the reference.
    pub const ALL: [DestinationKind; 16] = [
        DestinationKind::Cloudwatch,
        DestinationKind::S3,
        DestinationKind::Firehose,
        DestinationKind::Kinesis,
        DestinationKind::Newrelic,
        DestinationKind::Datadog,
        DestinationKind::Slack,
        DestinationKind::Sns,
        DestinationKind::Eventbridge,
        DestinationKind::Pagerduty,
        DestinationKind::Teams,
        DestinationKind::Http,
        DestinationKind::FirehoseHttp,
        DestinationKind::Otlp,
        DestinationKind::File,
        DestinationKind::Stdout,
    ];

    /// Whether it is there to alert people, who are told of incidents; the others get every stop.
    #[must_use]
    pub const fn alerts(self) -> bool {
        matches!(
            self,
            DestinationKind::Slack
                | DestinationKind::Sns
                | DestinationKind::Eventbridge
                | DestinationKind::Pagerduty
                | DestinationKind::Teams
        )
    }

    /// The name that users write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            DestinationKind::Cloudwatch => "cloudwatch",
            DestinationKind::S3 => "s3",
            DestinationKind::Firehose => "firehose",
            DestinationKind::Kinesis => "kinesis",
            DestinationKind::Newrelic => "newrelic",
            DestinationKind::Datadog => "datadog",
            DestinationKind::Http => "http",
            DestinationKind::FirehoseHttp => "firehose_http",
            DestinationKind::Slack => "slack",
            DestinationKind::Sns => "sns",
            DestinationKind::Eventbridge => "eventbridge",
            DestinationKind::Pagerduty => "pagerduty",
            DestinationKind::Teams => "teams",
            DestinationKind::Otlp => "otlp",
            DestinationKind::File => "file",
            DestinationKind::Stdout => "stdout",
        }
    }

    /// Whether destinations of this type are a service of AWS, reached with AWS credentials.
    #[must_use]
    pub const fn is_aws(self) -> bool {
        matches!(
            self,
            DestinationKind::Cloudwatch
                | DestinationKind::S3
                | DestinationKind::Firehose
                | DestinationKind::Kinesis
                | DestinationKind::Sns
                | DestinationKind::Eventbridge
        )
    }

    /// Finds the type of this name, in upper or lower case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    /// What to write for a name that is not a type, but that people know from elsewhere.
    #[must_use]
    pub fn advice(name: &str) -> Option<&'static str> {
        let name = name.replace('-', "_");
        let known = OTHER_NAMES.into_iter().find(|(other, _)| other.eq_ignore_ascii_case(&name));
        known.map(|(_, advice)| advice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kind after this one; the compiler asks for the place of a new kind here.
    fn next(kind: DestinationKind) -> Option<DestinationKind> {
        use DestinationKind::{
            Cloudwatch, Datadog, Eventbridge, File, Firehose, FirehoseHttp, Http, Kinesis, Newrelic, Otlp,
            Pagerduty, S3, Slack, Sns, Stdout, Teams,
        };
        match kind {
            Cloudwatch => Some(S3),
            S3 => Some(Firehose),
            Firehose => Some(Kinesis),
            Kinesis => Some(Newrelic),
            Newrelic => Some(Datadog),
            Datadog => Some(Slack),
            Slack => Some(Sns),
            Sns => Some(Eventbridge),
            Eventbridge => Some(Pagerduty),
            Pagerduty => Some(Teams),
            Teams => Some(Http),
            Http => Some(FirehoseHttp),
            FirehoseHttp => Some(Otlp),
            Otlp => Some(File),
            File => Some(Stdout),
            Stdout => None,
        }
    }

    #[test]
    fn the_list_has_every_kind() {
        let all: Vec<_> =
            std::iter::successors(Some(DestinationKind::Cloudwatch), |kind| next(*kind)).collect();
        assert_eq!(all, DestinationKind::ALL);
    }

    #[test]
    fn no_other_name_is_a_type_and_every_advice_names_one() {
        for (name, advice) in OTHER_NAMES {
            assert_eq!(DestinationKind::parse(name), None, "{name}");
            let meant = advice.strip_suffix('?').and_then(|advice| advice.rsplit(' ').next());
            let is_type = meant.and_then(DestinationKind::parse).is_some();
            assert!(is_type || advice.contains("write drop"), "{advice}");
            assert_eq!(DestinationKind::advice(&name.to_uppercase().replace('_', "-")), Some(advice));
        }
    }
}
