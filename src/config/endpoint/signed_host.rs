//! What the host of an API at AWS says of the signature that the API wants.
//!
//! Hosts of CloudWatch's OTLP endpoint
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html>), OpenSearch domains,
//! collections and pipelines (<https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-signing-service-requests.html>),
//! API Gateway (<https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html>) and Lambda's function
//! URLs (<https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>); read 2026-11.

use super::partition::{COMMERCIAL, OTHER_PARTITIONS};

/// Services whose APIs take logs from anybody who signs, by the names that signatures use.
pub const SIGNED_SERVICES: &[&str] = &["logs", "es", "aoss", "osis", "execute-api", "lambda"];

/// Domains that are not a partition's: function URLs, and OpenSearch over IPv6.
const MORE_DOMAINS: [&str; 2] = ["on.aws", "on.amazonwebservices.com.cn"];

/// Labels of hosts, and the service that signatures name for them.
const LABELS: [(&str, &str); 7] = [
    ("logs", "logs"),
    ("es", "es"),
    ("aos", "es"),
    ("aoss", "aoss"),
    ("osis", "osis"),
    ("execute-api", "execute-api"),
    ("lambda-url", "lambda"),
];

/// The service and the region that a host belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedHost<'h> {
    /// The service, one of [`SIGNED_SERVICES`].
    pub service: &'static str,
    /// The region.
    pub region: &'h str,
}

/// Reads service and region in a host of AWS; `None` for other hosts, a domain of the user's among them.
#[must_use]
pub fn signed_host(host: &str) -> Option<SignedHost<'_>> {
    let labels = without_domain(host)?;
    let labels = labels.strip_suffix(".vpce").unwrap_or(labels);
    let mut last_first = labels.rsplit('.');
    let last = last_first.next()?;
    let before = last_first.next()?;
    // `<domain>.<region>.es` of older services, `<id>.execute-api.<region>` of the others.
    match (service_of(last), service_of(before)) {
        (Some(service), _) if is_region(before) => Some(SignedHost { service, region: before }),
        (_, Some(service)) if is_region(last) => Some(SignedHost { service, region: last }),
        _ => None,
    }
}

fn without_domain(host: &str) -> Option<&str> {
    let partitions = std::iter::once(&COMMERCIAL).chain(OTHER_PARTITIONS);
    let domains = partitions.flat_map(|partition| [partition.domain, partition.dualstack_domain]);
    domains.chain(MORE_DOMAINS).find_map(|domain| host.strip_suffix(domain)?.strip_suffix('.'))
}

fn service_of(label: &str) -> Option<&'static str> {
    let label = label.strip_suffix("-fips").unwrap_or(label);
    LABELS.iter().find(|(known, _)| *known == label).map(|(_, service)| *service)
}

fn is_region(label: &str) -> bool {
    label.contains('-') && label.ends_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_aws_name_service_and_region() {
        for (host, service, region) in [
            ("logs.eu-west-1.amazonaws.com", "logs", "eu-west-1"),
            ("logs-fips.us-gov-west-1.amazonaws.com", "logs", "us-gov-west-1"),
            ("logs.eu-west-1.api.aws", "logs", "eu-west-1"),
            ("vpce-1-a.logs.eu-west-1.vpce.amazonaws.com", "logs", "eu-west-1"),
            ("search-app-x.eu-west-1.es.amazonaws.com", "es", "eu-west-1"),
            ("vpc-app-x.cn-north-1.es.amazonaws.com.cn", "es", "cn-north-1"),
            ("search-app-x.aos.eu-west-1.on.aws", "es", "eu-west-1"),
            ("abc.eu-west-1.aoss.amazonaws.com", "aoss", "eu-west-1"),
            ("pipe-x.eu-west-1.osis.amazonaws.com", "osis", "eu-west-1"),
            ("a1.execute-api.ap-southeast-2.amazonaws.com", "execute-api", "ap-southeast-2"),
            ("abc.lambda-url.us-east-1.on.aws", "lambda", "us-east-1"),
        ] {
            assert_eq!(signed_host(host), Some(SignedHost { service, region }), "{host}");
        }
    }

    #[test]
    fn other_hosts_name_nothing() {
        for host in [
            "logs.example.com",
            "logs.eu-west-1.amazonaws.com.example.com",
            "logs.eu-west-1.evilamazonaws.com",
            "s3.eu-west-1.amazonaws.com",
            "eu-west-1.es.example.com",
            "es.amazonaws.com",
            "amazonaws.com",
            "logs.amazonaws.com",
            "",
        ] {
            assert_eq!(signed_host(host), None, "{host}");
        }
    }
}
