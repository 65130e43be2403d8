//! ECS: task definitions, as DescribeTaskDefinition tells of them.
//!
//! API reference: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html> (read
//! 2026-11).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    aws_json::{self, Input},
    core::Core,
    received::Received,
    reply::{Refusal, Reply},
};

/// All task definitions by ARN.
#[derive(Debug, Default)]
pub(crate) struct Store {
    definitions: BTreeMap<String, Value>,
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
}

pub(crate) fn serve(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    let input = Input::read(request)?;
    input.complain_about_strangers(core, &["taskDefinition", "include"]);
    let name = input.required("taskDefinition")?;
    let store = core.ecs.lock();
    let unknown = || Refusal::state("ClientException", "Unable to describe task definition.");
    let definition = store.definitions.get(name).ok_or_else(unknown)?;
    Ok(aws_json::reply(request.api, json!({ "taskDefinition": definition })))
}
