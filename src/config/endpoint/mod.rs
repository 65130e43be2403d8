//! Which host speaks for a service of AWS in a region: partitions, FIPS and dual-stack.
//!
//! Owns: the rules by which AWS names its endpoints, for the services that this plugin calls. Does not own: which region
//! and which variant are meant (`config::identity`), nor endpoints that the user names.
//!
//! The rules are those of the endpoint rule sets and of `partitions.json` in botocore 1.44, read 2026-11; a test holds
//! every region against them.

mod partition;
mod signed_host;

use std::fmt;

use self::partition::{AwsPartition, partition};
pub use self::signed_host::{SIGNED_SERVICES, SignedHost, signed_host};

/// A service of AWS that the plugin calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AwsService {
    /// CloudWatch Logs.
    Logs,
    /// S3, without the bucket's label.
    S3,
    /// An access point of S3, without its label.
    S3AccessPoint,
    /// Amazon Data Firehose.
    Firehose,
    /// SQS.
    Sqs,
    /// STS.
    Sts,
    /// EventBridge.
    Events,
    /// SNS.
    Sns,
    /// Kinesis Data Streams.
    Kinesis,
    /// ECS.
    Ecs,
}

impl AwsService {
    /// Every service, in the order of the declaration.
    pub const ALL: &'static [Self] = &[
        Self::Logs,
        Self::S3,
        Self::S3AccessPoint,
        Self::Firehose,
        Self::Sqs,
        Self::Sts,
        Self::Events,
        Self::Sns,
        Self::Kinesis,
        Self::Ecs,
    ];

    /// The first label of its hosts.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::S3 => "s3",
            Self::S3AccessPoint => "s3-accesspoint",
            Self::Firehose => "firehose",
            Self::Sqs => "sqs",
            Self::Sts => "sts",
            Self::Events => "events",
            Self::Sns => "sns",
            Self::Kinesis => "kinesis",
            Self::Ecs => "ecs",
        }
    }

    /// Its name in `AWS_ENDPOINT_URL_<name>` and, in small letters, in a `services` section of the AWS configuration
    /// (<https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html>, read 2026-11).
    #[must_use]
    pub fn sdk_id(self) -> &'static str {
        match self {
            Self::Logs => "CLOUDWATCH_LOGS",
            Self::S3 | Self::S3AccessPoint => "S3",
            Self::Firehose => "FIREHOSE",
            Self::Sqs => "SQS",
            Self::Sts => "STS",
            Self::Events => "EVENTBRIDGE",
            Self::Sns => "SNS",
            Self::Kinesis => "KINESIS",
            Self::Ecs => "ECS",
        }
    }

    /// Whether the plain host in `aws-us-gov` is the FIPS host, too.
    fn is_fips_in_government(self) -> bool {
        matches!(self, Self::Logs | Self::Sqs | Self::Sts | Self::Events | Self::Sns | Self::Kinesis)
    }

    fn is_s3(self) -> bool {
        matches!(self, Self::S3 | Self::S3AccessPoint)
    }
}

/// Which of a service's endpoints is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointVariant {
    /// The one whose cryptography is validated by FIPS 140.
    pub fips: bool,
    /// The one that is reached over IPv6, too.
    pub dualstack: bool,
}

/// A variant that a service does not have in a region's partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSuchEndpoint {
    service: AwsService,
    partition: &'static str,
}

impl fmt::Display for NoSuchEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has no FIPS endpoint in the partition {}", self.service.label(), self.partition)
    }
}

/// The partition of a region as ARNs name it, for example `aws-us-gov`.
#[must_use]
pub fn partition_id(region: &str) -> &'static str {
    partition(region).id
}

/// The domain of the services of a region, for example `amazonaws.com.cn`.
#[must_use]
pub fn domain(region: &str) -> &'static str {
    partition(region).domain
}

/// The host of a service in a region, for example `logs-fips.us-east-1.api.aws`.
///
/// # Errors
/// The service has no such endpoint in the region's partition.
pub fn host(service: AwsService, region: &str, variant: EndpointVariant) -> Result<String, NoSuchEndpoint> {
    let partition = partition(region);
    if service.is_s3() {
        s3_host(service, region, variant, partition)
    } else {
        Ok(other_host(service, region, variant, partition))
    }
}

fn other_host(
    service: AwsService,
    region: &str,
    variant: EndpointVariant,
    partition: &AwsPartition,
) -> String {
    let domain = if variant.dualstack { partition.dualstack_domain } else { partition.domain };
    // EventBridge is the one whose dual-stack host follows its plain one in this.
    let plain_is_fips = partition.id == "aws-us-gov"
        && service.is_fips_in_government()
        && (!variant.dualstack || service == AwsService::Events);
    let fips = if variant.fips && !plain_is_fips { "-fips" } else { "" };
    format!("{}{fips}.{region}.{domain}", service.label())
}

/// S3 is older than the domains of the others' dual-stack endpoints, and says so in a label.
fn s3_host(
    service: AwsService,
    region: &str,
    variant: EndpointVariant,
    partition: &'static AwsPartition,
) -> Result<String, NoSuchEndpoint> {
    if variant.fips && partition.id == "aws-cn" {
        return Err(NoSuchEndpoint { service, partition: partition.id });
    }
    let fips = if variant.fips { "-fips" } else { "" };
    let dualstack = if variant.dualstack { ".dualstack" } else { "" };
    Ok(format!("{}{fips}{dualstack}.{region}.{}", service.label(), partition.domain))
}

#[cfg(test)]
mod tests;
