//! The entity of `PutLogEvents`: the service that the events tell about, so that the console of CloudWatch finds a
//! service's logs beside its metrics and traces.
//!
//! Names and limits: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Entity.html>; values as
//! AWS's own agent makes them for services on ECS: `awsapplicationsignals/internal/resolver/ecs.go` and
//! `common/types.go` of <https://github.com/aws/amazon-cloudwatch-agent>. Both read 2026-11.

use std::cell::Cell;

use serde_json::{Map, Value, json};

use crate::classify::classes::Entry;
use crate::config::KeyReader;
use crate::destination::Reply;
use crate::destination::aws_error::AwsError;
use crate::encode::template::field::FieldSource;
use crate::encode::template::{NameKind, RenderContext, Template};
use crate::task_metadata::TaskMetadata;

/// Stands between group, stream and what follows them in a target; no name can hold it.
pub(super) const SEPARATOR: u8 = 0;

/// The longest value of an entity, in characters.
const MAX_VALUE_CHARS: usize = 512;

/// What comes before the cluster in an environment's name; AWS's own agent makes the same one.
const ENVIRONMENT_PREFIX: &[u8] = b"ecs:";

/// The environment's cluster where nothing names one.
const UNKNOWN_CLUSTER: &[u8] = b"default";

/// What follows the environment in a target, in this order.
const ATTRIBUTES: [&str; 4] =
    ["ECS.Cluster", "ECS.TaskDefinitionFamily", "ECS.TaskDefinitionRevision", "ECS.TaskId"];

/// How many of [`ATTRIBUTES`] are the same for all tasks of a service: a batch of stops tells about many tasks.
const SHARED_ATTRIBUTES: usize = 2;

/// Makes the entities of one destination.
#[derive(Debug)]
pub(super) struct LogEntity {
    /// What the user wrote instead of the ECS service.
    service: Option<Template>,
    /// What the user wrote instead of the cluster.
    environment: Option<Template>,
    /// The service's name, the best first.
    names: [FieldSource; 2],
    cluster: FieldSource,
    attributes: [FieldSource; 4],
    /// The service does not take requests with these entities at all.
    is_refused: Cell<bool>,
}

impl LogEntity {
    /// `None` unless `entity` is `auto`.
    pub(super) fn read(reader: &KeyReader<'_>) -> Option<Self> {
        let is_on = reader.choice("entity") == Some("auto");
        for key in ["entity_service", "entity_environment"] {
            if !is_on && reader.written(key).is_some() {
                reader.problem(key, "has no effect unless entity is auto");
            }
        }
        let template = |key| reader.written(key).map(|_| reader.template(key, NameKind::Text));
        let field = |name| FieldSource::parse(name);
        is_on.then(|| Self {
            service: template("entity_service"),
            environment: template("entity_environment"),
            names: ["ecs_service", "ecs_task_family"].map(field),
            cluster: field("ecs_cluster"),
            attributes: ["ecs_cluster", "ecs_task_family", "ecs_task_revision", "ecs_task_id"].map(field),
            is_refused: Cell::new(false),
        })
    }

    /// Appends the entry's entity to a target, unless nothing names its service; returns a template field that was
    /// missing.
    pub(super) fn write<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        let end = out.len();
        let missing = write_value(out, |out| self.write_service(entry, context, out));
        if out.len() == end + 1 {
            out.truncate(end);
            return missing;
        }
        let missing = missing.or(write_value(out, |out| self.write_environment(entry, context, out)));
        let count = if entry.stop.is_some() { SHARED_ATTRIBUTES } else { ATTRIBUTES.len() };
        for attribute in self.attributes.iter().take(count) {
            write_value(out, |out| {
                write_field(attribute, entry, context.task, out);
                None
            });
        }
        missing
    }

    fn write_service<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        match &self.service {
            Some(written) => written.render(entry, context, out),
            None => {
                self.names.iter().find(|name| write_field(name, entry, context.task, out));
                None
            }
        }
    }

    fn write_environment<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        if let Some(written) = &self.environment {
            return written.render(entry, context, out);
        }
        out.extend_from_slice(ENVIRONMENT_PREFIX);
        if !write_field(&self.cluster, entry, context.task, out) {
            out.extend_from_slice(UNKNOWN_CLUSTER);
        }
        None
    }

    /// The entity that a target names; `None` if it names none, or the service took none before.
    pub(super) fn of_target(&self, target: &[u8]) -> Option<Value> {
        if self.is_refused.get() {
            return None;
        }
        let mut values = values(target);
        let service = values.next()?;
        let environment = values.next()?;
        let mut attributes = Map::from_iter([("PlatformType".to_owned(), json!("AWS::ECS"))]);
        if self.service.is_some() {
            attributes.insert("AWS.ServiceNameSource".to_owned(), json!("UserConfiguration"));
        }
        let known = ATTRIBUTES.iter().zip(values).filter(|(_, value)| !value.is_empty());
        attributes.extend(known.map(|(name, value)| ((*name).to_owned(), value.into())));
        Some(json!({
            "keyAttributes": {"Type": "Service", "Name": service, "Environment": environment},
            "attributes": attributes,
        }))
    }

    /// Whether the request was refused for its entity alone; if so, no further request has one.
    pub(super) fn is_at_fault(&self, target: &[u8], error: &AwsError) -> bool {
        let is_at_fault = values(target).next().is_some() && error.is_about_member("entity");
        self.is_refused.set(self.is_refused.get() || is_at_fault);
        is_at_fault
    }
}

/// What the service says is wrong with the entity of a request whose events it took.
pub(super) fn rejection(reply: &Reply) -> Option<String> {
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    let rejection = body.get("rejectedEntityInfo").filter(|rejection| !rejection.is_null())?;
    Some(rejection["errorType"].as_str().unwrap_or("no reason given").to_owned())
}

/// What a target holds after group and stream.
fn values(target: &[u8]) -> impl Iterator<Item = String> {
    target.split(|byte| *byte == SEPARATOR).skip(2).map(|value| String::from_utf8_lossy(value).into_owned())
}

/// Appends a separator and a value, of printable ASCII only, as Application Signals wants it. A blank one is empty.
fn write_value<'t>(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Option<&'t str>,
) -> Option<&'t str> {
    out.push(SEPARATOR);
    let start = out.len();
    let missing = write(out);
    out.truncate(start + MAX_VALUE_CHARS);
    let value = out.get_mut(start..).unwrap_or_default();
    value.iter_mut().filter(|byte| !matches!(byte, b' '..=b'~')).for_each(|byte| *byte = b'_');
    if value.iter().all(|byte| *byte == b' ') {
        out.truncate(start);
    }
    missing
}

/// Appends the field's value; `false` if it is missing.
fn write_field(
    field: &FieldSource,
    entry: &Entry<'_, '_, '_>,
    task: Option<&TaskMetadata>,
    out: &mut Vec<u8>,
) -> bool {
    let start = out.len();
    if let Some(found) = field.find(entry, task) {
        out.extend_from_slice((found.part)(found.raw.text().unwrap_or_default()));
    }
    out.len() > start
}

#[cfg(test)]
mod tests;
