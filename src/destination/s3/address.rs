//! Where a bucket is: in the host name or in the path, by its name or by the ARN of an access point.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html> and
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html>, read 2026-11.

use std::cell::RefCell;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::config::endpoint::{AwsService, EndpointVariant, host};
use crate::config::{AwsEnvironments, Identity, KeyReader, aws_address};

/// What is percent-encoded in a query: everything but the characters that a signature leaves as they are
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>, read 2026-11).
pub(super) const ENCODED_IN_QUERY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is percent-encoded in a key, where slashes stay.
const ENCODED_IN_KEY: &AsciiSet = &ENCODED_IN_QUERY.remove(b'/');

/// The bucket or access point that objects are written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bucket {
    /// By its name, or by the alias of an access point, which follows the same rules.
    Named(String),
    /// By an access point, whose ARN says in which region.
    AccessPoint {
        /// First label of the host name: name and account.
        label: String,
        region: String,
    },
}

impl Bucket {
    /// Reads `bucket`.
    pub(super) fn read(reader: &KeyReader<'_>) -> Self {
        let text = reader.required("bucket");
        let read = match text.strip_prefix("arn:") {
            Some(arn) => access_point(arn),
            // The reader has already reported that the key is missing.
            None if text.is_empty() => return Self::Named(text),
            None => named(&text),
        };
        read.unwrap_or_else(|what| {
            let instead = name_in(&text)
                .filter(|_| !text.starts_with("arn:"))
                .map(|name| format!("; write {name}"))
                .unwrap_or_default();
            reader.problem("bucket", format!("'{text}' {what}{instead}"));
            Self::Named(text)
        })
    }

    /// The region, if the bucket's own name gives it.
    pub(super) fn region(&self) -> Option<&str> {
        match self {
            Self::Named(_) => None,
            Self::AccessPoint { region, .. } => Some(region),
        }
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>, read 2026-11.
fn named(name: &str) -> Result<Bucket, &'static str> {
    let allowed = (3..=63).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-'))
        && !name.starts_with(['.', '-'])
        && !name.ends_with(['.', '-'])
        && !name.contains("..");
    match allowed {
        true if name.ends_with("--x-s3") || name.ends_with("--xa-s3") => Err(DIRECTORY_BUCKET),
        true => Ok(Bucket::Named(name.to_owned())),
        false => {
            Err("cannot be the name of a bucket: those are 3 to 63 small letters, digits, dots and hyphens")
        }
    }
}

/// The name of a bucket in its address, in front of a folder, or with capitals.
fn name_in(text: &str) -> Option<String> {
    let text = text.strip_prefix("s3://").unwrap_or(text);
    let name = text.split('/').next()?.to_ascii_lowercase();
    named(&name).is_ok().then_some(name)
}

const DIRECTORY_BUCKET: &str = "is a directory bucket (S3 Express One Zone), which is not supported: it has sessions and \
                         addresses of its own; name a general purpose bucket";

/// Reads `aws:s3:eu-west-1:111122223333:accesspoint/logs`: an ARN without its `arn:`.
fn access_point(arn: &str) -> Result<Bucket, &'static str> {
    const EXPECTED: &str =
        "is not the ARN of an access point: arn:aws:s3:<region>:<account>:accesspoint/<name>";
    let [_partition, "s3", region, account, resource] = *arn.splitn(5, ':').collect::<Vec<_>>() else {
        return Err(EXPECTED);
    };
    let name = resource.strip_prefix("accesspoint").and_then(|name| name.strip_prefix(['/', ':']));
    match name {
        None if region.is_empty() && account.is_empty() => {
            Err("is the ARN of a bucket; write its name alone")
        }
        Some(_) if region.is_empty() => {
            Err("is a multi-region access point, which is not supported: it is signed in a way of its own")
        }
        Some(name)
            if name.chars().all(is_label_char)
                && (3..=50).contains(&name.len())
                && region.chars().all(is_label_char)
                && account.len() == 12
                && account.bytes().all(|digit| digit.is_ascii_digit()) =>
        {
            Ok(Bucket::AccessPoint { label: format!("{name}-{account}"), region: region.to_owned() })
        }
        _ => Err(EXPECTED),
    }
}

/// Whether the character is allowed in a label of a host name, so that a region or name cannot leave its label.
pub(super) fn is_label_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

/// How a bucket is addressed.
#[derive(Debug)]
pub(super) struct Address {
    bucket: Bucket,
    endpoint: Option<String>,
    path_style: bool,
    variant: EndpointVariant,
    /// Changes when the service answers that the bucket is in another region.
    region: RefCell<String>,
}

impl Address {
    pub(super) fn read(
        reader: &KeyReader<'_>,
        environments: &AwsEnvironments,
        identity: &Identity,
        bucket: Bucket,
    ) -> Self {
        let environment = environments.of(identity.profile.as_deref());
        let endpoint = environment.named_address(reader, "endpoint", AwsService::S3);
        let endpoint = endpoint.map(|text| text.trim_end_matches('/').to_owned());
        if endpoint.as_ref().is_some_and(|endpoint| !endpoint.contains("://")) {
            reader.problem("endpoint", "must begin with https:// or http://");
        }
        let path_style = match &bucket {
            // A certificate for *.s3.… covers no name with another dot, and an IP address has no names below it.
            Bucket::Named(name) => {
                reader.flag("path_style")
                    || name.contains('.')
                    || endpoint.as_deref().is_some_and(is_ip_or_localhost)
            }
            Bucket::AccessPoint { region: arn_region, .. } => {
                check_access_point(reader, endpoint.as_deref(), arn_region, &identity.region);
                false
            }
        };
        if endpoint.is_none() {
            // Reports a variant that S3 does not have there.
            aws_address(reader, AwsService::S3, identity);
        }
        Self {
            bucket,
            endpoint,
            path_style,
            variant: identity.variant,
            region: RefCell::new(identity.region.clone()),
        }
    }

    pub(super) fn set_region(&self, region: &str) {
        self.region.replace(region.to_owned());
    }

    pub(super) fn url(&self, key: &str) -> String {
        let region = self.region.borrow();
        let (label, service) = match &self.bucket {
            Bucket::Named(name) => (name, AwsService::S3),
            Bucket::AccessPoint { label, .. } => (label, AwsService::S3AccessPoint),
        };
        // That there is such a host was seen at the start, and a bucket's other region is in the same partition.
        let own = || format!("https://{}", host(service, &region, self.variant).unwrap_or_default());
        let endpoint = self.endpoint.clone().unwrap_or_else(own);
        let key = utf8_percent_encode(key, ENCODED_IN_KEY);
        match endpoint.split_once("://") {
            Some((scheme, host)) if !self.path_style => format!("{scheme}://{label}.{host}/{key}"),
            _ => format!("{endpoint}/{label}/{key}"),
        }
    }
}

/// Reports settings that an access point does not allow: it is always part of the host name, and in one region.
fn check_access_point(reader: &KeyReader<'_>, endpoint: Option<&str>, arn_region: &str, region: &str) {
    if reader.flag("path_style") {
        reader.problem("path_style", "is not possible with an access point; leave it out");
    }
    if endpoint.is_some_and(is_ip_or_localhost) {
        reader.problem(
            "endpoint",
            "is a number, but an access point is a part of a host name; write a host name",
        );
    }
    if region != arn_region {
        reader.problem(
            "region",
            format!("is {region}, but the access point is in {arn_region}; write {arn_region}"),
        );
    }
}

fn is_ip_or_localhost(endpoint: &str) -> bool {
    let host = endpoint.split_once("://").map_or(endpoint, |(_, host)| host);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    host == "localhost" || host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()
}
