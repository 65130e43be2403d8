//! AWS regions that do not exist.

use crate::address;
use crate::check::finding::Finding;
use crate::config::Setting;
use crate::suggest::closest;

/// The regions of every partition, as AWS publishes them for its SDKs
/// (`partitions.json`, <https://github.com/boto/botocore/tree/develop/botocore/data>, version 1.44.8, read 2026-11).
const REGIONS: [&str; 48] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "me-west-1",
    "mx-central-1",
    "sa-east-1",
    "sa-west-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "cn-north-1",
    "cn-northwest-1",
    "eusc-de-east-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "eu-isoe-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-gov-east-1",
    "us-gov-west-1",
];

/// What regions begin with, to know one in a host name.
const GEOGRAPHIES: [&str; 11] = ["af", "ap", "ca", "cn", "eu", "eusc", "il", "me", "mx", "sa", "us"];

/// What every address of AWS ends in.
const DOMAINS: [&str; 3] = [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu"];

/// A region that is not known may be new.
pub(super) fn of_value(setting: &Setting, text: &str) -> Option<Finding> {
    if REGIONS.contains(&text) {
        return None;
    }
    let instead = if let Some(name) = text.strip_prefix('$') {
        let name = name.trim_matches(['{', '}', '(', ')']);
        format!("write ${{{name}}} to take it from the environment")
    } else {
        suggestion(text)
    };
    Some(Finding::warn_of(setting, format!("'{text}' is not an AWS region known in 2026-11"), instead))
}

/// What to write in place of such a region.
pub(in crate::check) fn suggestion(text: &str) -> String {
    let spoken = text.to_ascii_lowercase().replace([' ', '_'], "-");
    match REGIONS
        .iter()
        .find(|known| spoken.starts_with(**known))
        .copied()
        .or_else(|| closest(&spoken, REGIONS))
    {
        Some(near) => format!("did you mean {near}?"),
        None => "write for example eu-west-1, or leave the key out for the task's own region".to_owned(),
    }
}

/// Reports the region in an address of AWS.
pub(super) fn of_address(setting: &Setting, text: &str) -> Option<Finding> {
    of_value(setting, in_host(address::host(text)?)?)
}

/// The region, known or misspelt, in the host of an address of AWS.
pub(super) fn in_host(host: &str) -> Option<&str> {
    DOMAINS.iter().find(|domain| host.ends_with(**domain))?;
    host.split('.').find(|label| looks_like_region(label))
}

/// The known regions and their misspellings, but not `vpce-1` or a bucket's name.
fn looks_like_region(label: &str) -> bool {
    let geography = label.split('-').next().unwrap_or_default();
    let ends_in_number = label.ends_with(|c: char| c.is_ascii_digit());
    GEOGRAPHIES.contains(&geography) && ends_in_number && label.contains('-') && label.len() <= 20
}

/// Whether the region of an ARN exists; some services leave it out.
pub(in crate::check) fn is_known(region: &str) -> bool {
    region.is_empty() || REGIONS.contains(&region)
}
