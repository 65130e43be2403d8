//! strftime in a name.

use std::cell::RefCell;

use jiff::fmt::strtime;

/// strftime over the record's time in UTC; rendered again only when the second changes.
#[derive(Debug)]
pub(super) struct Clock {
    format: String,
    last: RefCell<(i64, String)>,
}

impl Clock {
    pub(super) fn new(format: &str) -> Result<Self, String> {
        let clock = Self { format: format.to_owned(), last: RefCell::new((0, String::new())) };
        let text = clock.format(0).map_err(|error| format!("'{format}' is not a time format: {error}"))?;
        clock.last.replace((0, text));
        Ok(clock)
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
        let time = jiff::Timestamp::from_second(seconds)?.to_zoned(jiff::tz::TimeZone::UTC);
        strtime::format(&self.format, &time)
    }
}
