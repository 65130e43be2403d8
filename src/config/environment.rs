//! What the machine says about AWS, for keys that are not written.
//!
//! Owns: which word counts when keys, environment and AWS's own rules name an endpoint. Does not own: reading the
//! environment and the shared configuration files (`transport::aws`), or AWS's rules (`config::endpoint`).

use std::collections::BTreeMap;

use super::endpoint::{AwsService, EndpointVariant, host};
use super::{Identity, KeyReader};

/// The region and the endpoints that environment variables, a profile and the instance name.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>, read 2026-11.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsEnvironment {
    /// The region, if it was asked for and is known.
    pub region: Option<String>,
    /// `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT` and their like in a profile.
    pub variant: EndpointVariant,
    /// `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>` and their like in a profile.
    pub endpoints: BTreeMap<AwsService, String>,
}

/// What the machine says, by profile of the shared configuration files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsEnvironments {
    default: AwsEnvironment,
    of_profiles: BTreeMap<String, AwsEnvironment>,
}

impl AwsEnvironments {
    /// A machine in this region that says nothing else, for tools that ask no machine.
    #[must_use]
    pub fn in_region(region: &str) -> Self {
        let default = AwsEnvironment { region: Some(region.to_owned()), ..AwsEnvironment::default() };
        Self { default, of_profiles: BTreeMap::new() }
    }

    /// Adds what is said for a profile; `None` is the machine's own.
    pub fn insert(&mut self, profile: Option<String>, environment: AwsEnvironment) {
        match profile {
            Some(profile) => drop(self.of_profiles.insert(profile, environment)),
            None => self.default = environment,
        }
    }

    /// What counts for keys with this `profile`.
    #[must_use]
    pub fn of(&self, profile: Option<&str>) -> &AwsEnvironment {
        profile.and_then(|profile| self.of_profiles.get(profile)).unwrap_or(&self.default)
    }
}

impl AwsEnvironment {
    /// The variant that keys and the environment ask for: a destination's key before the output's before the
    /// environment's.
    pub(super) fn variant(&self, reader: &KeyReader<'_>) -> EndpointVariant {
        EndpointVariant {
            fips: switch(reader, "fips").unwrap_or(self.variant.fips),
            dualstack: switch(reader, "dualstack").unwrap_or(self.variant.dualstack),
        }
    }

    /// The address that `key` or the environment names for a service; `None` means AWS's own.
    ///
    /// A named address is a host already, so that asking for another variant of it as well is a problem.
    pub fn named_address(&self, reader: &KeyReader<'_>, key: &str, service: AwsService) -> Option<String> {
        let Some(written) = reader.text(key) else { return self.endpoints.get(&service).cloned() };
        for name in ["fips", "dualstack"] {
            if reader.has_key(name) && reader.written(name).is_some() && reader.flag(name) {
                reader.problem(
                    name,
                    format!("has no effect on the address that {key} names; leave one of them out"),
                );
            }
        }
        Some(written)
    }

    /// The address of a service: the one that is named, or AWS's own.
    #[must_use]
    pub fn address(
        &self,
        reader: &KeyReader<'_>,
        key: &str,
        service: AwsService,
        identity: &Identity,
    ) -> String {
        self.named_address(reader, key, service).unwrap_or_else(|| aws_address(reader, service, identity))
    }
}

/// AWS's own address of a service; that there is none is a problem.
pub fn aws_address(reader: &KeyReader<'_>, service: AwsService, identity: &Identity) -> String {
    match host(service, &identity.region, identity.variant) {
        Ok(host) => format!("https://{host}"),
        Err(error) => {
            reader.problem("fips", format!("cannot be on in {}: {error}", identity.region));
            String::new()
        }
    }
}

/// A switch of the destination, or of the output where the destination does not set it.
fn switch(reader: &KeyReader<'_>, name: &str) -> Option<bool> {
    let output = reader.output();
    [reader, &output]
        .into_iter()
        .find(|reader| reader.has_key(name) && reader.written(name).is_some())
        .map(|reader| reader.flag(name))
}
