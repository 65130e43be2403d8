//! The answers with everything filled in.

use ecs_router::config::endpoint::{domain, partition_id};
use ecs_router::config::keys::DestinationKind;

use super::secrets::{PlannedSecret, SecretOwner, planned_secrets};
use super::{Destinations, InitArguments, Owner};
use crate::check::is_account;

/// Where the plugin runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum InstallPlace {
    /// Beside an application on Fargate
    Fargate,
    /// Beside an application on EC2
    Ec2,
    /// A service of its own that reads ECS events from a queue
    Collector,
}

/// Which records a destination gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoutePurpose {
    Stop,
    Error,
    Rest,
}

impl RoutePurpose {
    /// The name of its destination.
    const fn destination(self) -> &'static str {
        match self {
            Self::Stop => "stops",
            Self::Error => "errors",
            Self::Rest => "rest",
        }
    }

    /// How long its log group keeps what it holds.
    pub(super) const fn retention_days(self) -> u64 {
        match self {
            Self::Stop => 90,
            Self::Error => 30,
            Self::Rest => 14,
        }
    }
}

/// One destination of the output.
#[derive(Debug, Clone)]
pub(super) struct PlannedDestination {
    pub(super) name: String,
    pub(super) kind: DestinationKind,
    pub(super) purpose: RoutePurpose,
}

/// A log group and how many days it keeps what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlannedGroup {
    pub(super) name: String,
    pub(super) retention_days: u64,
}

/// Everything that the files say.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) place: InstallPlace,
    pub(super) name: String,
    pub(super) region: String,
    pub(super) cluster: String,
    pub(super) account: String,
    pub(super) destinations: Vec<PlannedDestination>,
    pub(super) bucket: String,
    pub(super) delivery_stream: String,
    pub(super) http_url: String,
    pub(super) firehose_url: String,
    pub(super) otlp_endpoint: String,
    pub(super) secrets: Vec<PlannedSecret>,
    /// The account's ECR.
    pub(super) registry: String,
    /// The router's image: the base image with this service's configuration.
    pub(super) image: String,
    pub(super) app_image: String,
    pub(super) yaml: bool,
    /// Log groups whose last lines a collector reads.
    pub(super) fetched_groups: Vec<String>,
    stop_group: String,
    error_group: String,
    rest_group: String,
}

/// Where stop events, standard error and the rest go unless somebody says otherwise.
pub(super) fn default_destinations(is_collector: bool) -> (Destinations, Destinations, Destinations) {
    let one = |kind| Destinations(vec![kind]);
    let rest = if is_collector { DestinationKind::Cloudwatch } else { DestinationKind::S3 };
    (one(DestinationKind::Cloudwatch), one(DestinationKind::Cloudwatch), one(rest))
}

impl Plan {
    /// Fills in what is obvious; the reasons why that cannot be done otherwise.
    pub(super) fn new(arguments: &InitArguments) -> Result<Self, Vec<String>> {
        let reasons = obstacles(arguments);
        let (Some(place), Some(name), Some(region)) =
            (arguments.place, arguments.name.clone(), arguments.region.clone())
        else {
            return Err(reasons);
        };
        let destinations = planned_destinations(arguments, place);
        let reasons = [reasons, missing_addresses(arguments, &destinations)].concat();
        if !reasons.is_empty() {
            return Err(reasons);
        }
        Self::filled(arguments, place, name, region, destinations)
    }

    /// The plan of a router beside an application, with what is usual.
    pub(super) fn of_sidecar(family: &str, owner: &Owner, is_fargate: bool) -> Self {
        let place = if is_fargate { InstallPlace::Fargate } else { InstallPlace::Ec2 };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let name = family.replace(|c: char| !is_plain(c), "-");
        let arguments = InitArguments { account: owner.account.clone(), ..InitArguments::default() };
        let region = owner.region.clone().unwrap_or_else(|| "eu-west-1".to_owned());
        Self::of(&arguments, place, name, region, Vec::new(), Vec::new())
    }

    fn filled(
        arguments: &InitArguments,
        place: InstallPlace,
        name: String,
        region: String,
        destinations: Vec<PlannedDestination>,
    ) -> Result<Self, Vec<String>> {
        let account = account(arguments);
        let kinds: Vec<DestinationKind> = destinations.iter().map(|destination| destination.kind).collect();
        let owner = SecretOwner { account: &account, region: &region, service: &name };
        let secrets = planned_secrets(&arguments.secrets, &kinds, &owner)?;
        Ok(Self::of(arguments, place, name, region, destinations, secrets))
    }

    fn of(
        arguments: &InitArguments,
        place: InstallPlace,
        name: String,
        region: String,
        destinations: Vec<PlannedDestination>,
        secrets: Vec<PlannedSecret>,
    ) -> Self {
        let account = account(arguments);
        let registry = format!("{account}.dkr.ecr.{region}.{}", domain(&region));
        let given = |value: &Option<String>, default: String| value.clone().unwrap_or(default);
        let is_collector = place == InstallPlace::Collector;
        let stops = if is_collector { "/ecs/stopped-tasks".to_owned() } else { format!("/ecs/{name}/stops") };
        let stop_group = given(&arguments.stop_log_group, stops);
        let rest = if is_collector { stop_group.clone() } else { format!("/ecs/{name}/lines") };
        let url = |value: &Option<String>| value.clone().unwrap_or_default();
        Self {
            place,
            cluster: given(&arguments.cluster, "default".to_owned()),
            bucket: given(&arguments.bucket, format!("{}-logs-{account}", name.to_ascii_lowercase())),
            delivery_stream: given(&arguments.delivery_stream, format!("{name}-logs")),
            http_url: url(&arguments.http_url),
            firehose_url: url(&arguments.firehose_url),
            otlp_endpoint: url(&arguments.otlp_endpoint),
            image: given(&arguments.image, format!("{registry}/ecs-router-{}:1", name.to_ascii_lowercase())),
            app_image: given(&arguments.app_image, format!("{registry}/{}:1", name.to_ascii_lowercase())),
            yaml: arguments.yaml,
            fetched_groups: arguments.fetch_logs.clone(),
            registry,
            error_group: given(&arguments.error_log_group, format!("/ecs/{name}/errors")),
            rest_group: given(&arguments.rest_log_group, rest),
            stop_group,
            secrets,
            destinations,
            name,
            region,
            account,
        }
    }

    /// The image that all routers of the account begin from; nothing here may push to it.
    pub(super) fn base_image(&self) -> String {
        base_image(&self.registry)
    }

    /// Where a stop event goes to be kept: everything but what is for people.
    pub(super) fn stored_stops(&self) -> Vec<&str> {
        let stops = self.destinations.iter().filter(|one| one.purpose == RoutePurpose::Stop);
        stops.filter(|one| !one.kind.alerts()).map(|one| one.name.as_str()).collect()
    }

    pub(super) fn is_collector(&self) -> bool {
        self.place == InstallPlace::Collector
    }

    /// Whether any destination is of this type.
    pub(super) fn uses(&self, kind: DestinationKind) -> bool {
        self.destinations.iter().any(|destination| destination.kind == kind)
    }

    /// Whether people are told of stops.
    pub(super) fn alerts(&self) -> bool {
        self.destinations.iter().any(|one| one.purpose == RoutePurpose::Stop && one.kind.alerts())
    }

    /// Whether the router has to write files.
    pub(super) fn needs_disk(&self) -> bool {
        self.uses(DestinationKind::S3) || self.uses(DestinationKind::File)
    }

    pub(super) fn log_group(&self, purpose: RoutePurpose) -> &str {
        match purpose {
            RoutePurpose::Stop => &self.stop_group,
            RoutePurpose::Error => &self.error_group,
            RoutePurpose::Rest => &self.rest_group,
        }
    }

    /// The log groups that destinations write to, each once.
    pub(super) fn written_groups(&self) -> Vec<PlannedGroup> {
        let mut groups: Vec<PlannedGroup> = Vec::new();
        let cloudwatch =
            self.destinations.iter().filter(|destination| destination.kind == DestinationKind::Cloudwatch);
        for destination in cloudwatch {
            let name = self.log_group(destination.purpose).to_owned();
            if !groups.iter().any(|group| group.name == name) {
                groups.push(PlannedGroup { name, retention_days: destination.purpose.retention_days() });
            }
        }
        groups
    }

    /// The log group of the router itself.
    pub(super) fn router_group(&self) -> PlannedGroup {
        PlannedGroup { name: format!("/ecs/{}/router", self.name), retention_days: 14 }
    }

    /// The part of every object's key that no record chooses.
    pub(super) fn prefix(&self) -> String {
        format!("ecs/{}/{}", self.cluster, self.name)
    }

    /// The partition of its region, for example `aws-us-gov`.
    pub(super) fn partition(&self) -> &'static str {
        partition_id(&self.region)
    }

    pub(super) fn queue_url(&self) -> String {
        let domain = domain(&self.region);
        format!("https://sqs.{}.{domain}/{}/{}", self.region, self.account, self.name)
    }

    /// The name of the configuration's file.
    pub(super) fn configuration_file(&self) -> &'static str {
        match (self.is_collector(), self.yaml) {
            (false, _) => "extra.conf",
            (true, false) => "fluent-bit.conf",
            (true, true) => "fluent-bit.yaml",
        }
    }

    pub(super) fn router_container(&self) -> &'static str {
        if self.is_collector() { "collector" } else { "log_router" }
    }
}

fn base_image(registry: &str) -> String {
    format!("{registry}/ecs-router:1")
}

fn account(arguments: &InitArguments) -> String {
    arguments.account.clone().unwrap_or_else(|| "111122223333".to_owned())
}

/// What the flags lack or do not allow.
fn obstacles(arguments: &InitArguments) -> Vec<String> {
    let is_collector = arguments.place == Some(InstallPlace::Collector);
    let is_name = |name: &String| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (1..=64).contains(&name.len()) && name.chars().all(is_plain)
    };
    let complaints = [
        (arguments.place.is_none(), "--where is missing: fargate, ec2 or collector"),
        (arguments.name.is_none(), "--name is missing: the name of the service"),
        (arguments.region.is_none(), "--region is missing, for example --region eu-west-1"),
        (
            arguments.name.as_ref().is_some_and(|name| !is_name(name)),
            "--name: letters, digits, '-' and '_' only, 64 at most; it becomes a part of ARNs",
        ),
        (
            arguments.account.as_ref().is_some_and(|account| !is_account(account)),
            "--account: an AWS account has 12 digits",
        ),
        (
            arguments.cluster.as_ref().is_some_and(|cluster| !is_name(cluster)),
            "--cluster: give the cluster's name, not its ARN",
        ),
        (
            is_collector && arguments.error.is_some(),
            "--error: a collector reads ECS events, no standard error; leave it out",
        ),
        (
            !arguments.fetch_logs.is_empty() && arguments.place.is_some() && !is_collector,
            "--fetch-logs: only a collector reads the groups of other tasks; leave it out",
        ),
        (
            arguments.yaml && arguments.place.is_some() && !is_collector,
            "--yaml: FireLens includes the classic format only; leave it out",
        ),
        (
            arguments.image.as_ref().is_some_and(|image| image.ends_with("/ecs-router:1")),
            "--image: ecs-router:1 is the base image of every router; give the router of this service a name of its own",
        ),
    ];
    let complaints = complaints.into_iter().filter(|(is_wrong, _)| *is_wrong);
    complaints.map(|(_, complaint)| complaint.to_owned()).collect()
}

fn planned_destinations(arguments: &InitArguments, place: InstallPlace) -> Vec<PlannedDestination> {
    let is_collector = place == InstallPlace::Collector;
    let defaults = default_destinations(is_collector);
    let error = if is_collector { Destinations::default() } else { defaults.1 };
    let lists = [
        (RoutePurpose::Stop, arguments.stop.clone().unwrap_or(defaults.0)),
        (RoutePurpose::Error, arguments.error.clone().unwrap_or(error)),
        (RoutePurpose::Rest, arguments.rest.clone().unwrap_or(defaults.2)),
    ];
    lists.into_iter().flat_map(|(purpose, list)| named(purpose, &list.0)).collect()
}

/// One destination is called after its purpose; several have their type in the name.
fn named(purpose: RoutePurpose, kinds: &[DestinationKind]) -> Vec<PlannedDestination> {
    let base = purpose.destination();
    let name = |kind: DestinationKind| match kinds.len() {
        1 => base.to_owned(),
        _ => format!("{base}_{}", kind.name()),
    };
    kinds.iter().map(|&kind| PlannedDestination { name: name(kind), kind, purpose }).collect()
}

/// Addresses that nobody can guess.
fn missing_addresses(arguments: &InitArguments, destinations: &[PlannedDestination]) -> Vec<String> {
    let needs = [
        (DestinationKind::Http, arguments.http_url.is_none(), "--http-url"),
        (DestinationKind::FirehoseHttp, arguments.firehose_url.is_none(), "--firehose-url"),
        (DestinationKind::Otlp, arguments.otlp_endpoint.is_none(), "--otlp-endpoint"),
    ];
    let is_used = |kind: DestinationKind| destinations.iter().any(|destination| destination.kind == kind);
    let missing = needs.into_iter().filter(|(kind, is_missing, _)| *is_missing && is_used(*kind));
    missing.map(|(kind, _, flag)| format!("{flag} is missing: the address of {}", kind.name())).collect()
}
