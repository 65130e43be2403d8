//! The value of `$(field)`: of a stop event, of the record or derived from it, or of the task's metadata.

use std::cell::Cell;

use crate::classify::classes::Entry;
use crate::input::decode;
use crate::input::record::{Field, Record, Value};
use crate::stop::StopEvent;
use crate::task_metadata::TaskMetadata;

/// A field as a template names it.
#[derive(Debug)]
pub(crate) struct FieldSource {
    name: String,
    /// The record's field that the value is in, or is a part of.
    source: String,
    /// The names after the first: `pod` of `$(kubernetes.pod)`.
    inside: Vec<String>,
    /// Which part of the text is meant.
    part: fn(&[u8]) -> &[u8],
    /// Only a text has the part that is meant.
    is_derived: bool,
    subject: Subject,
    /// Where the field was in the last record: mostly it is there again.
    position: Cell<usize>,
}

/// What a field tells about, which decides whether a record's own word counts for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// The container that wrote the record.
    Container,
    /// The task that wrote the record, by what FireLens writes into each.
    Task,
    /// The task that wrote the record, by what only its metadata tells.
    Metadata,
    /// How grave the record is, where records have levels.
    Level,
    Other,
}

impl Subject {
    fn from_field(path: &str) -> Self {
        match path {
            "container_name" => Self::Container,
            "level" => Self::Level,
            "ecs_task_arn"
            | "ecs_task_id"
            | "ecs_cluster"
            | "ecs_task_definition"
            | "ecs_task_family"
            | "ecs_task_revision" => Self::Task,
            "ecs_service" | "ecs_launch_type" | "ecs_availability_zone" | "image_tag" => Self::Metadata,
            _ => Self::Other,
        }
    }
}

/// A field whose value is part of another's.
#[derive(Debug, Clone, Copy)]
struct Derived {
    name: &'static str,
    source: &'static str,
    part: fn(&[u8]) -> &[u8],
}

/// Fields that FireLens's records do not have as such.
const DERIVED: [Derived; 5] = [
    Derived { name: "ecs_task_id", source: "ecs_task_arn", part: last_segment },
    // On Fargate the record carries the cluster's ARN, on EC2 its name.
    Derived { name: "ecs_cluster", source: "ecs_cluster", part: last_segment },
    Derived { name: "ecs_task_family", source: "ecs_task_definition", part: family },
    Derived { name: "ecs_task_revision", source: "ecs_task_definition", part: revision },
    Derived { name: "container_name", source: "container_name", part: without_slash },
];

/// What a field's value is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldValue<'v> {
    /// The value as it is in the record or the stop event.
    pub(crate) raw: Value<'v>,
    /// Takes the part of the value's text that is meant.
    pub(crate) part: fn(&[u8]) -> &[u8],
}

impl FieldSource {
    /// Reads `name` or `name.inside.further`.
    pub(crate) fn parse(path: &str) -> Self {
        let mut steps = path.split('.').map(str::to_owned);
        let name = steps.next().unwrap_or_default();
        let derived = DERIVED.into_iter().find(|derived| derived.name == path);
        Self {
            source: derived.map_or(name.as_str(), |derived| derived.source).to_owned(),
            name,
            inside: steps.collect(),
            part: derived.map_or(identity, |derived| derived.part),
            is_derived: derived.is_some(),
            subject: Subject::from_field(path),
            position: Cell::default(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The field's value, if it can be in a name. An empty text counts as missing.
    pub(crate) fn find<'v>(
        &self,
        entry: &Entry<'v, 'v, 'v>,
        task: Option<&'v TaskMetadata>,
    ) -> Option<FieldValue<'v>> {
        if let Some(text) = entry.stop.and_then(|stop| stop_value(&self.name, stop)) {
            return Some(FieldValue { raw: Value::Text(text.as_bytes()), part: identity });
        }
        // A stop event speaks for the task that stopped, not for the task that reads it.
        let task = task.filter(|_| entry.stop.is_none());
        match self.subject {
            Subject::Container if let Some(container) = entry.identity.container() => text_value(container),
            Subject::Task if let Some(task_id) = entry.identity.task_id() => {
                self.in_tag(entry, task, task_id)
            }
            Subject::Metadata => self.in_metadata(entry, task),
            Subject::Level if let Some(level) = entry.level => text_value(level.name().as_bytes()),
            _ => self.in_record(entry.record).or_else(|| self.beside_record(entry, task)),
        }
    }

    /// The text that the record itself has where the last one had it, which is nearly always the value; what else may be the
    /// value, [`FieldSource::find`] looks for.
    #[inline]
    pub(super) fn text_at_hand<'v>(&self, entry: &Entry<'v, 'v, 'v>) -> Option<&'v [u8]> {
        let is_believed = match self.subject {
            Subject::Container => entry.identity.container().is_none(),
            Subject::Task => entry.identity.task_id().is_none(),
            Subject::Metadata | Subject::Level => false,
            Subject::Other => true,
        };
        if !is_believed || entry.stop.is_some() || !self.inside.is_empty() {
            return None;
        }
        match entry.record.fields.get(self.position.get()) {
            Some(Field { key: Value::Text(key), value: Value::Text(text) })
                if *key == self.source.as_bytes() && !text.is_empty() =>
            {
                Some(text)
            }
            _ => None,
        }
    }

    /// Which part of its text is meant.
    pub(super) fn part(&self) -> fn(&[u8]) -> &[u8] {
        self.part
    }

    /// What is known of a field that the record does not have.
    #[cold]
    fn beside_record<'v>(
        &self,
        entry: &Entry<'v, 'v, 'v>,
        task: Option<&'v TaskMetadata>,
    ) -> Option<FieldValue<'v>> {
        task.and_then(|task| self.in_task(entry, task)).or_else(|| self.in_task_arn(entry.record))
    }

    /// What is known of the task that the tag names, where the record's own fields are not to be believed.
    fn in_tag<'v>(
        &self,
        entry: &Entry<'v, 'v, 'v>,
        task: Option<&'v TaskMetadata>,
        task_id: &'v [u8],
    ) -> Option<FieldValue<'v>> {
        match self.name.as_str() {
            "ecs_task_id" => text_value(task_id),
            _ => self.in_task(entry, task?),
        }
    }

    /// What only the metadata tells: it counts before the record's own word when the tag names its task.
    fn in_metadata<'v>(
        &self,
        entry: &Entry<'v, 'v, 'v>,
        task: Option<&'v TaskMetadata>,
    ) -> Option<FieldValue<'v>> {
        let is_own = task.is_some_and(|task| is_of_task(entry, task) == Some(true));
        match is_own {
            true => self.in_task(entry, task?).or_else(|| self.in_record(entry.record)),
            false => self.in_record(entry.record).or_else(|| self.in_task(entry, task?)),
        }
    }

    #[inline]
    fn in_record<'v>(&self, record: &Record<'v, 'v>) -> Option<FieldValue<'v>> {
        let raw = self.record_value(record)?;
        let can_stand = match raw {
            Value::Text(text) | Value::Binary(text) => !text.is_empty(),
            Value::Nil | Value::Array(..) | Value::Map(..) => false,
            _ => !self.is_derived,
        };
        can_stand.then_some(FieldValue { raw, part: self.part })
    }

    /// What the metadata of the router's task says, unless the tag names another task.
    fn in_task<'v>(&self, entry: &Entry<'v, 'v, 'v>, task: &'v TaskMetadata) -> Option<FieldValue<'v>> {
        if is_of_task(entry, task) == Some(false) {
            return None;
        }
        let container = match entry.identity.tagged_container() {
            Some(name) => task.id_of(name),
            None => entry.record.text(b"container_id"),
        };
        let text = task.value(&self.name, container).filter(|text| !text.is_empty())?;
        let part: fn(&[u8]) -> &[u8] = match self.name.as_str() {
            "ecs_cluster" | "ecs_task_id" => last_segment,
            "account" => arn_account,
            "region" => arn_region,
            _ => identity,
        };
        Some(FieldValue { raw: Value::Text(text.as_bytes()), part })
    }

    /// What the ARN says that FireLens writes into each record.
    fn in_task_arn<'v>(&self, record: &Record<'v, 'v>) -> Option<FieldValue<'v>> {
        let part: fn(&[u8]) -> &[u8] = match self.name.as_str() {
            "account" => arn_account,
            "region" => arn_region,
            _ => return None,
        };
        Some(FieldValue { raw: Value::Text(record.text(b"ecs_task_arn")?), part })
    }

    /// The value as it is in the record, whatever its kind.
    #[inline]
    pub(crate) fn record_value<'a>(&self, record: &Record<'a, '_>) -> Option<Value<'a>> {
        let source = self.source.as_bytes();
        let is_it = |field: &&Field<'a>| matches!(field.key, Value::Text(key) if key == source);
        let value = match record.fields.get(self.position.get()).filter(is_it) {
            Some(field) => field.value,
            None => self.search(record)?,
        };
        if self.inside.is_empty() { Some(value) } else { self.value_inside(value) }
    }

    #[inline(never)]
    fn search<'a>(&self, record: &Record<'a, '_>) -> Option<Value<'a>> {
        let is_it = |field: &Field<'a>| field.key.text() == Some(self.source.as_bytes());
        let position = record.fields.iter().position(is_it)?;
        self.position.set(position);
        record.fields.get(position).map(|field| field.value)
    }

    #[inline(never)]
    fn value_inside<'a>(&self, mut value: Value<'a>) -> Option<Value<'a>> {
        for name in &self.inside {
            let Value::Map(_, entries) = value else { return None };
            value = decode::pairs(entries).find(|(key, _)| key.text() == Some(name.as_bytes()))?.1;
        }
        Some(value)
    }
}

fn stop_value<'s>(name: &str, stop: &'s StopEvent) -> Option<&'s str> {
    match name {
        "account" => stop.account.as_deref(),
        "region" => stop.region.as_deref(),
        "ecs_cluster" => stop.cluster.as_deref(),
        "ecs_service" => stop.service.as_deref(),
        "ecs_task_id" => stop.task_id.as_deref(),
        "ecs_task_arn" => stop.task_arn.as_deref(),
        "ecs_task_definition" => stop.task_definition.as_deref(),
        "ecs_task_family" => stop.family(),
        "ecs_task_revision" => stop.revision(),
        "container_name" => stop.container.as_deref(),
        "ecs_launch_type" => stop.launch_type.as_deref(),
        "ecs_availability_zone" => stop.availability_zone.as_deref(),
        "image_tag" => stop.image_tag(),
        _ => None,
    }
}

/// Whether the record's tag names the task of this metadata; `None` when it names none.
fn is_of_task(entry: &Entry<'_, '_, '_>, task: &TaskMetadata) -> Option<bool> {
    entry.identity.is_of_task(task.arn.as_deref()?.as_bytes())
}

fn text_value(text: &[u8]) -> Option<FieldValue<'_>> {
    (!text.is_empty()).then_some(FieldValue { raw: Value::Text(text), part: identity })
}

fn identity(text: &[u8]) -> &[u8] {
    text
}

fn last_segment(text: &[u8]) -> &[u8] {
    text.rsplit(|byte| *byte == b'/').next().unwrap_or(text)
}

/// The fourth part of `arn:partition:service:region:account:…`.
fn arn_region(arn: &[u8]) -> &[u8] {
    arn.split(|byte| *byte == b':').nth(3).unwrap_or_default()
}

fn arn_account(arn: &[u8]) -> &[u8] {
    arn.split(|byte| *byte == b':').nth(4).unwrap_or_default()
}

fn family(definition: &[u8]) -> &[u8] {
    last_segment(definition).split(|byte| *byte == b':').next().unwrap_or_default()
}

fn revision(definition: &[u8]) -> &[u8] {
    last_segment(definition).split(|byte| *byte == b':').nth(1).unwrap_or_default()
}

fn without_slash(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"/").unwrap_or(name)
}

#[cfg(test)]
mod tests;
