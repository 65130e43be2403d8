//! strftime in a name.

use std::cell::RefCell;

use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::error::TemplateError;
use super::name_kind::NameKind;

/// The user's format, applied to a record's time; rendered again only when the second changes.
#[derive(Debug)]
pub(super) struct TimeFormat {
    format: String,
    zone: TimeZone,
    kind: NameKind,
    /// A second, and what is written for it.
    last: RefCell<(i64, Vec<u8>)>,
}

impl TimeFormat {
    pub(super) fn new(format: &str, kind: NameKind) -> Result<Self, TemplateError> {
        let time = Self { format: format.to_owned(), zone: TimeZone::UTC, kind, last: RefCell::default() };
        match time.format(0) {
            Ok(_) => Ok(time.in_zone(TimeZone::UTC)),
            Err(_) => Err(TemplateError::NotATimeFormat { specifier: unknown_specifier(format) }),
        }
    }

    /// The format in another time zone.
    pub(super) fn in_zone(&self, zone: TimeZone) -> Self {
        let time = Self { format: self.format.clone(), zone, kind: self.kind, last: RefCell::default() };
        let text = time.text(0);
        time.last.replace((0, text));
        time
    }

    pub(super) fn render(&self, seconds: i64, out: &mut Vec<u8>) {
        let mut last = self.last.borrow_mut();
        if last.0 != seconds {
            *last = (seconds, self.text(seconds));
        }
        out.extend_from_slice(&last.1);
    }

    /// What is written for this second; 1970 for a time outside of the calendar.
    fn text(&self, seconds: i64) -> Vec<u8> {
        let text = self.format(seconds).or_else(|_| self.format(0)).unwrap_or_default();
        let mut safe = Vec::with_capacity(text.len());
        self.kind.write_time(&text, &mut safe);
        safe
    }

    fn format(&self, seconds: i64) -> Result<String, jiff::Error> {
        let time = jiff::Timestamp::from_second(seconds)?.to_zoned(self.zone.clone());
        strtime::format(&self.format, &time)
    }
}

/// The first specifier that strftime does not know: `%L` of `%Y/%L`. All of the text when it is none of them alone.
fn unknown_specifier(format: &str) -> String {
    let epoch = jiff::Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
    let is_unknown = |specifier: &&str| strtime::format(specifier, &epoch).is_err();
    specifiers(format).into_iter().find(is_unknown).unwrap_or(format).to_owned()
}

/// Each `%` with its flags, width and letter.
fn specifiers(format: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = format;
    while let Some((_, tail)) = rest.split_at_checked(rest.find('%').unwrap_or(rest.len())) {
        let is_flag = |c: char| c.is_ascii_digit() || "-_0^#:.".contains(c);
        let letter = tail.char_indices().skip(1).find(|(_, c)| !is_flag(*c));
        let end = letter.map_or(tail.len(), |(at, c)| at + c.len_utf8());
        let split = tail.split_at_checked(end).filter(|(specifier, _)| !specifier.is_empty());
        let Some((specifier, behind)) = split else { break };
        found.push(specifier);
        rest = behind;
    }
    found
}
