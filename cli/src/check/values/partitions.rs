//! Partitions of AWS: ARNs, regions and domains of one do not work in another.

/// Partitions, and what the names of their regions begin with. The first has all other regions.
const PARTITIONS: [(&str, &str); 8] = [
    ("aws", ""),
    ("aws-cn", "cn-"),
    ("aws-us-gov", "us-gov-"),
    ("aws-iso", "us-iso-"),
    ("aws-iso-b", "us-isob-"),
    ("aws-iso-e", "eu-isoe-"),
    ("aws-iso-f", "us-isof-"),
    ("aws-eusc", "eusc-"),
];

/// Whether there is such a partition.
pub(in crate::check) fn is_known(name: &str) -> bool {
    PARTITIONS.iter().any(|(known, _)| *known == name) || name.contains(['$', '{', '<'])
}

/// The partition that a region belongs to.
pub(in crate::check) fn of_region(region: &str) -> &'static str {
    let own = PARTITIONS.iter().skip(1).find(|(_, start)| region.starts_with(start));
    own.map_or("aws", |(name, _)| name)
}

/// The partition that was probably meant: `aws-gov` is `aws-us-gov`.
pub(super) fn meant(name: &str) -> &'static str {
    let words: Vec<&str> = name.split('-').collect();
    let fits = |known: &str| words.last().is_some_and(|last| known.split('-').next_back() == Some(last));
    PARTITIONS.iter().skip(1).find(|(known, _)| fits(known)).map_or("aws", |(known, _)| known)
}
