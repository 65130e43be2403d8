//! The AWS identity that signs requests, as the user wrote it. Fetches no credentials.

use super::endpoint::EndpointVariant;
use super::{AwsEnvironments, KeyReader};

/// An AWS identity, as configured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Identity {
    /// AWS region, for example `eu-west-1`.
    pub region: String,
    /// Which endpoints of AWS are asked.
    pub variant: EndpointVariant,
    /// ARN of a role to assume.
    pub role_arn: Option<String>,
    /// External id for `role_arn`.
    pub external_id: Option<String>,
    /// Address of STS, if it is not AWS's own.
    pub sts_endpoint: Option<String>,
    /// Profile of the shared AWS configuration files.
    pub profile: Option<String>,
}

impl Identity {
    /// Reads the keys whose names begin with `prefix`; without a written region it is `region`, then the machine's.
    #[must_use]
    pub fn read(
        reader: &KeyReader<'_>,
        prefix: &str,
        region: Option<&str>,
        environments: &AwsEnvironments,
    ) -> Self {
        let key = |name: &str| format!("{prefix}{name}");
        let text = |name: &str| reader.text(&key(name));
        let profile = text("profile");
        let environment = environments.of(profile.as_deref());
        let region = region.or(environment.region.as_deref()).map(str::to_owned);
        let region = text("region").or(region).unwrap_or_else(|| {
            let what = format!(
                "is missing, and neither AWS_REGION nor a profile names one; set AWS_REGION, or {} eu-west-1",
                reader.full_name(&key("region"))
            );
            reader.problem(&key("region"), what);
            String::new()
        });
        let role_arn = text("role_arn");
        let external_id = text("external_id");
        if external_id.is_some() && role_arn.is_none() {
            reader.problem(&key("external_id"), format!("has no effect without {}", key("role_arn")));
        }
        let variant = environment.variant(reader);
        Self { region, variant, role_arn, external_id, sts_endpoint: text("sts_endpoint"), profile }
    }
}
