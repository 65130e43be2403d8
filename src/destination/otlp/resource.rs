//! Where a record comes from, by OpenTelemetry's semantic conventions.
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
use crate::stop::StopEvent;

/// What holds wherever this plugin runs.
const EVERYWHERE: [(&str, &[u8]); 2] = [("cloud.provider", b"aws"), ("cloud.platform", b"aws_ecs")];

/// Attributes that are a field of the record or of the stop event; without the field there is no attribute.
const FROM_FIELDS: [(&str, &str); 6] = [
    ("aws.ecs.task.arn", "$(ecs_task_arn)"),
    ("aws.ecs.task.id", "$(ecs_task_id)"),
    ("aws.ecs.task.family", "$(ecs_task_family)"),
    ("aws.ecs.task.revision", "$(ecs_task_revision)"),
    ("container.name", "$(container_name)"),
    ("container.id", "$(container_id)"),
];

/// Makes the resources of entries.
#[derive(Debug)]
pub(super) struct Resources {
    service: Template,
    fields: Vec<(&'static str, Template)>,
    scratch: RefCell<ResourceAttributes>,
}

/// Names and values, one after the other: filled anew for each entry without allocating.
#[derive(Debug, Default)]
pub(super) struct ResourceAttributes {
    values: Vec<u8>,
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

    /// Answers with a field that was missing; then there is only a fallback, which the caller may leave out.
    fn render<'t>(
        &mut self,
        name: &'static str,
        template: &'t Template,
        entry: &Entry<'_, '_, '_>,
        scene: &RenderContext<'_>,
    ) -> Option<&'t str> {
        let missing = template.render(entry, scene, &mut self.values);
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
        // What is written above is a template.
        let parse = |text| Template::parse(text, NameKind::Text).unwrap_or_default();
        Self {
            service: reader.template("service", NameKind::Text),
            fields: FROM_FIELDS.into_iter().map(|(name, text)| (name, parse(text))).collect(),
            scratch: RefCell::default(),
        }
    }

    /// Hands the entry's attributes to `write`; answers with a field that the service's name lacked.
    pub(super) fn with_attributes<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        scene: &RenderContext<'_>,
        write: impl FnOnce(&ResourceAttributes),
    ) -> Option<&'t str> {
        let mut attributes = self.scratch.borrow_mut();
        attributes.clear();
        let missing = attributes.render("service.name", &self.service, entry, scene);
        EVERYWHERE.into_iter().for_each(|(name, value)| attributes.add(name, Some(value)));
        let task = task_arn(entry);
        let of_task = |part| task.and_then(|arn| part_of(arn, part));
        let stop = |own: fn(&StopEvent) -> Option<&str>| entry.stop.and_then(own).map(str::as_bytes);
        attributes.add("cloud.region", stop(|stop| stop.region.as_deref()).or_else(|| of_task(3)));
        attributes.add("cloud.account.id", stop(|stop| stop.account.as_deref()).or_else(|| of_task(4)));
        attributes.add("aws.ecs.cluster.arn", cluster_arn(entry));
        for (name, template) in &self.fields {
            if attributes.render(name, template, entry, scene).is_some() {
                attributes.drop_last();
            }
        }
        attributes.add("container.id", culprits_id(entry));
        write(&attributes);
        missing
    }
}

/// Whether the resource says what this field of a record says.
pub(super) fn says(name: &[u8], value: Value<'_>, cluster_known: bool) -> bool {
    let is_named = match name {
        b"ecs_task_arn" | b"ecs_task_definition" | b"container_name" | b"container_id" => true,
        b"ecs_cluster" => cluster_known,
        _ => false,
    };
    is_named && value.text().is_some_and(|text| !text.is_empty())
}

fn task_arn<'v>(entry: &Entry<'v, 'v, 'v>) -> Option<&'v [u8]> {
    match entry.stop {
        Some(stop) => stop.task_arn.as_deref().map(str::as_bytes),
        None => entry.record.text(b"ecs_task_arn"),
    }
}

/// On Fargate a record carries the cluster's ARN, on EC2 its name: then the task's ARN has the rest.
pub(super) fn cluster_arn<'v>(entry: &Entry<'v, 'v, 'v>) -> Option<Cow<'v, [u8]>> {
    let named = match entry.stop {
        Some(stop) => stop.event.pointer("/detail/clusterArn").and_then(Json::as_str).map(str::as_bytes),
        None => entry.record.text(b"ecs_cluster"),
    }?;
    if named.starts_with(b"arn:") {
        return Some(Cow::Borrowed(named));
    }
    let task = task_arn(entry)?;
    let part = |index| part_of(task, index);
    let (partition, region, account) = (part(1)?, part(3)?, part(4)?);
    let before = [b"arn", partition, b"ecs", region, account, b"cluster/"].join(&b':');
    Some(Cow::Owned([&before, named].concat()))
}

/// The container to blame is the one that a stop event is about.
fn culprits_id<'v>(entry: &Entry<'v, 'v, 'v>) -> Option<&'v str> {
    let stop = entry.stop?;
    let culprit = stop.containers.iter().find(|container| Some(&container.name) == stop.container.as_ref());
    culprit?.runtime_id.as_deref()
}

/// `arn:partition:service:region:account:…`
fn part_of(arn: &[u8], index: usize) -> Option<&[u8]> {
    arn.strip_prefix(b"arn:")?;
    arn.split(|byte| *byte == b':').nth(index).filter(|part| !part.is_empty())
}
