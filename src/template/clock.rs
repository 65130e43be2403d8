//! strftime in a name.

use std::cell::RefCell;

use jiff::fmt::strtime;
use jiff::tz::TimeZone;

/// strftime over the record's time; rendered again only when the second changes.
#[derive(Debug)]
pub(super) struct Clock {
    format: String,
    zone: TimeZone,
    last: RefCell<(i64, String)>,
}

impl Clock {
    pub(super) fn new(format: &str) -> Result<Self, String> {
        let clock = Self { format: format.to_owned(), zone: TimeZone::UTC, last: RefCell::default() };
        match clock.format(0) {
            Ok(_) => Ok(clock.in_zone(TimeZone::UTC)),
            Err(error) => Err(format!("'{format}' is not a time format: {error}")),
        }
    }

    /// The same in another time zone.
    pub(super) fn in_zone(&self, zone: TimeZone) -> Self {
        let clock = Self { format: self.format.clone(), zone, last: RefCell::default() };
        clock.last.replace((0, clock.format(0).unwrap_or_default()));
        clock
    }

    pub(super) fn render(&self, seconds: i64, out: &mut Vec<u8>) {
        let mut last = self.last.borrow_mut();
        if last.0 != seconds
            && let Ok(text) = self.format(seconds)
        {
            *last = (seconds, text);
        }
        out.extend_from_slice(last.1.as_bytes());
    }

    fn format(&self, seconds: i64) -> Result<String, jiff::Error> {
        let time = jiff::Timestamp::from_second(seconds)?.to_zoned(self.zone.clone());
        strtime::format(&self.format, &time)
    }
}
