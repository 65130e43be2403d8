//! How long a service asks clients to wait before the next request.

use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;

use super::Reply;

/// Longer than any flush, so a longer pause makes no difference; and short enough to be added to any time.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3_600);

impl Reply {
    /// The pause that `Retry-After` asks for, given as seconds or an HTTP date (RFC 9110 §10.2.3), at most a day.
    #[must_use]
    pub fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        let text = self.header(&RETRY_AFTER)?.trim();
        let pause = match text.parse() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => {
                let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
                SystemTime::from(at).duration_since(now).ok()?
            }
        };
        Some(pause.min(MAX_RETRY_AFTER))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let retry_after = |text: &str| {
            let mut reply = Reply::default();
            reply.headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
            reply.retry_after(now)
        };
        assert_eq!(retry_after("120"), Some(Duration::from_secs(120)));
        assert_eq!(retry_after(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:50:37 GMT"), Some(Duration::from_secs(60)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        for long in ["18446744073709551615", "Fri, 01 Jan 9999 00:00:00 GMT"] {
            assert_eq!(retry_after(long), Some(MAX_RETRY_AFTER), "{long}");
        }
        for invalid in ["Sun, 06 Nov 1994 08:48:37 GMT", "soon", "-1", "1.5", ""] {
            assert_eq!(retry_after(invalid), None, "{invalid}");
        }
        assert_eq!(Reply::default().retry_after(now), None);
    }
}
