//! The resource of a record, where it comes from, by OpenTelemetry's semantic conventions.
//!
//! <https://opentelemetry.io/docs/specs/semconv/resource/cloud-provider/aws/ecs/> and
//! <https://opentelemetry.io/docs/specs/semconv/registry/attributes/cloud/>, read 2026-11.

use std::borrow::Cow;
use std::cell::RefCell;

use serde_json::Value as Json;

use crate::classify::classes::Entry;
use crate::config::KeyReader;
use crate::encode::template::{NameKind, RenderContext, Template};
use crate::input::record::Value;

/// Attributes of every resource.
const CONSTANT_ATTRIBUTES: [(&str, &[u8]); 2] = [("cloud.provider", b"aws"), ("cloud.platform", b"aws_ecs")];

/// Attributes and the templates of their values; an attribute whose field is missing is left out.
const FIELD_ATTRIBUTES: [(&str, &str); 6] = [
    ("aws.ecs.task.arn", "$(ecs_task_arn)"),
    ("aws.ecs.task.id", "$(ecs_task_id)"),
    ("aws.ecs.task.family", "$(ecs_task_family)"),
    ("aws.ecs.task.revision", "$(ecs_task_revision)"),
    ("container.name", "$(container_name)"),
    (CONTAINER_ID, "$(container_id)"),
];

/// The attribute that a stop event gives the container it blames.
const CONTAINER_ID: &str = "container.id";

/// Builds the resources of entries.
#[derive(Debug)]
pub(super) struct Resources {
    service: Template,
    fields: Vec<(&'static str, Template)>,
    scratch: RefCell<ResourceAttributes>,
}

/// Names and values, in buffers that are reused for every entry.
#[derive(Debug, Default)]
pub(super) struct ResourceAttributes {
    values: Vec<u8>,
    /// Each name, and where its value ends in `values`.
    names: Vec<(&'static str, usize)>,
}

impl ResourceAttributes {
    /// In the order in which they were added.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Value<'_>, Value<'_>)> {
        let starts = std::iter::once(0).chain(self.names.iter().map(|(_, end)| *end));
        self.names.iter().zip(starts).map(|((name, end), start)| {
            (Value::Text(name.as_bytes()), Value::Text(self.values.get(start..*end).unwrap_or_default()))
        })
    }

    fn clear(&mut self) {
        self.values.clear();
        self.names.clear();
    }

    fn add(&mut self, name: &'static str, value: Option<impl AsRef<[u8]>>) {
        if let Some(value) = value {
            self.values.extend_from_slice(value.as_ref());
            self.names.push((name, self.values.len()));
        }
    }

    /// Returns a field that was missing; the value is then a fallback, which the caller may drop again.
    fn render<'t>(
        &mut self,
        name: &'static str,
        template: &'t Template,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
    ) -> Option<&'t str> {
        let missing = template.render(entry, context, &mut self.values);
        self.names.push((name, self.values.len()));
        missing
    }

    fn drop_last(&mut self) {
        self.names.pop();
        self.values.truncate(self.names.last().map_or(0, |(_, end)| *end));
    }
}

impl Resources {
    pub(super) fn read(reader: &KeyReader<'_>) -> Self {
        // The constants are valid templates.
        let parse = |text| Template::parse(text, NameKind::Text).unwrap_or_default();
        Self {
            service: reader.template("service", NameKind::Text),
            fields: FIELD_ATTRIBUTES.into_iter().map(|(name, text)| (name, parse(text))).collect(),
            scratch: RefCell::default(),
        }
    }

    /// Calls `write` with the entry's attributes; returns a field that is missing for the service's name.
    pub(super) fn with_resource<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        write: impl FnOnce(&ResourceAttributes),
    ) -> Option<&'t str> {
        let mut attributes = self.scratch.borrow_mut();
        attributes.clear();
        let missing = attributes.render("service.name", &self.service, entry, context);
        CONSTANT_ATTRIBUTES.into_iter().for_each(|(name, value)| attributes.add(name, Some(value)));
        attributes.add("cloud.region", region(entry));
        attributes.add("cloud.account.id", account(entry));
        attributes.add("aws.ecs.cluster.arn", cluster_arn(entry));
        let culprit = culprit_id(entry);
        for (name, template) in &self.fields {
            // The id is in the record alone: where its container is not believed, neither is its id.
            let is_elsewhere = culprit.is_some() || entry.identity.container().is_some();
            let is_told = is_elsewhere && *name == CONTAINER_ID;
            if attributes.render(name, template, entry, context).is_some() || is_told {
                attributes.drop_last();
            }
        }
        attributes.add(CONTAINER_ID, culprit);
        write(&attributes);
        missing
    }
}

/// Whether the resource already tells what this field of a record tells. It does not where the tag is believed instead.
pub(super) fn covers(entry: &Entry<'_, '_, '_>, name: &[u8], value: Value<'_>, cluster_known: bool) -> bool {
    let is_told = match name {
        b"ecs_task_arn" | b"ecs_task_definition" => entry.identity.task_id().is_none(),
        b"container_name" | b"container_id" => entry.identity.container().is_none(),
        b"ecs_cluster" => cluster_known,
        _ => false,
    };
    is_told && value.text().is_some_and(|text| !text.is_empty())
}

fn region<'v>(entry: &Entry<'v, 'v, 'v>) -> Option<&'v [u8]> {
    let own = entry.stop.and_then(|stop| stop.region.as_deref());
    own.map(str::as_bytes).or_else(|| arn_part(task_arn(entry)?, REGION))
}

fn account<'v>(entry: &Entry<'v, 'v, 'v>) -> Option<&'v [u8]> {
    let own = entry.stop.and_then(|stop| stop.account.as_deref());
    own.map(str::as_bytes).or_else(|| arn_part(task_arn(entry)?, ACCOUNT))
}

fn task_arn<'v>(entry: &Entry<'v, 'v, 'v>) -> Option<&'v [u8]> {
    match entry.stop {
        Some(stop) => stop.task_arn.as_deref().map(str::as_bytes),
        None => vouched_text(entry, b"ecs_task_arn"),
    }
}

/// A field about the task, unless the tag names another task than the record.
fn vouched_text<'v>(entry: &Entry<'v, 'v, 'v>, name: &[u8]) -> Option<&'v [u8]> {
    entry.record.text(name).filter(|_| entry.identity.task_id().is_none())
}

/// On Fargate a record carries the cluster's ARN. On EC2 it carries the name, and the task's ARN supplies the rest.
pub(super) fn cluster_arn<'v>(entry: &Entry<'v, 'v, 'v>) -> Option<Cow<'v, [u8]>> {
    let cluster = match entry.stop {
        Some(stop) => stop.event.pointer("/detail/clusterArn").and_then(Json::as_str).map(str::as_bytes),
        None => vouched_text(entry, b"ecs_cluster"),
    }?;
    if cluster.starts_with(b"arn:") {
        return Some(Cow::Borrowed(cluster));
    }
    let task = task_arn(entry)?;
    let partition = arn_part(task, PARTITION)?;
    let region = arn_part(task, REGION)?;
    let account = arn_part(task, ACCOUNT)?;
    let prefix = [b"arn", partition, b"ecs", region, account, b"cluster/"].join(&b':');
    Some(Cow::Owned([&prefix, cluster].concat()))
}

/// The runtime id of the container that a stop event blames.
fn culprit_id<'v>(entry: &Entry<'v, 'v, 'v>) -> Option<&'v str> {
    let stop = entry.stop?;
    let culprit = stop.containers.iter().find(|container| Some(&container.name) == stop.container.as_ref());
    culprit?.runtime_id.as_deref()
}

/// Positions in `arn:partition:service:region:account:…`.
const PARTITION: usize = 1;
const REGION: usize = 3;
const ACCOUNT: usize = 4;

fn arn_part(arn: &[u8], index: usize) -> Option<&[u8]> {
    arn.strip_prefix(b"arn:")?;
    arn.split(|byte| *byte == b':').nth(index).filter(|part| !part.is_empty())
}
