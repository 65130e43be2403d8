//! Names with `$(field)` and strftime in them: log groups, log streams, file paths.
//!
//! Owns: the syntax, and rendering. `field` finds the value of a field, `strftime` writes the time, `name_kind` knows which
//! characters each kind of name may hold, `name_rules` what a name as a whole must be, and `error` what is wrong with a
//! template. Does no I/O. A missing field gives its fallback, never a dropped record.

mod error;
pub(crate) mod field;
mod name_kind;
mod name_rules;
mod strftime;

use std::cell::RefCell;

use jiff::tz::TimeZone;

pub use self::error::TemplateError;
use self::field::FieldSource;
pub use self::name_kind::NameKind;
use self::name_rules::UNKNOWN;
use self::strftime::TimeFormat;
use crate::classify::classes::Entry;
use crate::input::record::Value;
use crate::json;
use crate::task_metadata::TaskMetadata;

/// Replaces every field in the name that records share once there are too many names.
const OVERFLOW: &str = "overflow";

/// A parsed name.
#[derive(Debug, Default)]
pub struct Template {
    parts: Vec<Part>,
    kind: NameKind,
    /// Whether the user's own text holds `..`.
    climbs: bool,
}

#[derive(Debug)]
enum Part {
    Literal(String),
    Time(TimeFormat),
    Tag(Option<usize>),
    Class,
    Uuid,
    Field { field: FieldSource, fallback: Option<String>, last: RefCell<Memo> },
}

/// Takes a part of a text.
type TextPart = fn(&[u8]) -> &[u8];

/// The last value of a field and its safe form: neighbouring records mostly come from one container.
#[derive(Debug, Default)]
struct Memo {
    raw: Vec<u8>,
    /// Which part of it is meant: the same text may be a record's own word and what the task's metadata say.
    part: Option<TextPart>,
    safe: Vec<u8>,
}

impl Memo {
    /// Appends the safe form of a part of `text`; `false` when that part is empty.
    fn render(&mut self, kind: NameKind, text: &[u8], part: TextPart, out: &mut Vec<u8>) -> bool {
        if self.raw != text || !self.part.is_some_and(|known| std::ptr::fn_addr_eq(known, part)) {
            self.raw.clear();
            self.raw.extend_from_slice(text);
            self.part = Some(part);
            self.safe.clear();
            kind.write(part(text), &mut self.safe);
        }
        out.extend_from_slice(&self.safe);
        !self.safe.is_empty()
    }
}

/// The tag of news about incidents, which comes in no chunk.
pub const NEWS_TAG: &[u8] = b"ecs_router.incident";

/// What a name can take from elsewhere than the record; the same for a whole chunk.
#[derive(Debug, Clone, Copy, Default)]
pub struct RenderContext<'s> {
    /// The chunk's tag.
    pub tag: &'s [u8],
    /// What `$(uuid)` becomes.
    pub uuid: &'s str,
    /// Id of the chunk, the same when it is replayed.
    pub chunk: &'s str,
    /// Metadata of the task that the plugin runs in, if known.
    pub task: Option<&'s TaskMetadata>,
    /// Set where a name must not hold anything of the record.
    pub overflow: Option<Overflow>,
}

/// How the name is made that records share once there are too many names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow {
    /// The time in the name instead of the record's: when the chunk came, in seconds since the epoch.
    pub at: i64,
    /// Whether an outer name, such as a log group around streams, stays the record's own.
    pub keeps_outer: bool,
}

impl RenderContext<'_> {
    /// The context for an outer name.
    #[must_use]
    pub fn for_outer_name(&self) -> Self {
        Self { overflow: self.overflow.filter(|overflow| !overflow.keeps_outer), ..*self }
    }
}

impl Template {
    /// Parses `$(field)` and strftime.
    ///
    /// # Errors
    /// The syntax is wrong, or the text holds a character that this kind of name forbids.
    pub fn parse(text: &str, kind: NameKind) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, tail)) = rest.split_once("$(") {
            push_literal(&mut parts, literal, kind)?;
            let closed = tail.split_once(')').filter(|(field, _)| !field.contains("$("));
            let (field, tail) = closed.ok_or_else(|| TemplateError::Unclosed(text.to_owned()))?;
            parts.push(parse_field(field)?);
            rest = tail;
        }
        push_literal(&mut parts, rest, kind)?;
        Ok(Self { parts, kind, climbs: text.contains("..") })
    }

    /// The template with its times in this zone instead of UTC.
    #[must_use]
    pub fn in_zone(mut self, zone: &TimeZone) -> Self {
        for part in &mut self.parts {
            if let Part::Time(time) = part {
                *time = time.in_zone(zone.clone());
            }
        }
        self
    }

    /// Appends the name; returns the first field that was missing and has no fallback of its own, if any.
    pub fn render<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        let start = out.len();
        let mut missing = None;
        match context.overflow {
            None => {
                for part in &self.parts {
                    missing = missing.or(self.render_part(part, entry, context, out));
                }
            }
            Some(overflow) => self.render_overflow(entry, context, overflow, out),
        }
        self.apply_rules(start, out);
        missing
    }

    /// Appends the parts, none of them as the record's writer chose it.
    #[cold]
    fn render_overflow(
        &self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        overflow: Overflow,
        out: &mut Vec<u8>,
    ) {
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.extend_from_slice(text.as_bytes()),
                Part::Class => self.write_value(entry.class_name.as_bytes(), out),
                Part::Uuid => out.extend_from_slice(context.uuid.as_bytes()),
                Part::Time(time) => time.render(overflow.at, out),
                Part::Tag(_) | Part::Field { .. } => self.write_value(OVERFLOW.as_bytes(), out),
            }
        }
    }

    fn render_part<'t>(
        &self,
        part: &'t Part,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        match part {
            Part::Literal(text) => out.extend_from_slice(text.as_bytes()),
            Part::Time(time) => time.render(entry.record.time.seconds, out),
            Part::Tag(None) => self.write_value(context.tag, out),
            Part::Tag(Some(position)) => match context.tag.split(|byte| *byte == b'.').nth(*position) {
                Some(part) => self.write_value(part, out),
                None => self.write_value(UNKNOWN.as_bytes(), out),
            },
            Part::Class => self.write_value(entry.class_name.as_bytes(), out),
            Part::Uuid => out.extend_from_slice(context.uuid.as_bytes()),
            Part::Field { field, fallback, last } => {
                let written = match field.text_at_hand(entry) {
                    Some(text) => last.borrow_mut().render(self.kind, text, field.part(), out),
                    None => self.render_found(field, last, entry, context, out),
                };
                if !written {
                    self.write_value(fallback.as_deref().unwrap_or(UNKNOWN).as_bytes(), out);
                    return fallback.is_none().then(|| field.name());
                }
            }
        }
        None
    }

    /// Appends the field's value, wherever it is found; `false` when there is none.
    #[inline(never)]
    fn render_found(
        &self,
        field: &FieldSource,
        last: &RefCell<Memo>,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> bool {
        field.find(entry, context.task).is_some_and(|found| match found.raw {
            Value::Text(text) | Value::Binary(text) => {
                last.borrow_mut().render(self.kind, text, found.part, out)
            }
            scalar => {
                self.write_scalar(scalar, out);
                true
            }
        })
    }

    fn write_value(&self, text: &[u8], out: &mut Vec<u8>) {
        self.kind.write(text, out);
    }

    fn write_scalar(&self, value: Value<'_>, out: &mut Vec<u8>) {
        let mut text = Vec::new();
        json::Writer::<false>::new(&mut text).value(value);
        // Bytes of an extension are text in JSON.
        self.write_value(
            text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(&text),
            out,
        );
    }

    fn apply_rules(&self, start: usize, out: &mut Vec<u8>) {
        match self.kind {
            NameKind::FilePath => name_rules::path(self.climbs, start, out),
            NameKind::Label => name_rules::label(start, out),
            NameKind::ObjectKey => name_rules::object_key(start, out),
            NameKind::LogGroup => name_rules::log_group(start, out),
            NameKind::LogStream | NameKind::Text => name_rules::name(start, out),
        }
    }
}

fn push_literal(parts: &mut Vec<Part>, text: &str, kind: NameKind) -> Result<(), TemplateError> {
    let is_forbidden =
        |letter: &char| letter.encode_utf8(&mut [0; 4]).bytes().any(|byte| !kind.literal_may_hold(byte));
    if let Some(character) = text.chars().find(is_forbidden) {
        return Err(TemplateError::Forbidden { character, kind: kind.describe() });
    }
    if text.contains('%') {
        parts.push(Part::Time(TimeFormat::new(text, kind)?));
    } else if !text.is_empty() {
        parts.push(Part::Literal(text.to_owned()));
    }
    Ok(())
}

fn parse_field(text: &str) -> Result<Part, TemplateError> {
    let written = text.split_once(":-");
    let name = written.map_or(text, |(name, _)| name).trim();
    if name.is_empty() {
        return Err(TemplateError::NoField);
    }
    if let Some(position) = name.strip_prefix("tag[").and_then(|rest| rest.strip_suffix(']')) {
        let parsed = position.parse().map_err(|_| TemplateError::NotAPosition {
            field: text.to_owned(),
            position: position.to_owned(),
        })?;
        return Ok(Part::Tag(Some(parsed)));
    }
    Ok(match name {
        "tag" => Part::Tag(None),
        "class" => Part::Class,
        "uuid" => Part::Uuid,
        _ => Part::Field {
            field: FieldSource::parse(name),
            fallback: written.map(|(_, fallback)| fallback.to_owned()),
            last: RefCell::default(),
        },
    })
}

#[cfg(test)]
mod tests;
