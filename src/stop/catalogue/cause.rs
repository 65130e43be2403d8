//! Causes, read off the same words that gave the category. There is one table per category, because the same words
//! mean different things: `permission denied` is a file's mode in a start error, `no such file` the log
//! router's socket in a logging error, `deadline exceeded` the network for a secret and the runtime for a start.
//! Texts name images, roles and secrets, so no word here is one that such a name may well contain.
//!
//! Image pulls: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html>

use crate::stop::kind::{Category, Cause};

type Table = &'static [(Cause, &'static [&'static str])];

#[rustfmt::skip]
const DENIED: &[&str] = &[
    "accessdenied", "access denied", "not authorized", "401 unauthorized", "unauthorized:", "403 forbidden", "forbidden:",
    "access to kms", "kms:decrypt", "unable to assume",
];
#[rustfmt::skip]
const THROTTLED: &[&str] = &[
    "toomanyrequests", "too many requests", "rate limit", "rate exceeded", "throttlingexception", "throttled", "limitexceeded",
];
#[rustfmt::skip]
const UNREACHABLE: &[&str] = &[
    "connection issue", "network configuration", "i/o timeout", "deadline exceeded", "requesterror", "send request failed",
    "statuscode: 0", "dial tcp", "dial unix", "no such host", "connection refused", "connection reset", "connection timed out",
    "request canceled", "context canceled", "tls handshake", "client.timeout", "failed to resolve \"", "network is unreachable",
    "unexpected eof",
];
const NO_SPACE: &[&str] = &["no space left", "thin pool", "disk quota"];
const OTHER_PLATFORM: &[&str] =
    &["descriptor matching platform", "no matching manifest", "exec format error", "no match for platform"];

// The agent's own advice ("Check whether …") knows more than the text it is put in front of, so it comes first.
#[rustfmt::skip]
const IMAGE_PULL: Table = &[
    (Cause::RateLimit,        THROTTLED),
    (Cause::NotFound,         &["check whether the image exists"]),
    (Cause::Permission,       &["check that the role has the permissions"]),
    (Cause::DiskFull,         NO_SPACE),
    (Cause::PlatformMismatch, OTHER_PLATFORM),
    (Cause::Network,          UNREACHABLE),
    (Cause::Network,          &["nil pointer dereference", "error pulling image conf"]),
    (Cause::Permission,       DENIED),
    (Cause::Permission,       &["authentication required", "basic auth credentials", "failed to authorize", "denied:", "insufficient_scope"]),
    (Cause::NotFound,         &["not found", "manifest unknown", "name unknown", "does not exist", "no such image", "status code: 404"]),
    (Cause::Invalid,          &["invalid reference", "media-type", "mediatype", "unsupported media"]),
    (Cause::Timeout,          &["signal: killed", "timed out"]),
];

#[rustfmt::skip]
const SECRET: Table = &[
    (Cause::Network,    UNREACHABLE),
    (Cause::RateLimit,  THROTTLED),
    (Cause::Permission, DENIED),
    (Cause::Invalid,    &["json key", "invalid character", "invalidrequest", "validationexception", "not valid json"]),
    (Cause::NotFound,   &["notfoundexception", "parameternotfound", "can't find", "not found", "does not exist",
                          "check whether the secret exists", "invalid ssm parameter", "invalid parameters"]),
    (Cause::Timeout,    &["signal: killed", "timed out"]),
];

#[rustfmt::skip]
const LOGGING: Table = &[
    (Cause::Network,    UNREACHABLE),
    (Cause::RateLimit,  THROTTLED),
    (Cause::Permission, DENIED),
    (Cause::NotFound,   &["does not exist", "notfoundexception", "not found", "cannot find"]),
    (Cause::Invalid,    &["is required", "unknown log opt", "no log configuration", "missing output key", "invalid"]),
    (Cause::Timeout,    &["signal: killed", "timed out"]),
];

#[rustfmt::skip]
const STORAGE: Table = &[
    (Cause::Network,    UNREACHABLE),
    (Cause::Permission, DENIED),
    (Cause::Permission, &["permission denied", "not permitted"]),
    (Cause::RateLimit,  THROTTLED),
    (Cause::DiskFull,   NO_SPACE),
    (Cause::Timeout,    &["timeout", "timed out"]),
    (Cause::NotFound,   &["does not exist", ".notfound", "not found", "no such file", "nosuchkey", "nosuchbucket", "statuscode: 404"]),
    (Cause::Invalid,    &["invalid", "idempotentparametermismatch", "not a directory"]),
];

#[rustfmt::skip]
const NETWORK: Table = &[
    (Cause::RateLimit,  THROTTLED),
    (Cause::Permission, DENIED),
    (Cause::Permission, &["unauthorizedoperation", "authfailure", "policyviolation"]),
    (Cause::Timeout,    &["timeout", "timed out", "deadline exceeded"]),
    (Cause::NotFound,   &[".notfound", "does not exist"]),
];

const CAPACITY: Table = &[(Cause::Invalid, &["not compatible"])];

#[rustfmt::skip]
const CONTAINER_START: Table = &[
    (Cause::DiskFull,         NO_SPACE),
    (Cause::PlatformMismatch, OTHER_PLATFORM),
    (Cause::NotFound,         &["executable file not found", "no such file", "no such image", "not found"]),
    (Cause::Permission,       &["permission denied", "not permitted"]),
    (Cause::Invalid,          &["not a directory", "is a directory", "invalid"]),
];

#[rustfmt::skip]
const PLATFORM: Table = &[
    (Cause::Timeout,    &["timeout", "timed out", "deadline exceeded", "signal: killed"]),
    (Cause::Permission, DENIED),
    (Cause::RateLimit,  THROTTLED),
    (Cause::DiskFull,   NO_SPACE),
];

/// Finds the cause in a statement, as `reason::normalize` makes it.
pub(in crate::stop) fn find(category: Category, statement: &str) -> Option<Cause> {
    table(category)
        .iter()
        .find(|(_, words)| words.iter().any(|word| statement.contains(word)))
        .map(|(cause, _)| *cause)
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
        Category::Oom | Category::AppError | Category::AppSignal | Category::AppCompleted => &[],
        Category::HealthCheck | Category::Deployment | Category::User | Category::Spot | Category::Host => {
            &[]
        }
        Category::ServiceEvent | Category::Unknown => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case() {
        for table in [IMAGE_PULL, SECRET, LOGGING, STORAGE, NETWORK, CAPACITY, CONTAINER_START, PLATFORM] {
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
                    (Category::Logging, Some(Cause::Network)),
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
