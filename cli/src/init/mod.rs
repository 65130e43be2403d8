//! `init`: the files to start a deployment with, from a few answers.
//!
//! Owns: the questions, and what the files say. Whether they are right is left to `check`, which reads them before they
//! are written.

mod ask;
mod cloudformation;
mod conf;
mod files;
mod iam;
mod plan;
mod secrets;
mod signed;
mod steps;
mod task;
mod terraform;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use ecs_router::config::keys::DestinationKind;

use self::plan::{InstallPlace, Plan};
use crate::suggest::closest;
use crate::terminal;

#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct InitArguments {
    /// Where the plugin runs
    #[arg(long = "where", value_enum)]
    place: Option<InstallPlace>,
    /// Name of the service: of its task family, of its roles, and in the names of log groups
    #[arg(long)]
    name: Option<String>,
    /// AWS region, for example eu-west-1
    #[arg(long)]
    region: Option<String>,
    /// Name of the ECS cluster
    #[arg(long)]
    cluster: Option<String>,
    /// Where stop events go: types of destination, with commas between them, or drop. Default: cloudwatch
    #[arg(long, value_name = "TYPES", value_parser = destinations)]
    stop: Option<Destinations>,
    /// Where standard error goes. Default: cloudwatch
    #[arg(long, value_name = "TYPES", value_parser = destinations)]
    error: Option<Destinations>,
    /// Where all the rest goes. Default: s3; of a collector: cloudwatch
    #[arg(long, value_name = "TYPES", value_parser = destinations)]
    rest: Option<Destinations>,
    /// AWS account. Default: 111122223333, which stands for yours
    #[arg(long)]
    account: Option<String>,
    /// Log group of stop events. Default: /ecs/NAME/stops; of a collector: /ecs/stopped-tasks
    #[arg(long, value_name = "GROUP")]
    stop_log_group: Option<String>,
    /// Log group of standard error. Default: /ecs/NAME/errors
    #[arg(long, value_name = "GROUP")]
    error_log_group: Option<String>,
    /// Log group of the rest. Default: /ecs/NAME/lines; of a collector: that of stop events
    #[arg(long, value_name = "GROUP")]
    rest_log_group: Option<String>,
    /// Log groups of applications, with commas between them: a collector's reports show their last lines
    #[arg(long, value_name = "GROUPS", value_delimiter = ',')]
    fetch_logs: Vec<String>,
    /// Bucket of s3. Default: NAME-logs-ACCOUNT
    #[arg(long)]
    bucket: Option<String>,
    /// Delivery stream of firehose, which has to exist. Default: NAME-logs
    #[arg(long, value_name = "NAME")]
    delivery_stream: Option<String>,
    /// Address of http
    #[arg(long, value_name = "URL")]
    http_url: Option<String>,
    /// Address of firehose_http
    #[arg(long, value_name = "URL")]
    firehose_url: Option<String>,
    /// Address of otlp
    #[arg(long, value_name = "URL")]
    otlp_endpoint: Option<String>,
    /// ARN of the secret for a variable, for example SLACK_WEBHOOK_URL=arn:aws:secretsmanager:…; may be given more than
    /// once
    #[arg(long = "secret", value_name = "VARIABLE=ARN")]
    secrets: Vec<String>,
    /// The router's image. Default: ecs-router-NAME:1 in the account's ECR, made from ecs-router:1
    #[arg(long)]
    image: Option<String>,
    /// The application's image. Default: NAME:1 in the account's ECR
    #[arg(long)]
    app_image: Option<String>,
    /// What makes log groups, bucket, queue and roles
    #[arg(long, value_enum, default_value_t)]
    iac: Iac,
    /// Writes the configuration of a collector as YAML; FireLens reads the classic format only
    #[arg(long)]
    yaml: bool,
    /// The folder to write to
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    dir: PathBuf,
    /// Prints the files instead of writing them
    #[arg(long, visible_alias = "stdout")]
    dry_run: bool,
}

/// What makes the resources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Iac {
    #[default]
    Cloudformation,
    Terraform,
}

/// Types of destination; none to drop the records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Destinations(Vec<DestinationKind>);

/// Writes the files. Exits with 0 when all of them are written, 2 when something stands in the way.
pub(crate) fn run(arguments: &InitArguments) -> io::Result<ExitCode> {
    let mut arguments = arguments.clone();
    if ask::is_possible() {
        ask::missing(&mut io::stdin().lock(), &mut terminal::output(), &mut arguments)?;
    }
    match Plan::new(&arguments) {
        Ok(plan) => files::write(&plan, &arguments),
        Err(reasons) => {
            reasons.iter().for_each(|reason| terminal::complain(format_args!("ecs-router: {reason}")));
            Ok(ExitCode::from(2))
        }
    }
}

/// What loads the plugin.
pub(crate) const PLUGINS: &str = "[PLUGINS]\n    Path /ecs-router/libout_ecs_router.so\n";

/// Puts the service's configuration onto the base image.
pub(crate) fn dockerfile(base: &str, copy: &str) -> String {
    format!(
        "# ROUTER: the image built with examples/docker/Dockerfile, which all services share.\nARG ROUTER={base}\nFROM \
         ${{ROUTER}}\nCOPY {copy}\n"
    )
}

/// How an image gets into the account's ECR: the repository, the login, the push.
pub(crate) fn image_steps(image: &str, registry: &str, region: &str, dockerfile: &str) -> Vec<String> {
    let repository = image.strip_prefix(registry).and_then(|rest| rest.strip_prefix('/'));
    let repository = repository.and_then(|rest| rest.split([':', '@']).next());
    let create = repository.map(|name| {
        format!("aws ecr create-repository --region {region} --repository-name {name}  (once; skip it if it exists)")
    });
    let login = format!(
        "aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {registry}"
    );
    let file = if dockerfile == "Dockerfile" { String::new() } else { format!("-f {dockerfile} ") };
    let build = format!("docker build {file}-t {image} . && docker push {image}");
    create.into_iter().chain([login, build]).collect()
}

/// What a task definition needs beside the application.
#[derive(Debug)]
pub(crate) struct SidecarParts {
    /// The router's container.
    pub(crate) container: serde_json::Value,
    /// The volume of its spool.
    pub(crate) volume: serde_json::Value,
    /// The image of the container, and the one that it is made from.
    pub(crate) image: String,
    pub(crate) base_image: String,
    /// The account's ECR.
    pub(crate) registry: String,
    pub(crate) region: String,
    /// Where the router itself logs to.
    pub(crate) router_group: String,
}

/// Account and region as far as they are known.
#[derive(Debug, Default)]
pub(crate) struct Owner {
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
}

/// The router for a task definition that exists already.
pub(crate) fn sidecar(family: &str, owner: &Owner, is_fargate: bool) -> SidecarParts {
    let plan = Plan::of_sidecar(family, owner, is_fargate);
    SidecarParts {
        container: task::router(&plan),
        volume: task::volume(&plan),
        base_image: plan.base_image(),
        router_group: plan.router_group().name,
        image: plan.image,
        registry: plan.registry,
        region: plan.region,
    }
}

/// `cloudwatch,slack`, or `drop`
fn destinations(text: &str) -> Result<Destinations, String> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        return Err("name a type of destination, or drop".to_owned());
    }
    if names == ["drop"] {
        return Ok(Destinations::default());
    }
    let kinds: Result<Vec<DestinationKind>, String> = names.into_iter().map(destination).collect();
    let mut kinds = kinds?;
    let all = kinds.clone();
    let mut position = 0;
    kinds.retain(|kind| {
        position += 1;
        !all.iter().take(position - 1).any(|before| before == kind)
    });
    Ok(Destinations(kinds))
}

fn destination(name: &str) -> Result<DestinationKind, String> {
    DestinationKind::parse(name).ok_or_else(|| {
        let names = DestinationKind::ALL.map(DestinationKind::name);
        match (DestinationKind::advice(name), closest(name, names)) {
            (Some(advice), _) => advice.to_owned(),
            (None, Some(near)) => format!("did you mean {near}?"),
            (None, None) => format!("there are: {}, and drop", names.join(", ")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_destinations_are_read_and_mistakes_named() {
        let read = |text| destinations(text).map(|found| found.0.len());
        assert_eq!(read("cloudwatch, slack"), Ok(2));
        assert_eq!(read("s3,s3,firehose"), Ok(2));
        assert_eq!(read("drop"), Ok(0));
        assert_eq!(read("slak"), Err("did you mean slack?".to_owned()));
        assert_eq!(read("cloudwatch_logs"), Err("did you mean cloudwatch?".to_owned()));
        assert!(read("").is_err() && read("nowhere").is_err_and(|reason| reason.contains("firehose_http")));
    }
}
