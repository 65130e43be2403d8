//! Names with `$(field)` and strftime in them: log groups, log streams, file paths.
//!
//! Owns: the syntax, the derived fields, and making values safe for the kind of name they go into. Does no I/O.
//! A missing field gives its fallback, never a dropped record.

pub(crate) mod field;
mod name_rules;
mod strftime;

use std::cell::RefCell;

use field::FieldSource;
use jiff::tz::TimeZone;
use strftime::TimeFormat;

use crate::classify::classes::Entry;
use crate::input::record::Value;
use crate::json;
use crate::task_metadata::TaskMetadata;

/// What kind of name a template makes; decides which characters of a value may stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NameKind {
    /// CloudWatch log group: `[.\-_/#A-Za-z0-9]`, 1–512, not beginning with `aws/`.
    #[default]
    LogGroup,
    /// CloudWatch log stream: anything but `:` and `*`, 1–512.
    LogStream,
    /// A file path: a value is one path segment and can neither climb nor hide.
    FilePath,
    /// A Datadog tag or name: a value has no comma, blank or quotation mark, at most 200 bytes, and is UTF-8. The
    /// whole can stand in a JSON string as it is.
    Label,
    /// A name in a field of its own, where only control characters do harm.
    Text,
    /// S3 object key: as a path, of S3's safe characters only, 1–1,024 bytes.
    ObjectKey,
}

impl NameKind {
    /// Whether the user's own text between fields may hold this byte; `%` belongs to strftime.
    fn literal_may_hold(self, byte: u8) -> bool {
        match self {
            NameKind::LogGroup => group_may_hold(byte) || byte == b'%',
            NameKind::LogStream => stream_may_hold(byte),
            NameKind::FilePath | NameKind::ObjectKey => byte != 0,
            NameKind::Label => true,
            NameKind::Text => !byte.is_ascii_control(),
        }
    }

    /// Appends what strftime made of the user's text, which may hold characters that the text did not.
    fn write_time(self, text: &str, out: &mut Vec<u8>) {
        out.extend(text.bytes().map(|byte| match self {
            NameKind::LogGroup if group_may_hold(byte) => byte,
            NameKind::LogGroup => b'.',
            other if other.literal_may_hold(byte) => byte,
            _ => b'.',
        }));
    }

    fn describe(self) -> &'static str {
        match self {
            NameKind::LogGroup => "the name of a log group; letters, digits and . - _ / # may",
            NameKind::LogStream => "the name of a log stream; anything but : and * may",
            NameKind::FilePath => "a file path",
            NameKind::ObjectKey => "an object's key",
            NameKind::Label => "a tag or name",
            NameKind::Text => "a name; anything but control characters may",
        }
    }

    /// Appends a value with every character that may not stand in this kind of name replaced.
    fn write(self, text: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        match self {
            NameKind::LogGroup => {
                out.extend(text.iter().map(|byte| if group_may_hold(*byte) { *byte } else { b'.' }))
            }
            NameKind::LogStream => {
                out.extend(text.iter().map(|byte| if stream_may_hold(*byte) { *byte } else { b'.' }))
            }
            NameKind::Text => {
                out.extend(text.iter().map(|byte| if byte.is_ascii_control() { b'.' } else { *byte }))
            }
            NameKind::FilePath => {
                out.extend(text.iter().map(|byte| if segment_may_hold(*byte) { *byte } else { b'_' }));
                replace_leading_dot(start, out);
            }
            NameKind::ObjectKey => {
                out.extend(text.iter().map(|byte| if key_may_hold(*byte) { *byte } else { b'_' }));
                replace_leading_dot(start, out);
            }
            NameKind::Label => {
                let text = json::cut(text, MAX_LABEL_BYTES);
                let is_text = std::str::from_utf8(text).is_ok();
                let allowed = |byte: u8| label_may_hold(byte) && (is_text || byte.is_ascii());
                out.extend(text.iter().map(|byte| if allowed(*byte) { *byte } else { b'_' }));
            }
        }
    }
}

/// Datadog's limit for a tag, in characters
/// (<https://docs.datadoghq.com/getting_started/tagging/>, read 2026-11); applied to its value, by bytes.
const MAX_LABEL_BYTES: usize = 200;

/// What stands for a field in the name that records share whose own names are too many.
const OVERFLOW: &str = "overflow";

/// The value of a missing field that has no fallback of its own.
const UNKNOWN: &str = "unknown";

/// What is wrong with a template, and what to write instead.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A field does not end.
    #[error("'{0}' has a $( without its )")]
    Unclosed(String),
    /// A field without a name.
    #[error("$() names no field; write for example $(ecs_cluster)")]
    NoField,
    /// `$(tag[…])` without a number.
    #[error("$({field}): '{position}' is not a position; the first is 0")]
    NotAPosition {
        /// The field as written.
        field: String,
        /// What stands between the brackets.
        position: String,
    },
    /// The user's own text holds a character that the kind of name does not allow.
    #[error("'{character}' may not stand in {names}")]
    Forbidden {
        /// The first such character.
        character: char,
        /// The kind of name, and what may stand in it.
        names: &'static str,
    },
    /// strftime does not know a specifier.
    #[error(
        "'{specifier}' is not part of a date; write dates as %Y/%m/%d/%H, fields as $(name), and a percent sign as %%"
    )]
    NotATimeFormat {
        /// The part of the user's text.
        specifier: String,
    },
}

/// A parsed name.
#[derive(Debug, Default)]
pub struct Template {
    parts: Vec<Part>,
    names: NameKind,
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

/// The last value of a field and its safe form, for neighbouring records mostly come from one container.
#[derive(Debug, Default)]
struct Memo {
    raw: Vec<u8>,
    /// Which part of it is meant: the same text may be a record's own word and what the task's metadata say.
    part: Option<TextPart>,
    safe: Vec<u8>,
}

impl Memo {
    /// Appends the safe form of a part of `text`; `false` when that part is empty.
    fn render(&mut self, names: NameKind, text: &[u8], part: TextPart, out: &mut Vec<u8>) -> bool {
        if self.raw != text || !self.part.is_some_and(|known| std::ptr::fn_addr_eq(known, part)) {
            self.raw.clear();
            self.raw.extend_from_slice(text);
            self.part = Some(part);
            self.safe.clear();
            names.write(part(text), &mut self.safe);
        }
        out.extend_from_slice(&self.safe);
        !self.safe.is_empty()
    }
}

/// The tag of news of incidents, which no chunk brings.
pub const NEWS_TAG: &[u8] = b"ecs_router.incident";

/// What a name can hold besides the record; the same for a whole chunk.
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
    /// Set where a name is not to hold anything of the record.
    pub overflow: Option<Overflow>,
}

/// How the name is made that records share whose own names are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow {
    /// The time in the name instead of the record's: when the chunk came, in seconds since the epoch.
    pub at: i64,
    /// Whether an outer name, such as a log group around streams, stays the record's own.
    pub keeps_outer: bool,
}

impl RenderContext<'_> {
    /// The context for a name that other names stand in.
    #[must_use]
    pub fn for_outer_name(&self) -> Self {
        Self { overflow: self.overflow.filter(|overflow| !overflow.keeps_outer), ..*self }
    }
}

impl Template {
    /// Parses `$(field)` and strftime.
    ///
    /// # Errors
    /// The syntax is wrong, or the text holds what may not stand in a name of this kind.
    pub fn parse(text: &str, names: NameKind) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, tail)) = rest.split_once("$(") {
            push_literal(&mut parts, literal, names)?;
            let closed = tail.split_once(')').filter(|(field, _)| !field.contains("$("));
            let (field, tail) = closed.ok_or_else(|| TemplateError::Unclosed(text.to_owned()))?;
            parts.push(parse_field(field)?);
            rest = tail;
        }
        push_literal(&mut parts, rest, names)?;
        Ok(Self { parts, names, climbs: text.contains("..") })
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

    /// Appends the parts with nothing in them that a record's writer chooses.
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
                Part::Class => self.value(entry.class_name.as_bytes(), out),
                Part::Uuid => out.extend_from_slice(context.uuid.as_bytes()),
                Part::Time(time) => time.render(overflow.at, out),
                Part::Tag(_) | Part::Field { .. } => self.value(OVERFLOW.as_bytes(), out),
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
            Part::Tag(None) => self.value(context.tag, out),
            Part::Tag(Some(position)) => match context.tag.split(|byte| *byte == b'.').nth(*position) {
                Some(part) => self.value(part, out),
                None => self.value(UNKNOWN.as_bytes(), out),
            },
            Part::Class => self.value(entry.class_name.as_bytes(), out),
            Part::Uuid => out.extend_from_slice(context.uuid.as_bytes()),
            Part::Field { field, fallback, last } => {
                let written = match field.text_at_hand(entry) {
                    Some(text) => last.borrow_mut().render(self.names, text, field.part(), out),
                    None => self.render_found(field, last, entry, context, out),
                };
                if !written {
                    self.value(fallback.as_deref().unwrap_or(UNKNOWN).as_bytes(), out);
                    return fallback.is_none().then(|| field.name());
                }
            }
        }
        None
    }

    /// Appends the field's value, wherever it stands; `false` when there is none.
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
                last.borrow_mut().render(self.names, text, found.part, out)
            }
            scalar => {
                self.scalar(scalar, out);
                true
            }
        })
    }

    fn value(&self, text: &[u8], out: &mut Vec<u8>) {
        self.names.write(text, out);
    }

    fn scalar(&self, value: Value<'_>, out: &mut Vec<u8>) {
        let mut text = Vec::new();
        json::Writer::<false>::new(&mut text).value(value);
        // Bytes of an extension are text in JSON.
        self.value(text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(&text), out);
    }

    fn apply_rules(&self, start: usize, out: &mut Vec<u8>) {
        match self.names {
            NameKind::FilePath => name_rules::path(self.climbs, start, out),
            NameKind::Label => name_rules::label(start, out),
            NameKind::ObjectKey => name_rules::object_key(start, out),
            NameKind::LogGroup => name_rules::log_group(start, out),
            NameKind::LogStream | NameKind::Text => name_rules::name(start, out),
        }
    }
}

fn group_may_hold(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/' | b'#')
}

fn stream_may_hold(byte: u8) -> bool {
    !matches!(byte, b':' | b'*' | 0..0x20 | 0x7F)
}

fn segment_may_hold(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'@' | b'=' | 0x80..)
}

fn label_may_hold(byte: u8) -> bool {
    !matches!(byte, 0..=b' ' | b'"' | b'\\' | b',' | 0x7F)
}

/// S3's "safe characters" (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>, read 2026-11)
/// but for the slash, which would make a value more than one segment.
fn key_may_hold(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'-' | b'_' | b'.' | b'*' | b'\'' | b'(' | b')')
}

/// A value that begins with a dot would hide the file or climb.
fn replace_leading_dot(start: usize, out: &mut [u8]) {
    if let Some(first) = out.get_mut(start)
        && *first == b'.'
    {
        *first = b'_';
    }
}

fn push_literal(parts: &mut Vec<Part>, text: &str, names: NameKind) -> Result<(), TemplateError> {
    let is_forbidden =
        |letter: &char| letter.encode_utf8(&mut [0; 4]).bytes().any(|byte| !names.literal_may_hold(byte));
    if let Some(character) = text.chars().find(is_forbidden) {
        return Err(TemplateError::Forbidden { character, names: names.describe() });
    }
    if text.contains('%') {
        parts.push(Part::Time(TimeFormat::new(text, names)?));
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
mod tests {
    use super::*;
    use crate::classify::classes::{Class, Classifier};
    use crate::classify::provenance::{ChunkOrigin, Provenance};
    use serde_json::{Value as Json, json};

    fn render(template: &str, names: NameKind, record: &Json) -> String {
        let template = Template::parse(template, names).unwrap();
        let chunk = rmp_serde::to_vec(&(1_795_000_000u64, record)).unwrap();
        let mut out = Vec::new();
        crate::input::decode::records(&chunk, |record| {
            let (class, stop) = Classifier::default().class_of(record);
            let entry = Entry::new(record, class, class.name(), stop.as_ref());
            template.render(
                &entry,
                &RenderContext { tag: b"app.web.1", uuid: "U", ..RenderContext::default() },
                &mut out,
            );
        });
        String::from_utf8(out).unwrap()
    }

    fn firelens() -> Json {
        json!({
            "source": "stderr", "container_name": "/ecs-web-1", "ecs_cluster": "arn:aws:ecs:eu-west-1:1:cluster/prod",
            "ecs_task_arn": "arn:aws:ecs:eu-west-1:1:task/prod/0123abcd", "ecs_task_definition": "web:42",
            "kubernetes": {"pod": {"name": "p-1"}}, "number": 7, "list": [1],
        })
    }

    #[test]
    fn what_is_no_date_is_named() {
        for (template, part) in
            [("a/%Y/%L", "'%L'"), ("%H:%{x}", "'%{'"), ("%Y %-k %E", "'%E'"), ("100%", "'%'"), ("%3", "'%3'")]
        {
            let error = Template::parse(template, NameKind::Text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{part} is not part of a date; ")), "{template}: {error}");
        }
    }

    #[test]
    fn fields_tags_and_times_are_filled_in() {
        let cases = [
            ("/ecs/$(ecs_task_family)", "/ecs/web"),
            ("$(ecs_task_revision)/$(ecs_task_id)", "42/0123abcd"),
            ("$(ecs_cluster)-$(container_name)", "prod-ecs-web-1"),
            ("$(tag)|$(tag[1])|$(tag[9])", "app.web.1|web|unknown"),
            ("$(class)/$(uuid)", "stderr/U"),
            ("$(kubernetes.pod.name)-$(number)", "p-1-7"),
            ("$(list)$(nothing)", "unknownunknown"),
            ("$(nothing:-none)", "none"),
            ("logs/%Y/%m/%d/%H", "logs/2026/11/18/11"),
            ("100%% $(number)", "100% 7"),
        ];
        for (template, expected) in cases {
            assert_eq!(render(template, NameKind::LogStream, &firelens()), expected, "{template}");
        }
    }

    #[test]
    fn values_are_made_safe_for_the_name_they_go_into() {
        let evil = json!({"source": "stdout", "v": "../a:b*c d\u{0}é"});
        assert_eq!(render("/x/$(v)", NameKind::LogGroup, &evil), "/x/../a.b.c.d...");
        assert_eq!(render("$(v)", NameKind::LogStream, &evil), "../a.b.c d.é");
        assert_eq!(render("/var/log/$(v).log", NameKind::FilePath, &evil), "/var/log/_._a_b_c_d_é.log");
        assert_eq!(render("logs/$(v).gz", NameKind::ObjectKey, &evil), "logs/_._a_b*c_d___.gz");
        assert_eq!(render("$(v)", NameKind::LogGroup, &json!({"v": "aws/mine"})), "_aws/mine");
        let tag = json!({"v": "a, \"b\\\u{0}é", "long": "é".repeat(150)});
        assert_eq!(render("x:$(v),y:\"%n\\", NameKind::Label, &tag), "x:a___b__é,y:___");
        assert_eq!(render("$(long)", NameKind::Label, &tag), "é".repeat(100));
        assert_eq!(render("$(v)", NameKind::Text, &evil), "../a:b*c d.é");
    }

    #[test]
    fn whatever_a_name_is_made_of_it_is_of_its_kind() {
        let chunk = [b"\x92\x01\x81\xa1v".as_slice(), &[0xd4, 5, 0xAB]].concat();
        for (template, names, expected) in [
            ("g$(v)", NameKind::LogGroup, "gab"),
            ("$(v).log", NameKind::FilePath, "ab.log"),
            ("100%%-%T", NameKind::LogGroup, "100.-00.00.01"),
            ("%T%n", NameKind::LogStream, "00.00.01."),
            ("%d%n%t", NameKind::Text, "01.."),
        ] {
            let template = Template::parse(template, names).unwrap();
            let mut out = Vec::new();
            crate::input::decode::records(&chunk, |record| {
                let entry = Entry::new(record, Class::Other, "other", None);
                template.render(&entry, &RenderContext::default(), &mut out);
            });
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn a_time_outside_of_the_calendar_does_not_borrow_the_one_before() {
        let template = Template::parse("%Y", NameKind::LogStream).unwrap();
        let year = |seconds| {
            let time = crate::input::record::Timestamp { seconds, nanos: 0 };
            let record = crate::input::record::Record::new(time, &[], &[]);
            let entry = Entry::new(&record, Class::Other, "other", None);
            let mut out = Vec::new();
            template.render(&entry, &RenderContext::default(), &mut out);
            String::from_utf8(out).unwrap()
        };
        let alone = year(i64::MAX);
        assert_eq!((year(1_795_000_000).as_str(), year(i64::MAX)), ("2026", alone));
    }

    #[test]
    fn a_path_is_one_that_the_system_can_open() {
        let case = |template: &str, value: &str| render(template, NameKind::FilePath, &json!({"v": value}));
        assert_eq!(case("/l/$(v)-$(v)", &"é".repeat(200)), format!("/l/{}", "é".repeat(127)));
        assert!((4_000..4_096).contains(&case(&"/$(v)".repeat(40), &"x".repeat(200)).len()));
        assert_eq!(case("/l/$(nothing:-).$(nothing:-)./f", ""), "/l/__/f");
        assert_eq!(case("$(nothing:-)", ""), "unknown");
        assert_eq!(case("/l/$(nothing:-)", ""), "/l/unknown");
        assert_eq!(case("../$(v)", "x"), "../x", "the user may climb");
    }

    #[test]
    fn an_object_key_has_no_segment_that_climbs() {
        let case = |template: &str, value: &str| render(template, NameKind::ObjectKey, &json!({"v": value}));
        assert_eq!(case("/a/$(v)/b", "../../etc"), "a/_._.._etc/b");
        assert_eq!(case("a/.$(v)/$(v).b", "."), "a/._/_.b");
        assert_eq!(case("a/.$(nothing:-)/..$(nothing:-)/b", ""), "a/_/__/b");
        assert_eq!(case("//$(v)", "/"), "_");
    }

    /// `$(ecs_service)/$(image_tag)` of a record under this tag, in a task with containers `web` and `payments`.
    fn service_and_image(tag: &str, record: &Json) -> String {
        let arn = "arn:aws:ecs:eu-west-1:1:task/prod/0123abcd";
        let container =
            |id: &str, name: &str, image: &str| json!({"DockerId": id, "Name": name, "Image": image});
        let task = json!({
            "TaskARN": arn, "ServiceName": "shop",
            "Containers": [container("id-web", "web", "r/web:7"), container("id-pay", "payments", "r/pay:9")],
        });
        let task = TaskMetadata::parse(task.to_string().as_bytes()).unwrap();
        let template = Template::parse("$(ecs_service)/$(image_tag)", NameKind::LogStream).unwrap();
        let context = RenderContext { tag: tag.as_bytes(), task: Some(&task), ..RenderContext::default() };
        let chunk = rmp_serde::to_vec(&(1_795_000_000u64, record)).unwrap();
        let mut out = Vec::new();
        crate::input::decode::records(&chunk, |record| {
            let provenance = Provenance::new(record, ChunkOrigin::from_tag(tag.as_bytes(), &[]));
            let entry =
                Entry { identity: provenance.identity(), ..Entry::new(record, Class::Other, "other", None) };
            template.render(&entry, &context, &mut out);
        });
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_record_does_not_choose_another_containers_image() {
        let of_record = |tag, fields: Json| service_and_image(tag, &fields);
        let own = "web-firelens-0123abcd";
        let lies =
            json!({"container_id": "id-pay", "container_name": "web", "ecs_service": "x", "image_tag": "y"});
        assert_eq!(of_record(own, lies), "shop/7", "the tag names our task: its metadata count first");
        assert_eq!(of_record(own, json!({"log": "no marks", "image_tag": "y"})), "shop/7");
        assert_eq!(of_record(own, json!({"container_id": "id-web", "container_name": "web"})), "shop/7");
        assert_eq!(
            of_record("app", json!({"container_id": "id-pay"})),
            "shop/9",
            "no tag: the record counts"
        );
        let other = "web-firelens-ffff";
        assert_eq!(of_record(other, json!({"container_id": "id-web"})), "unknown/unknown", "another task");
    }

    #[test]
    fn times_follow_their_zone() {
        let madrid = TimeZone::get("Europe/Madrid").unwrap();
        let template = Template::parse("%Y-%m-%dT%H%z", NameKind::ObjectKey).unwrap().in_zone(&madrid);
        let time = crate::input::record::Timestamp { seconds: 1_795_000_000, nanos: 0 };
        let record = crate::input::record::Record::new(time, &[], &[]);
        let entry = Entry::new(&record, Class::Other, "other", None);
        let mut out = Vec::new();
        template.render(&entry, &RenderContext::default(), &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "2026-11-18T12+0100");
    }

    #[test]
    fn names_are_cut_between_characters() {
        let long = json!({"v": "é".repeat(300)});
        assert_eq!(render("$(v)", NameKind::LogStream, &long).chars().count(), 256);
    }

    #[test]
    fn an_empty_name_has_a_fallback() {
        assert_eq!(render("$(v:-)", NameKind::LogStream, &json!({"v": ""})), "unknown");
    }

    #[test]
    fn a_missing_field_is_named() {
        let template = Template::parse("$(tag)/$(absent)", NameKind::LogStream).unwrap();
        let record = crate::input::record::Record::new(crate::input::record::Timestamp::default(), &[], &[]);
        let entry = Entry::new(&record, Class::Other, "other", None);
        let context = RenderContext { tag: b"t", ..RenderContext::default() };
        assert_eq!(template.render(&entry, &context, &mut Vec::new()), Some("absent"));
    }

    /// Whoever wrote the fallback has been heard.
    #[test]
    fn a_missing_field_with_a_written_fallback_is_not_named() {
        let template = Template::parse("$(absent:-none)/$(empty:-)", NameKind::LogStream).unwrap();
        let record = crate::input::record::Record::new(crate::input::record::Timestamp::default(), &[], &[]);
        let entry = Entry::new(&record, Class::Other, "other", None);
        let mut name = Vec::new();
        assert_eq!(template.render(&entry, &RenderContext::default(), &mut name), None);
        assert_eq!(name, b"none/");
    }

    #[test]
    fn bad_templates_say_what_is_wrong() {
        for (text, expected) in [
            ("a$(b", "without its )"),
            ("$()", "names no field"),
            ("$(tag[x])", "not a position"),
            ("my group", "' ' may not stand in the name of a log group"),
            ("“group”", "'“' may not stand in the name of a log group"),
            ("%#", "not part of a date"),
        ] {
            let error = Template::parse(text, NameKind::LogGroup).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
