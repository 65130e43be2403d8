//! What is told of lines that were dropped.

use crate::classify::classes::{Class, Entry};
use crate::input::record::Value;
use crate::level::LogLevel;

use super::rules::DropRule;

/// Fields of a dropped line that its notice has too, so that names lead it to where the line would have gone: those that
/// FireLens's log driver and its filter write.
const IDENTIFYING: [&str; 7] = [
    "container_id",
    "container_name",
    "source",
    "ecs_cluster",
    "ecs_task_arn",
    "ecs_task_definition",
    "ec2_instance_id",
];

/// The most of each that is kept.
const MAX_VALUE_BYTES: usize = 256;

/// The most of a tag that is kept; those of FireLens have less than 300 bytes.
const MAX_TAG_BYTES: usize = 1_024;

/// Lines that were dropped, and of when they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DropSpan {
    /// How many; 0 of an empty span.
    pub count: u64,
    /// Time of the oldest, in milliseconds since 1970.
    pub first_ms: i64,
    /// Time of the newest.
    pub last_ms: i64,
}

impl DropSpan {
    pub(super) fn of_one(at_ms: i64) -> Self {
        Self { count: 1, first_ms: at_ms, last_ms: at_ms }
    }

    pub(super) fn join(&mut self, other: Self) {
        if self.count == 0 {
            *self = other;
            return;
        }
        self.count += other.count;
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
    }
}

/// Lines that were dropped, by level, in the order in which the levels came: a name may lead each level elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DropLevels(Vec<(Option<LogLevel>, DropSpan)>);

impl DropLevels {
    /// Each level, `None` of lines without one, and its lines.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Option<LogLevel>, DropSpan)> + '_ {
        self.0.iter().copied()
    }

    /// The lines of all levels.
    #[must_use]
    pub fn total(&self) -> DropSpan {
        let mut total = DropSpan::default();
        self.iter().for_each(|(_, span)| total.join(span));
        total
    }

    pub(super) fn add(&mut self, level: Option<LogLevel>, span: DropSpan) {
        match self.0.iter_mut().find(|(known, _)| *known == level) {
            Some((_, known)) => known.join(span),
            None => self.0.push((level, span)),
        }
    }

    pub(super) fn join(&mut self, other: &Self) {
        other.iter().for_each(|(level, span)| self.add(level, span));
    }
}

/// Lines of one class that one container lost to one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropNotice {
    /// Their class.
    pub class: Class,
    /// The rule.
    pub rule: DropRule,
    /// How many, and of when.
    pub span: DropSpan,
    /// How many, and of when, by level.
    pub levels: DropLevels,
    /// Whose they are; `None`: of the containers beyond those that are told apart.
    pub source: Option<DropSource>,
}

impl DropNotice {
    pub(super) fn new(class: Class, rule: DropRule, levels: DropLevels, source: Option<DropSource>) -> Self {
        Self { class, rule, span: levels.total(), levels, source }
    }
}

/// The container whose lines were dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropSource {
    /// The container's name, as people know it.
    pub container: String,
    /// The tag that its lines came under.
    pub tag: Vec<u8>,
    /// What else identifies it, as its lines have it.
    pub fields: Vec<(&'static str, String)>,
}

impl DropSource {
    pub(super) fn new(entry: &Entry<'_, '_, '_>, tag: &[u8]) -> Self {
        let text = |name: &str| match entry.record.get(name.as_bytes()) {
            Some(Value::Text(text)) => Some(shown(text)),
            _ => None,
        };
        let tagged = entry.identity.tagged_container().map(shown);
        let named = || text("container_name").map(|name| name.trim_start_matches('/').to_owned());
        let nameless = || text("container_id").unwrap_or_else(|| shown(tag));
        let container = tagged.or_else(named).unwrap_or_else(nameless);
        let mut fields: Vec<_> = IDENTIFYING.iter().filter_map(|name| Some((*name, text(name)?))).collect();
        if text("container_name").is_none() {
            fields.push(("container_name", container.clone()));
        }
        Self { container, tag: tag.get(..MAX_TAG_BYTES).unwrap_or(tag).to_vec(), fields }
    }
}

fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text.get(..MAX_VALUE_BYTES).unwrap_or(text)).into_owned()
}
