//! ARNs that name where a destination delivers to, and with that its region.

use crate::config::{AwsEnvironments, Identity, KeyReader};

/// The region in the ARN of one of the service's resources; `None` for any other text. `is_resource` looks at what stands
/// after the account.
pub(super) fn region<'a>(arn: &'a str, service: &str, is_resource: impl Fn(&str) -> bool) -> Option<&'a str> {
    let mut parts = arn.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let is_partition = next() == "arn" && next().starts_with("aws");
    let is_service = next() == service;
    let region = next();
    let account = next();
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = is_partition && is_service && is_account && is_resource(next());
    (is_whole && !region.is_empty()).then_some(region)
}

/// Who signs, in the region that the ARN under `key` names. Another region is a problem: only its own knows a resource.
pub(super) fn identity(
    reader: &KeyReader<'_>,
    environments: &AwsEnvironments,
    key: &str,
    region: Option<&str>,
) -> Identity {
    let identity = Identity::read(reader, "", region, environments);
    if let Some(region) = region.filter(|region| *region != identity.region) {
        let what = format!("is {}, but {key} names {region}; leave it out", identity.region);
        reader.problem("region", what);
    }
    identity
}
