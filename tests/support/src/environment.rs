//! The environment that AWS's own libraries read: the fake cloud's key, and nothing of the machine.

use std::sync::Once;

/// What each process of the tests gets before it starts a router.
pub const VARIABLES: [(&str, &str); 5] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
    ("AWS_CONFIG_FILE", "/dev/null"),
    ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
];

/// What a developer's shell or a build machine may have set, and what would change the outcome.
pub const STRANGERS: [&str; 31] = [
    "ECS_CONTAINER_METADATA_URI_V4",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "AWS_CA_BUNDLE",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
    "AWS_ENDPOINT_URL_FIREHOSE",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SQS",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
];

/// Gives this process the fake cloud's key, once. Every router of the tests starts behind it.
pub fn of_the_fake_cloud() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        STRANGERS.iter().for_each(|name| change(name, None));
        VARIABLES.iter().for_each(|(name, value)| change(name, Some(value)));
    });
}

/// Takes credentials from this endpoint instead of the environment. Only for a process that runs one test.
pub fn of_the_container(credentials_uri: &str) {
    without_key();
    change("AWS_CONTAINER_CREDENTIALS_FULL_URI", Some(credentials_uri));
}

/// Takes credentials from elsewhere than the environment. Only for a process that runs one test.
pub fn without_key() {
    of_the_fake_cloud();
    change("AWS_ACCESS_KEY_ID", None);
    change("AWS_SECRET_ACCESS_KEY", None);
}

/// Says where the task's metadata are. Only for a process that runs one test.
pub fn metadata(address: &str) {
    of_the_fake_cloud();
    change("ECS_CONTAINER_METADATA_URI_V4", Some(address));
}

/// Sends requests through this proxy, except for those to `direct`. Only for a process that runs one test.
pub fn proxy(url: &str, direct: &str) {
    change("HTTP_PROXY", Some(url));
    change("NO_PROXY", Some(direct));
}

/// Sends what goes over TLS through this proxy. Only for a process that runs one test.
pub fn tls_proxy(url: &str) {
    change("HTTPS_PROXY", Some(url));
}

/// Sets variables that AWS's own tools read. Only for a process that runs one test.
pub fn aws(variables: &[(&str, &str)]) {
    of_the_fake_cloud();
    variables.iter().for_each(|(name, value)| change(name, Some(value)));
}

/// Names a file of authorities in this variable. Only for a process that runs one test.
pub fn authorities(variable: &str, file: &str) {
    of_the_fake_cloud();
    change(variable, Some(file));
}

/// Only std reads the environment in this process, and std locks it on both sides. The C library would when it looks
/// names up, but every endpoint of the tests is a numeric address.
#[allow(
    unsafe_code,
    reason = "the process's environment is the only way to hand credentials to the official chain"
)]
fn change(name: &str, value: Option<&str>) {
    match value {
        // SAFETY: as said above, every reader of the environment in this process takes std's lock.
        Some(value) => unsafe { std::env::set_var(name, value) },
        // SAFETY: the same.
        None => unsafe { std::env::remove_var(name) },
    }
}
