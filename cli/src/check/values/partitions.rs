//! Partitions of AWS: ARNs, regions and domains of one do not work in another.

pub(in crate::check) use ecs_router::config::endpoint::partition_id as of_region;

/// Every partition; the first is that of most regions.
const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];

/// Whether there is such a partition.
pub(in crate::check) fn is_known(name: &str) -> bool {
    PARTITIONS.contains(&name) || name.contains(['$', '{', '<'])
}

/// The partition that was probably meant: `aws-gov` is `aws-us-gov`.
pub(super) fn meant(name: &str) -> &'static str {
    let words: Vec<&str> = name.split('-').collect();
    let fits = |known: &str| words.last().is_some_and(|last| known.split('-').next_back() == Some(last));
    PARTITIONS.into_iter().skip(1).find(|known| fits(known)).unwrap_or("aws")
}
