//! The partitions of AWS.

/// A part of AWS with accounts and domains of its own.
#[derive(Debug)]
pub(super) struct AwsPartition {
    pub(super) id: &'static str,
    /// What its regions begin with.
    pub(super) regions: &'static str,
    pub(super) domain: &'static str,
    pub(super) dualstack_domain: &'static str,
}

/// Whatever none of [`OTHER_PARTITIONS`] claims.
pub(super) const COMMERCIAL: AwsPartition =
    AwsPartition { id: "aws", regions: "", domain: "amazonaws.com", dualstack_domain: "api.aws" };

pub(super) const OTHER_PARTITIONS: &[AwsPartition] = &[
    AwsPartition {
        id: "aws-cn",
        regions: "cn-",
        domain: "amazonaws.com.cn",
        dualstack_domain: "api.amazonwebservices.com.cn",
    },
    AwsPartition {
        id: "aws-us-gov",
        regions: "us-gov-",
        domain: "amazonaws.com",
        dualstack_domain: "api.aws",
    },
    AwsPartition {
        id: "aws-eusc",
        regions: "eusc-",
        domain: "amazonaws.eu",
        dualstack_domain: "api.amazonwebservices.eu",
    },
    AwsPartition {
        id: "aws-iso",
        regions: "us-iso-",
        domain: "c2s.ic.gov",
        dualstack_domain: "api.aws.ic.gov",
    },
    AwsPartition {
        id: "aws-iso-b",
        regions: "us-isob-",
        domain: "sc2s.sgov.gov",
        dualstack_domain: "api.aws.scloud",
    },
    AwsPartition {
        id: "aws-iso-e",
        regions: "eu-isoe-",
        domain: "cloud.adc-e.uk",
        dualstack_domain: "api.cloud-aws.adc-e.uk",
    },
    AwsPartition {
        id: "aws-iso-f",
        regions: "us-isof-",
        domain: "csp.hci.ic.gov",
        dualstack_domain: "api.aws.hci.ic.gov",
    },
];

pub(super) fn partition(region: &str) -> &'static AwsPartition {
    OTHER_PARTITIONS.iter().find(|partition| region.starts_with(partition.regions)).unwrap_or(&COMMERCIAL)
}
