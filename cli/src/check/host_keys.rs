//! Keys of an output that Fluent Bit or FireLens reads itself, so that they never reach the plugin.

use crate::config::Origin;

/// Keys of an output that Fluent Bit reads itself.
pub(super) const HOST_KEYS: [&str; 14] = [
    "name",
    "match",
    "match_regex",
    "alias",
    "workers",
    "retry_limit",
    "log_level",
    "log_suppress_interval",
    "host",
    "port",
    "ipv6",
    "tls",
    "processors",
    "routes",
];

/// Prefixes of further keys that Fluent Bit reads itself.
const HOST_KEY_PREFIXES: [&str; 5] = ["tls.", "net.", "storage.", "oauth2.", "_debug."];

/// Options of the log driver that FireLens does not pass on (`addOutputSection` of the ECS agent).
const FIRELENS_KEYS: [&str; 3] = ["include-pattern", "exclude-pattern", "log-driver-buffer-limit"];

/// Whether Fluent Bit or FireLens reads this key, so that it never reaches the plugin.
pub(crate) fn is_key(origin: Origin, key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    HOST_KEYS.contains(&key.as_str())
        || HOST_KEY_PREFIXES.iter().any(|prefix| key.starts_with(prefix))
        || (origin == Origin::FireLens && FIRELENS_KEYS.contains(&key.as_str()))
}
