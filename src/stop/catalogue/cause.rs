//! Causes, read off the same words that gave the category. There is one table per category, because the same words
//! mean different things: `permission denied` is a file's mode in a start error, `no such file` the log
//! router's socket in a logging error (though it stands behind a call that failed), `deadline exceeded` the network for a secret and the runtime for a start.
//! Texts name images, roles and secrets, so no word here is one that such a name may well contain.
//!
//! Image pulls: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html>

use super::words::{self, Words};
use crate::stop::kind::{Category, Cause};

type Table = &'static [(Cause, Words)];

#[rustfmt::skip]
const DENIED: Words = &[
    "accessdenied", "access denied", "not authorized", "401 unauthorized", "unauthorized:", "unauthorizedoperation", "403 forbidden",
    "forbidden:", "http 401 response", "http 403 response", "status: 401", "access to kms", "kms:decrypt", "unable to assume", "execution role credentials", "execution credentials",
    "statuscode: 403", "status code: 403", "nocredentialproviders", "no ec2 imds role", "security token included",
];
/// Before quotas: EC2 calls its throttling `RequestLimitExceeded`.
#[rustfmt::skip]
const THROTTLED: Words = &[
    "toomanyrequests", "too many requests", "rate limit", "rate exceeded", "exceeded the rate", "throttling", "throttled",
    "requestlimitexceeded", "request limit exceeded", "slowdown", "slow down",
];
#[rustfmt::skip]
const USED_UP: Words = &[
    "limitexceeded", "limit exceeded", "countexceeded", "quotaexceeded", "quota exceeded", "service quota", "the quota", "your quota",
    "reached the limit", "limit on the number", "maximum number of", "vcpu limit", "limit has been reached", "exceeded your maximum",
];
#[rustfmt::skip]
const UNREACHABLE: Words = &[
    // Of AWS and of what calls it.
    "connection issue", "network configuration", "i/o timeout", "deadline exceeded", "requesterror", "send request failed",
    "statuscode: 0", "dial tcp", "dial udp", "dial unix", "no such host", "connection refused", "connection reset", "connection timed out",
    "request canceled", "context canceled", "tls handshake", "server misbehaving", "client.timeout", "failed to resolve \"", "network is unreachable",
    "no route to host", "send request", "could not connect to the endpoint",
    // Of Go's net, net/http and crypto/tls, of which Docker, containerd and the agent are made.
    "\": eof", "unexpected eof", "broken pipe", "connection aborted", "connection closed", "connection lost", "closed network connection",
    "connection broken", "connection error", "server closed", "server sent goaway", "http2: ", "stream error", "malformed http", "timeout awaiting",
    "host is down", "host is unreachable", "operation timed out", "requested address", "name resolution", "could not resolve host",
    "remote error: tls", "local error: tls", "tls: handshake", "tls: first record", "tls: failed to verify", "x509:",
    // Of Docker and containerd about a registry.
    "failed to do request", "any registry endpoint", "unable to ping registry", "ping attempt failed", "network timed out", "internet connection",
    // Of Windows.
    "actively refused", "forcibly closed", "properly respond", "socket operation",
];
const NO_SPACE: Words = &["no space left", "thin pool", "disk quota", "disk is full"];
#[rustfmt::skip]
const OTHER_PLATFORM: Words = &[
    "descriptor matching platform", "descriptor for platform", "no matching manifest", "exec format error", "no match for platform", "does not match the specified platform",
    "does not match the detected host platform", "cannot be used on this platform", "windows version & incompatible",
    "operating system & does not match", "operating system is not supported", "0xc0370101",
];

// The agent's own advice ("Check whether …") knows more than the text it is put in front of, so it comes first.
#[rustfmt::skip]
const IMAGE_PULL: Table = &[
    (Cause::RateLimit,        THROTTLED),
    (Cause::NotFound,         &["check whether the image exists"]),
    (Cause::Permission,       &["check that the role has the permissions"]),
    (Cause::DiskFull,         NO_SPACE),
    (Cause::PlatformMismatch, OTHER_PLATFORM),
    (Cause::Network,          UNREACHABLE),
    (Cause::Network,          &[": eof", "bad record mac", "nil pointer dereference", "error pulling image conf", "x509:", "failed to verify certificate", "server gave http response"]),
    (Cause::Permission,       DENIED),
    (Cause::Permission,       &["authentication required", "basic auth credentials", "failed to authorize", "denied:", "insufficient_scope",
                                "credentials: not found", "missing username or secret", "unauthorized"]),
    (Cause::Quota,            USED_UP),
    (Cause::Invalid,          &["schema 1", "schema1", "manifest.v1", "no longer supported"]),
    (Cause::NotFound,         &["not found", "manifest unknown", "name unknown", "does not exist", "no such image", "status code: 404",
                                "statuscode: 404", "repo digest", "404 not found"]),
    (Cause::Invalid,          &["invalid reference", "media-type", "mediatype", "media type", "unsupported media", "canonical reference",
                                "mismatched image", "invalid tar header", "layer verification failed", "corrupted", "commit digest", "commit size", "digest mismatch",
                                "size validation", "gzip: invalid header"]),
    (Cause::Timeout,          &["signal: killed", "timed out", "exceeded timeout"]),
];

#[rustfmt::skip]
const SECRET: Table = &[
    (Cause::Network,    UNREACHABLE),
    (Cause::RateLimit,  THROTTLED),
    (Cause::Permission, DENIED),
    (Cause::Invalid,    &["invalid character", "invalidrequest", "invalidparameter:", "invalidparameterexception", "validationexception", "validation error", "not valid json", "valid arn", "invalid arn",
                          "arn format", "arn: invalid", "secretsmanager secretid from", "invalid schema", "malformed", "arns are valid",
                          "arn is invalid", "not enough sections", "is disabled", "pending deletion", "invalidstate", "invalid credentialspec", "invalid format", "empty secrets value", "empty response", "invalid s3 arn"]),
    (Cause::NotFound,   &["json key", "notfoundexception", "parameternotfound", "can't find", "not found", "does not exist", "nosuchkey", "nosuchbucket",
                          "check whether the secret exists", "invalid ssm parameter", "invalid parameters", "missing secret value"]),
    (Cause::Quota,      USED_UP),
    (Cause::Timeout,    &["timed out"]),
];

#[rustfmt::skip]
const LOGGING: Table = &[
    (Cause::DiskFull,   NO_SPACE),
    // The log router's socket.
    (Cause::NotFound,   &["dial unix & no such file"]),
    (Cause::Network,    UNREACHABLE),
    (Cause::RateLimit,  THROTTLED),
    (Cause::Permission, DENIED),
    (Cause::Permission, &["kms key", "kms:"]),
    (Cause::Invalid,    &["400 bad request", "incorrect index"]),
    (Cause::Network,    &["x509:", "verify connection", "cannot connect to", "unable to connect", "502 bad", "503 service", "504 gateway", "gateway timeout"]),
    (Cause::Quota,      USED_UP),
    (Cause::Invalid,    &["no log driver named", "invalid s3 arn", "must specify", "cannot configure", "only supported with"]),
    (Cause::NotFound,   &["does not exist", "notfoundexception", "not found", "cannot find", "nosuchkey", "nosuchbucket", "statuscode: 404"]),
    (Cause::Invalid,    &["is required", "is expected", "unknown log opt", "no log configuration", "missing output key", "invalid", "unsupported",
                          "not supported", "not enabled", "no firelens container", "could not parse", "must be", "needs to be",
                          "expected format", "please provide", "cannot be", "positive integer", "unknown format", "same time", "unable to parse",
                          "cannot determine region", "region is missing", "unknown option", "must have", "missing a required"]),
    (Cause::Timeout,    &["timed out"]),
];

#[rustfmt::skip]
const STORAGE: Table = &[
    // The machine's own runtime.
    (Cause::Timeout,    &["csi driver & deadline", "containerd & deadline", "copy contents & deadline"]),
    (Cause::Network,    &["network path was not found", "mount target ip address", "network was not yet available"]),
    (Cause::Network,    UNREACHABLE),
    (Cause::Permission, DENIED),
    // A caller without credentials has no role that may mount it.
    (Cause::Permission, &["permission denied", "not permitted", "access key & not found", "security credentials"]),
    (Cause::RateLimit,  THROTTLED),
    (Cause::DiskFull,   NO_SPACE),
    (Cause::Quota,      USED_UP),
    (Cause::Timeout,    &["timeout", "timed out", "signal: killed", "already expired", "timer expiration"]),
    (Cause::NotFound,   &["does not exist", ".notfound", "notfound:", "not found", "no such file", "no such volume", "nosuchkey", "nosuchbucket", "statuscode: 404"]),
    (Cause::Invalid,    &["invalid", "idempotentparametermismatch", "not a directory", "arns are valid", "did not find string", "escapes",
                          "does not match", "only supported on", "unsupported", "unrecognized", "unable to parse", "failed to parse", "malformed"]),
];

#[rustfmt::skip]
const NETWORK: Table = &[
    (Cause::RateLimit,  THROTTLED),
    (Cause::Permission, DENIED),
    (Cause::Permission, &["authfailure", "policyviolation"]),
    (Cause::Quota,      USED_UP),
    (Cause::NotFound,   &[".notfound", "does not exist", "daemon: network & not found", "container networking & not found"]),
    (Cause::Invalid,    &[".malformed"]),
    (Cause::Timeout,    &["timeout", "timed out", "deadline exceeded", "already expired"]),
];

#[rustfmt::skip]
const CAPACITY: Table = &[
    (Cause::RateLimit,  THROTTLED),
    (Cause::Quota,      USED_UP),
    (Cause::Permission, DENIED),
    (Cause::Permission, &["authfailure", "policyviolation"]),
    (Cause::NotFound,   &[".notfound", "does not exist"]),
    (Cause::Timeout,    &["timed out", "timeout"]),
    (Cause::Invalid,    &["not compatible", "invalidparameter", "invalid parameter", "is not supported", "does not support", "unsupported:"]),
];

#[rustfmt::skip]
const CONTAINER_START: Table = &[
    (Cause::DiskFull,         NO_SPACE),
    (Cause::PlatformMismatch, OTHER_PLATFORM),
    (Cause::Timeout,          &["dependency & timed out", "dependency & timeout", "dependency & time out"]),
    (Cause::Invalid,          &["not allowed in host network", "sysctl & not", "inactive", "not active", "dependencies cannot be resolved"]),
    (Cause::NotFound,         &["executable file not found", "no such file", "no such image", "not found", "passwd file", "group file",
                                "no users found", "unable to find user", "unable to find group", "cannot find the file", "cannot find the path"]),
    (Cause::Permission,       &["permission denied", "not permitted", "access is denied"]),
    (Cause::Invalid,          &["not a directory", "is a directory", "invalid", "conflicting options", "minimum memory limit", "task memory limit",
                                "unknown capability", "unknown runtime", "runtime is not set", "unable to decode", "unable decode",
                                "not supported", "duplicate mount", "range of cpus", "link target", "volume target", "error parsing", "no command specified"]),
    (Cause::Timeout,          &["timed out", "timeout"]),
];

#[rustfmt::skip]
const PLATFORM: Table = &[
    // The kernel calls its keys a disk.
    (Cause::Quota,      &["session keyring"]),
    (Cause::DiskFull,   NO_SPACE),
    (Cause::Timeout,    &["timeout", "timed out", "deadline exceeded", "signal: killed"]),
    (Cause::Permission, DENIED),
    (Cause::Permission, &["account is currently blocked", "account is blocked"]),
    (Cause::RateLimit,  THROTTLED),
];

/// A person or AWS Batch gave up waiting.
const USER: Table = &[(Cause::Timeout, &["attempt duration exceeded timeout", "attempt duration & timeout"])];

/// Finds the cause in a statement, as `reason::normalize` makes it.
pub(in crate::stop) fn find(category: Category, statement: &str) -> Option<Cause> {
    table(category).iter().find(|(_, known)| words::any(known, statement)).map(|(cause, _)| *cause)
}

fn table(category: Category) -> Table {
    match category {
        Category::ImagePull => IMAGE_PULL,
        Category::Secret => SECRET,
        Category::Logging => LOGGING,
        Category::Storage => STORAGE,
        Category::Network => NETWORK,
        Category::Capacity => CAPACITY,
        Category::ContainerStart => CONTAINER_START,
        Category::Platform => PLATFORM,
        Category::User => USER,
        Category::Oom | Category::AppError | Category::AppSignal | Category::AppCompleted => &[],
        Category::HealthCheck | Category::Deployment | Category::Spot | Category::Host => &[],
        Category::ServiceEvent | Category::Unknown => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case() {
        for table in
            [IMAGE_PULL, SECRET, LOGGING, STORAGE, NETWORK, CAPACITY, CONTAINER_START, PLATFORM, USER]
        {
            for word in table.iter().flat_map(|(_, words)| words.iter()) {
                assert_eq!(*word, word.to_lowercase());
            }
        }
    }

    #[test]
    fn the_same_words_mean_different_things() {
        for (words, meanings) in [
            (
                "deadline exceeded",
                [(Category::Secret, Some(Cause::Network)), (Category::Platform, Some(Cause::Timeout))],
            ),
            (
                "dial unix /var/run/fluent.sock: connect: no such file or directory",
                [
                    (Category::Logging, Some(Cause::NotFound)),
                    (Category::ContainerStart, Some(Cause::NotFound)),
                ],
            ),
            (
                "permission denied",
                [(Category::ContainerStart, Some(Cause::Permission)), (Category::Secret, None)],
            ),
        ] {
            for (category, cause) in meanings {
                assert_eq!(find(category, words), cause, "{words} {category:?}");
            }
        }
    }
}
