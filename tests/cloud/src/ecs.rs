//! ECS: task definitions, as DescribeTaskDefinition tells of them, and services, as DescribeServices does.
//!
//! API reference: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html> and
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html> (read 2026-11).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    Api,
    aws_json::{self, Input},
    core::Core,
    received::Received,
    reply::{Refusal, Reply},
};

/// All task definitions by ARN, and how many tasks services want, by cluster and name.
#[derive(Debug, Default)]
pub(crate) struct Store {
    definitions: BTreeMap<String, Value>,
    services: BTreeMap<(String, String), u64>,
}

/// What ECS knows; from [`crate::Cloud::ecs`].
#[derive(Debug, Clone, Copy)]
pub struct Ecs<'a> {
    core: &'a Core,
}

impl<'a> Ecs<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// Registers a task definition with these container definitions.
    pub fn register(&self, arn: &str, containers: impl Into<Value>) {
        let (_, name) = arn.rsplit_once('/').expect("an ARN");
        let (family, revision) = name.split_once(':').expect("family:revision");
        let revision: u32 = revision.parse().expect("a number");
        let definition = json!({"taskDefinitionArn": arn, "family": family, "revision": revision, "status": "ACTIVE",
            "containerDefinitions": containers.into()});
        self.core.ecs.lock().definitions.insert(arn.to_owned(), definition);
    }

    /// Creates a service that wants this many tasks.
    pub fn create_service(&self, cluster: &str, name: &str, desired_count: u64) {
        let key = (cluster.to_owned(), name.to_owned());
        self.core.ecs.lock().services.insert(key, desired_count);
    }
}

pub(crate) fn serve(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    let input = Input::read(request)?;
    match request.api {
        Api::DescribeServices => describe_services(core, request, &input),
        _ => describe_task_definition(core, request, &input),
    }
}

/// A service that is not there is a failure in a reply of status 200.
fn describe_services(core: &Core, request: &Received, input: &Input) -> Result<Reply, Refusal> {
    input.complain_about_strangers(core, &["cluster", "services", "include"]);
    let cluster = input.required("cluster")?;
    let store = core.ecs.lock();
    let mut services = Vec::new();
    let mut failures = Vec::new();
    for name in input.list("services")?.iter().filter_map(Value::as_str) {
        match store.services.get(&(cluster.to_owned(), name.to_owned())) {
            Some(desired) => services
                .push(json!({"serviceName": name, "status": "ACTIVE", "desiredCount": desired,
                "runningCount": 0, "pendingCount": 0, "deployments": []})),
            None => failures.push(json!({"arn": name, "reason": "MISSING"})),
        }
    }
    Ok(aws_json::reply(request.api, json!({"services": services, "failures": failures})))
}

fn describe_task_definition(core: &Core, request: &Received, input: &Input) -> Result<Reply, Refusal> {
    input.complain_about_strangers(core, &["taskDefinition", "include"]);
    let name = input.required("taskDefinition")?;
    let store = core.ecs.lock();
    let unknown = || Refusal::state("ClientException", "Unable to describe task definition.");
    let definition = store.definitions.get(name).ok_or_else(unknown)?;
    Ok(aws_json::reply(request.api, json!({ "taskDefinition": definition })))
}
