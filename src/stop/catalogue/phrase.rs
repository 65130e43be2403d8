//! The end of a summary: the cause in a few words, by category, cause and what the text names.

use super::words::{self, Words};
use crate::stop::kind::{Category, Cause};

/// Category (`None`: any), cause (`None`: any, or none), words of the text (none: any text), phrase. The first row that fits counts.
type Row = (Option<Category>, Option<Cause>, Words, &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (Some(Category::Network), None, &["insufficientfreeaddresses", "free address"], "the subnet has no free addresses"),
    (Some(Category::Capacity), None, &["insufficientfreeaddresses"], "the subnet has no free addresses"),
    (Some(Category::Secret), Some(Cause::NotFound), &["staging label", "versionid", "version id"], "it has no such version"),
    (Some(Category::Storage), Some(Cause::NotFound), &["access point", "fsap-"], "the access point does not exist"),
    (Some(Category::Storage), Some(Cause::Permission), &["access key & not found", "security credentials"], "the task has no credentials"),
    (Some(Category::ContainerStart), Some(Cause::NotFound), &["/etc/passwd"], "the image has no /etc/passwd"),
    (Some(Category::ContainerStart), Some(Cause::NotFound), &["/etc/group"], "the image has no /etc/group"),
    (Some(Category::ContainerStart), Some(Cause::Permission), &["chdir to cwd"], "its user may not enter the working directory"),
    (Some(Category::ImagePull),      Some(Cause::NotFound),   &[],                                        "no such image or tag"),
    (Some(Category::ImagePull),      Some(Cause::Invalid),    &["mismatched image", "invalid tar header", "layer verification failed", "corrupted", "commit digest", "commit size", "digest mismatch", "size validation", "gzip: invalid header"], "its layers are damaged"),
    (Some(Category::ImagePull),      Some(Cause::Invalid),    &[],                                        "its reference or format is not valid"),
    (Some(Category::ImagePull),      Some(Cause::Network),    &["x509:", "certificate"],                  "the registry's certificate is not trusted"),
    (Some(Category::ImagePull),      Some(Cause::Network),    super::hint::BROKEN_OFF,                    "the connection to the registry broke off"),
    (Some(Category::ImagePull),      Some(Cause::Network),    &[],                                        "the registry could not be reached"),
    (Some(Category::Secret),         Some(Cause::NotFound),   &["json key"],                              "it lacks the key that the task definition names"),
    (Some(Category::Secret),         Some(Cause::NotFound),   &[],                                        "it does not exist"),
    (Some(Category::Secret),         Some(Cause::Invalid),    &["marked for deletion"],                   "it is marked for deletion"),
    (Some(Category::Secret),         Some(Cause::Invalid),    &["versionid", "versionstage"],             "its version is not valid"),
    (Some(Category::Secret),         Some(Cause::Network),    &["x509:"],                                 "a certificate on the way is not trusted"),
    (Some(Category::Secret),         Some(Cause::Invalid),    &["arn", "secretid"],                       "its ARN is not valid"),
    (Some(Category::Secret),         Some(Cause::Invalid),    &[],                                        "its name or content is not valid"),
    (Some(Category::Logging),        Some(Cause::NotFound),   &["dial unix"],                             "the log router's socket is not there"),
    (Some(Category::Logging),        Some(Cause::NotFound),   &["log group", "resourcenotfound"],         "the log group does not exist"),
    (Some(Category::Capacity),       Some(Cause::NotFound),   &["subnet"],                                "a subnet does not exist"),
    (Some(Category::Network),        Some(Cause::NotFound),   &["group"],                                 "a security group does not exist"),
    (Some(Category::Network),        Some(Cause::NotFound),   &["subnetid", "subnet & does not exist"],   "a subnet does not exist"),
    (Some(Category::ContainerStart), Some(Cause::NotFound),   &["passwd file", "no users found", "find user"], "its user does not exist in the image"),
    (Some(Category::ContainerStart), Some(Cause::NotFound),   &["no such image"],                         "its image is gone from the instance"),
    (Some(Category::ContainerStart), Some(Cause::NotFound),   &[],                                        "a file or command is missing"),
    (Some(Category::ContainerStart), Some(Cause::Invalid),    &["no command specified"],                  "it has no command"),
    (Some(Category::ContainerStart), Some(Cause::Permission), &["rlimit"],                                "a limit may not be set"),
    (Some(Category::ContainerStart), Some(Cause::Permission), &["capabilit", "apply caps", "error mounting", "jailing process"], "the runtime refused a capability or mount"),
    (Some(Category::ContainerStart), Some(Cause::Permission), &["exec: & permission denied", "exec / & permission denied", "exec user process & permission denied", "entrypoint & permission denied", "access is denied"], "a file may not be executed"),
    (Some(Category::ContainerStart), Some(Cause::Invalid),    &["inactive", "not active"],                "its task definition is inactive"),
    (Some(Category::ContainerStart), Some(Cause::Invalid),    &["dependencies cannot be resolved"], "its dependencies cannot be resolved"),
    (Some(Category::ContainerStart), Some(Cause::Timeout),    &["dependency"],                            "a container that it depends on was not ready in time"),
    (None, Some(Cause::Permission),       &[], "permission was denied"),
    (None, Some(Cause::NotFound),         &[], "something it names does not exist"),
    (Some(Category::Secret), Some(Cause::Network), super::hint::BROKEN_OFF, "the connection broke off"),
    (Some(Category::Logging), Some(Cause::Network), super::hint::BROKEN_OFF, "the connection broke off"),
    (None, Some(Cause::Network),          &[], "no connection could be made"),
    (None, Some(Cause::RateLimit),        &[], "a rate limit was hit"),
    (None, Some(Cause::Quota),            &[], "a quota is used up"),
    (None, Some(Cause::DiskFull),         &[], "no disk space is left"),
    (None, Some(Cause::PlatformMismatch), &[], "it is built for another platform"),
    (None, Some(Cause::Timeout),          &[], "it took too long"),
    (None, Some(Cause::Invalid),          &[], "the configuration is not valid"),
];

/// Takes statements as `reason::normalize` makes them.
pub(in crate::stop) fn find(
    category: Category,
    cause: Option<Cause>,
    statements: &[String],
) -> Option<&'static str> {
    let names = |words| statements.iter().any(|statement| words::any(words, statement));
    let fits = |row: &&Row| {
        row.0.is_none_or(|it| it == category)
            && (row.1.is_none() || row.1 == cause)
            && (row.2.is_empty() || names(row.2))
    };
    ROWS.iter().find(fits).map(|row| row.3)
}

/// What could not be done, by what the text names; the first row that fits counts.
#[rustfmt::skip]
const FAILURES: &[(Category, Words, &str)] = &[
    (Category::Storage, &["environmentfile", "envfile", "environment file", "env file"], "the environment file could not be loaded"),
    (Category::Storage, &["fsx", "smbglobalmapping"], "the FSx file system could not be mounted"),
    (Category::Storage, &["ebs volume", "elasticblockstorage", "csi driver"], "the EBS volume could not be attached"),
    (Category::Storage, &["efs", "mount.nfs", "elasticfilesystem", "fsap-"], "the EFS file system could not be mounted"),
    (Category::Storage, &["s3files", "s3 files"], "the S3 file system could not be mounted"),
    (Category::Storage, &["ephemeral"], "the ephemeral storage could not be provided"),
    (Category::Storage, &[], "a volume could not be set up"),
    (Category::Network, &["iptables", "create endpoint", "address pool", "daemon: network & not found", "container networking", "hns endpoint"], "the instance could not connect it to a network"),
    (Category::Network, &["cni ", "network namespace", "netns", "add network", "[ecscni]", "mode pause container", "ipam", "eni network configuration", "loopback", "vpc-eni", "hcn namespace", "dns config", "bridge plugin", "forwarding"],
        "its network could not be set up"),
    (Category::Network, &[], "it got no network interface"),
    (Category::Capacity, &["=agent", "agent & disconnected"], "the agent on the instance is disconnected"),
    (Category::Capacity, &["=attribute", "attribute", "=location", "placement constraint"], "no instance meets its placement constraints"),
    (Category::Capacity, &["resource:", "insufficient", "capacity is unavailable", "capacity unavailable", "unfulfillable", "sufficient & capacity",
                           "no active instances", "no container instance"], "there was no room for it"),
    (Category::Capacity, &["launch & instance", "did not register", "failed to register"], "no instance could be launched for it"),
    (Category::Capacity, &[], "it could not be placed"),
    (Category::Platform, &["unable to assume"], "ECS may not assume the role"),
    (Category::Platform, &["account is currently blocked", "account is blocked"], "AWS has blocked the account"),
    (Category::Platform, &["docker daemon running"], "the Docker daemon does not run on the instance"),
    (Category::Platform, &["containerd.sock"], "containerd does not answer on the instance"),
    (Category::Platform, &["start shim", "too many open files", "resource temporarily unavailable", "paging file is too small", "session keyring"],
        "the machine has run out of what a container needs"),
    (Category::Platform, &[], "the container runtime or ECS itself failed"),
];

/// What could not be done; takes statements as `reason::normalize` makes them.
pub(in crate::stop) fn failure(category: Category, statements: &[String]) -> &'static str {
    let names = |words| statements.iter().any(|statement| words::any(words, statement));
    let fits = |row: &&(Category, Words, &str)| row.0 == category && (row.1.is_empty() || names(row.1));
    FAILURES.iter().find(fits).map_or("", |row| row.2)
}
