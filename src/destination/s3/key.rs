//! The key of an object: the user's template made unique and given its extension.

use crate::classify::classes::Entry;
use crate::config::KeyReader;
use crate::destination::object_store::{ObjectEncoding, UUID_PLACEHOLDER};
use crate::encode::template::{NameKind, RenderContext, Template};
use crate::printable::is_unprintable;

/// The longest key, in UTF-8 (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>, read 2026-11).
const MAX_KEY_BYTES: usize = 1_024;

/// What a key grows by when a placeholder becomes a uuid.
const UUID_GROWTH_BYTES: usize = 36 - 1;

const UUID_FIELD: &str = "$(uuid)";

/// The template that the keys of objects are rendered from.
#[derive(Debug)]
pub(super) struct ObjectKey {
    template: Template,
}

impl ObjectKey {
    pub(super) fn read(reader: &KeyReader<'_>, encoding: ObjectEncoding) -> Self {
        let template = complete(&reader.required("key"), encoding)
            .and_then(|text| Template::parse(&text, NameKind::ObjectKey).map_err(|error| error.to_string()))
            .unwrap_or_else(|what| {
                reader.problem("key", what);
                Template::default()
            });
        let zone = reader.required("timezone");
        match jiff::tz::TimeZone::get(&zone) {
            Ok(zone) => Self { template: template.in_zone(&zone) },
            Err(_) => {
                let what = format!("'{zone}' is not a time zone; write for example UTC or Europe/Madrid");
                reader.problem("timezone", what);
                Self { template }
            }
        }
    }

    /// Appends the key with [`UUID_PLACEHOLDER`] for the uuid, which an object gets when it is opened.
    pub(super) fn render<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        const PLACEHOLDER: &str = match std::str::from_utf8(&[UUID_PLACEHOLDER]) {
            Ok(text) => text,
            Err(_) => "",
        };
        let start = out.len();
        let missing = self.template.render(entry, &RenderContext { uuid: PLACEHOLDER, ..*context }, out);
        shorten(start, out);
        missing
    }

    /// Appends the key with the chunk's own name for a uuid: a chunk that comes again becomes the same object.
    pub(super) fn render_for_chunk<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        let start = out.len();
        let missing = self.render(entry, context, out);
        let rendered = out.split_off(start);
        for (position, part) in rendered.split(|byte| *byte == UUID_PLACEHOLDER).enumerate() {
            if position > 0 {
                out.extend_from_slice(context.chunk.as_bytes());
            }
            out.extend_from_slice(part);
        }
        missing
    }
}

/// Whether [`ObjectKey`] can have made this key. A client would resolve a segment of dots before the service sees it, and
/// what is percent-encoded, such as a question mark, stays in the path.
pub(super) fn check(key: &str) -> Result<(), &'static str> {
    let is_dots = |segment: &str| matches!(segment, "." | "..");
    match key {
        "" => Err("it is empty"),
        key if key.len() > MAX_KEY_BYTES => Err("it is longer than 1,024 bytes"),
        key if key.starts_with('/') => Err("it begins with a slash"),
        key if key.split('/').any(is_dots) => Err("it holds . or .. as a segment"),
        key if key.chars().any(is_unprintable) => Err("it holds a control character"),
        _ => Ok(()),
    }
}

/// Shortens a key that is too long without touching its beginning, its uuid or its extension: before the uuid if
/// there is enough to spare, else before the extension too.
fn shorten(start: usize, out: &mut Vec<u8>) {
    let key = out.get(start..).unwrap_or_default();
    let uuids = key.iter().filter(|byte| **byte == UUID_PLACEHOLDER).count();
    let excess = (key.len() + uuids * UUID_GROWTH_BYTES).saturating_sub(MAX_KEY_BYTES);
    if excess == 0 {
        return;
    }
    let first = key.iter().position(|byte| *byte == UUID_PLACEHOLDER).unwrap_or(0);
    let last = key.iter().rposition(|byte| *byte == UUID_PLACEHOLDER).map_or(0, |at| at + 1);
    let extension = key.len() - extensions_len(key.get(last..).unwrap_or_default());
    let from_tail = if first > excess { 0 } else { excess.min(extension - last) };
    let from_head = (excess - from_tail).min(first);
    out.drain(start + extension - from_tail..start + extension);
    out.drain(start + first - from_head..start + first);
}

/// Length in bytes of the extensions at the end: two at most, such as `.json.gz`.
fn extensions_len(name: &[u8]) -> usize {
    const MAX_EXTENSION_BYTES: usize = 10;
    let mut stem = name;
    for _ in 0..2 {
        match stem.iter().rposition(|byte| *byte == b'.').and_then(|dot| stem.split_at_checked(dot)) {
            Some((before, extension)) if extension.len() <= MAX_EXTENSION_BYTES => stem = before,
            _ => break,
        }
    }
    name.len() - stem.len()
}

/// Adds what a key needs besides the template: the extension of its compression, and a uuid before the extensions.
fn complete(template: &str, encoding: ObjectEncoding) -> Result<String, String> {
    let (stem, compression) = split_compression(template, encoding)?;
    if stem.contains(UUID_FIELD) {
        return Ok(format!("{stem}{compression}"));
    }
    let (name, extension) = split_extension(stem);
    let dash = if name.is_empty() || name.ends_with('/') { "" } else { "-" };
    Ok(format!("{name}{dash}{UUID_FIELD}{extension}{compression}"))
}

/// Splits the template into its stem and the extension that its compression requires.
fn split_compression(template: &str, encoding: ObjectEncoding) -> Result<(&str, &'static str), String> {
    let expected = match encoding {
        ObjectEncoding::Plain => "",
        ObjectEncoding::Gzip => ".gz",
        ObjectEncoding::Zstd => ".zst",
    };
    for (extension, extension_encoding) in [(".gz", ObjectEncoding::Gzip), (".zst", ObjectEncoding::Zstd)] {
        match template.strip_suffix(extension) {
            Some(stem) if extension_encoding == encoding => return Ok((stem, expected)),
            Some(_) => {
                return Err(format!(
                    "ends with {extension}, but compress says otherwise; leave {extension} out"
                ));
            }
            None => {}
        }
    }
    Ok((template, expected))
}

/// `a/%H.json` → `a/%H`, `.json`. What is in `$(…)` or is a whole name is not an extension.
fn split_extension(template: &str) -> (&str, &str) {
    let name_start = template.rfind(['/', ')']).map_or(0, |at| at + 1);
    let dot = template.rfind('.').filter(|dot| *dot >= name_start);
    let parts = dot.and_then(|dot| template.split_at_checked(dot));
    // `%Y.%m.%d` ends with a day, not with an extension.
    parts
        .filter(|(_, extension)| extension.chars().skip(1).all(char::is_alphanumeric))
        .unwrap_or((template, ""))
}
