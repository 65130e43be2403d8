//! Who vouches for a record: the way it came, never its own fields.
//!
//! An application can write any field and, through Fluent Bit's `forward` input on port 24224, any tag. So:
//!
//! 1. The plugin's own watchers, and tags that the user names in `stop.trusted_tags`, are trusted: a record that carries
//!    no mark of a container may be an event, or an envelope of some.
//! 2. Under a tag of FireLens everything is application output. The tag says which container and task wrote it; the
//!    record's own fields count where they agree with the tag.
//! 3. Under any other tag a record is delivered for what its fields say, but is never an event.
//!
//! Does not own the class that follows from it (`classes`), nor how a name uses an identity (`encode::template`).

use crate::input::record::{Field, Record, Source, Value};

/// What is in FireLens's tags between the container and the task: `<container>-firelens-<task id>`
/// (`agent/engine/docker_task_engine.go` of the ECS agent, read 2026-11).
const FIRELENS_INFIX: &[u8] = b"-firelens-";

/// How a chunk came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChunkOrigin<'t> {
    /// From one of the plugin's own watchers, or under a tag that the user trusts.
    Trusted,
    /// From the log driver of a container, which FireLens names in the tag.
    Firelens(FirelensTag<'t>),
    /// Under any other tag: nobody vouches for its records.
    #[default]
    Untrusted,
}

impl<'t> ChunkOrigin<'t> {
    /// The origin of a chunk that Fluent Bit hands over under this tag. A tag of FireLens is never trusted.
    #[must_use]
    pub fn from_tag(tag: &'t [u8], trusted: &[TagPattern]) -> Self {
        match FirelensTag::parse(tag) {
            Some(firelens) => Self::Firelens(firelens),
            None if trusted.iter().any(|pattern| pattern.matches(tag)) => Self::Trusted,
            None => Self::Untrusted,
        }
    }

    fn firelens(self) -> Option<FirelensTag<'t>> {
        match self {
            Self::Firelens(tag) => Some(tag),
            Self::Trusted | Self::Untrusted => None,
        }
    }
}

/// The container and the task that a tag of FireLens names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirelensTag<'t> {
    /// The container's name in the task definition.
    pub container: &'t [u8],
    /// The last segment of the task's ARN.
    pub task_id: &'t [u8],
}

impl<'t> FirelensTag<'t> {
    fn parse(tag: &'t [u8]) -> Option<Self> {
        let at = tag.windows(FIRELENS_INFIX.len()).rposition(|window| window == FIRELENS_INFIX)?;
        let (container, rest) = tag.split_at_checked(at)?;
        Some(Self { container, task_id: rest.strip_prefix(FIRELENS_INFIX)? })
    }

    /// Whether this is what a log driver calls the tag's container: the container's name on Fargate, and on EC2
    /// `/ecs-<family>-<revision>-<container>-<hexadecimal>`, where the container keeps letters, digits and `-` only
    /// (`createContainer` in `agent/engine/docker_task_engine.go` of the ECS agent, read 2026-11).
    fn is_container(self, name: &[u8]) -> bool {
        let name = name.strip_prefix(b"/").unwrap_or(name);
        name == self.container || self.is_docker_name(name)
    }

    fn is_docker_name(self, name: &[u8]) -> bool {
        let Some(end) = name.iter().rposition(|byte| *byte == b'-') else { return false };
        let kept = self.container.iter().rev().filter(|byte| byte.is_ascii_alphanumeric() || **byte == b'-');
        let mut head = name.get(..end).unwrap_or_default().iter().rev();
        name.starts_with(b"ecs-")
            && kept.into_iter().all(|byte| head.next() == Some(byte))
            && head.next() == Some(&b'-')
    }

    /// Whether this ARN is the one of the tag's task.
    #[must_use]
    pub fn is_task(self, arn: &[u8]) -> bool {
        arn.strip_suffix(self.task_id).is_some_and(|head| head.ends_with(b"/"))
    }
}

/// A pattern of `stop.trusted_tags`; `*` stands for any text, as in Fluent Bit's `Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPattern(String);

impl TagPattern {
    /// A pattern, as the user wrote it.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self(pattern.to_owned())
    }

    /// The pattern, as the user wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern covers the whole tag.
    #[must_use]
    pub fn matches(&self, tag: &[u8]) -> bool {
        let mut parts = self.0.as_bytes().split(|byte| *byte == b'*');
        let Some(mut rest) = parts.next().and_then(|head| tag.strip_prefix(head)) else { return false };
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            return rest.is_empty();
        }
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return rest.ends_with(part);
            }
            match find(rest, part) {
                Some(end) => rest = rest.get(end..).unwrap_or_default(),
                None => return false,
            }
        }
        true
    }
}

/// Where the first occurrence of `part` ends.
fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    text.windows(part.len()).position(|window| window == part).map(|at| at + part.len())
}

/// Which container and task wrote a record, and whether the record's own fields say the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct ContainerIdentity<'t> {
    tag: Option<FirelensTag<'t>>,
    has_own_container: bool,
    has_own_task: bool,
    lacks_stream: bool,
}

impl<'t> ContainerIdentity<'t> {
    /// The container to believe in instead of the record's own fields; `None` where those count.
    #[must_use]
    #[inline]
    pub fn container(self) -> Option<&'t [u8]> {
        self.tag.filter(|_| !self.has_own_container).map(|tag| tag.container)
    }

    /// The id of the task to believe in instead of the record's own fields; `None` where those count.
    #[must_use]
    #[inline]
    pub fn task_id(self) -> Option<&'t [u8]> {
        self.tag.filter(|_| !self.has_own_task).map(|tag| tag.task_id)
    }

    /// Whether the record's own `source` is not to be believed: nothing vouches for it.
    #[must_use]
    pub fn lacks_stream(self) -> bool {
        self.lacks_stream
    }

    /// The container that FireLens names in the tag, whatever the record says.
    #[must_use]
    pub fn tagged_container(self) -> Option<&'t [u8]> {
        self.tag.map(|tag| tag.container)
    }

    /// The id of the task that FireLens names in the tag, whatever the record says.
    #[must_use]
    pub fn tagged_task(self) -> Option<&'t [u8]> {
        self.tag.map(|tag| tag.task_id)
    }

    /// Whether FireLens's tag names the task of this ARN; `None` without such a tag.
    #[must_use]
    pub fn is_of_task(self, arn: &[u8]) -> Option<bool> {
        self.tag.map(|tag| tag.is_task(arn))
    }
}

/// Reads where the records of one chunk come from. What the fields say that record after record repeats is noted once.
#[derive(Debug, Default)]
pub struct ProvenanceReader<'t, 'c> {
    origin: ChunkOrigin<'t>,
    /// The shared run that was seen last, and what its fields say.
    run: (&'c [u8], Provenance<'t>),
}

impl<'t, 'c> ProvenanceReader<'t, 'c> {
    /// A reader for the records of a chunk of this origin.
    #[must_use]
    pub fn new(origin: ChunkOrigin<'t>) -> Self {
        Self { origin, ..Self::default() }
    }

    /// The provenance of the next record.
    #[inline]
    pub fn read(&mut self, record: &Record<'c, '_>) -> Provenance<'t> {
        let Some(split) = record.split_at_run() else { return self.read_whole(record) };
        if !std::ptr::eq(self.run.0, split.raw) {
            self.run = (split.raw, Provenance::of_origin(self.origin));
            self.run.1.note_all(split.run);
        }
        let mut provenance = self.run.1;
        provenance.note_all(split.before);
        provenance.note_all(split.after);
        provenance
    }

    /// Reads a record that shares no fields with others, as one in which a key occurred twice.
    fn read_whole(&self, record: &Record<'c, '_>) -> Provenance<'t> {
        let mut provenance = Provenance::of_origin(self.origin);
        provenance.note_all(record.fields);
        // An error must not hide behind a second `source`.
        if let Some(stream) = record.conflicting_source() {
            provenance.source = Some(stream);
            provenance.has_hidden_error = stream == Source::Stderr;
        }
        provenance
    }
}

/// Where one record comes from: what vouches for it, and which of its fields mark the output of a container.
#[derive(Debug, Clone, Copy, Default)]
pub struct Provenance<'t> {
    origin: ChunkOrigin<'t>,
    source: Option<Source>,
    /// `source` occurs twice, and one of its values is standard error.
    has_hidden_error: bool,
    has_container_id: bool,
    has_container_name: bool,
    has_task_arn: bool,
    has_event_source: bool,
    has_detail_type: bool,
    identity: ContainerIdentity<'t>,
}

impl<'t> Provenance<'t> {
    /// The provenance of a single record in a chunk of this origin.
    #[must_use]
    pub fn new(record: &Record<'_, '_>, origin: ChunkOrigin<'t>) -> Self {
        ProvenanceReader::new(origin).read(record)
    }

    fn of_origin(origin: ChunkOrigin<'t>) -> Self {
        let identity = ContainerIdentity { tag: origin.firelens(), ..ContainerIdentity::default() };
        Self { origin, identity, ..Self::default() }
    }

    #[inline]
    fn note_all(&mut self, fields: &[Field<'_>]) {
        for field in fields {
            if let Value::Text(key) = field.key {
                self.note(key, field.value);
            }
        }
    }

    #[inline]
    fn note(&mut self, key: &[u8], value: Value<'_>) {
        match key {
            b"source" => match value.text() {
                Some(b"stderr") => self.source = Some(Source::Stderr),
                Some(b"stdout") => self.source = Some(Source::Stdout),
                Some(b"aws.ecs" | b"ecs_router") => self.has_event_source = true,
                _ => {}
            },
            b"container_id" => self.has_container_id = true,
            b"container_name" => {
                self.has_container_name = true;
                self.identity.has_own_container = self.agrees(value, FirelensTag::is_container);
            }
            b"ecs_task_arn" => {
                self.has_task_arn = true;
                self.identity.has_own_task = self.agrees(value, FirelensTag::is_task);
            }
            b"detail-type" => self.has_detail_type = true,
            _ => {}
        }
    }

    /// Whether FireLens's tag, if there is one, says of the container or task the same as this value.
    fn agrees(&self, value: Value<'_>, check: fn(FirelensTag<'t>, &[u8]) -> bool) -> bool {
        match (self.identity.tag, value.text()) {
            (Some(tag), Some(text)) => check(tag, text),
            _ => false,
        }
    }

    /// The stream that an application wrote the record to. `None`: no application wrote it, or a filter has removed what
    /// tells.
    #[must_use]
    #[inline]
    pub fn stream(&self) -> Option<Source> {
        match self.origin {
            ChunkOrigin::Firelens(_) => self.source.filter(|_| self.has_driver_marks()),
            ChunkOrigin::Trusted | ChunkOrigin::Untrusted => {
                self.source.or(self.has_container().then_some(Source::Stdout))
            }
        }
    }

    /// Whether `source` is the log driver's, and not the application's: one of the marks beside it agrees with the tag.
    fn has_driver_marks(&self) -> bool {
        let is_driver = self.has_container_id && self.identity.has_own_container;
        is_driver || self.identity.has_own_task || self.has_hidden_error
    }

    fn has_container(&self) -> bool {
        self.has_container_id || self.has_container_name
    }

    /// Whether FireLens's log driver brought the record, but a filter has removed the marks that tell its stream.
    #[must_use]
    pub fn lacks_marks(&self) -> bool {
        matches!(self.origin, ChunkOrigin::Firelens(_)) && self.stream().is_none()
    }

    /// Whether the record may be an event, or an envelope of some, if its origin is trusted.
    #[inline]
    pub(super) fn has_no_mark(&self) -> bool {
        self.source.is_none() && !self.has_container() && !self.has_task_arn
    }

    /// How the record came.
    #[must_use]
    pub fn origin(&self) -> ChunkOrigin<'t> {
        self.origin
    }

    /// Which container and task wrote the record.
    #[must_use]
    #[inline]
    pub fn identity(&self) -> ContainerIdentity<'t> {
        ContainerIdentity { lacks_stream: self.lacks_marks(), ..self.identity }
    }

    /// Whether the record has the fields of a bare event of ECS, or of ours.
    pub(super) fn is_event(&self) -> bool {
        self.has_event_source && self.has_detail_type
    }
}

#[cfg(test)]
mod tests;
