//! Parses ISO 8601 times, and says how long something ran. Reads no clock and formats nothing.
//!
//! ECS writes UTC with milliseconds; its API's command line writes an offset, and both turn up in events that
//! somebody has rebuilt.

/// 2014-11-13, when ECS was announced, and the year 2100, in milliseconds since 1970: no stop is older or newer.
const PLAUSIBLE: std::ops::Range<i64> = 1_415_836_800_000..4_102_444_800_000;

/// Whole seconds from one time to another; `None` if either is not a time of a stop, or the order is reversed.
pub(super) fn seconds_between(from: &str, to: &str) -> Option<u64> {
    u64::try_from(stop_millis(to)? - stop_millis(from)?).ok().map(|millis| millis / 1000)
}

/// Milliseconds since 1970 of a time at which something of ECS can have stopped.
pub(super) fn stop_millis(text: &str) -> Option<i64> {
    millis(text).filter(|millis| PLAUSIBLE.contains(millis))
}

/// Milliseconds since 1970.
pub(super) fn millis(text: &str) -> Option<i64> {
    let (date, clock) = text.trim().split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let (clock, offset) = zone(clock)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [hours, minutes, seconds] = numbers(clock, ':')?;
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day);
    // A leap second has the number 60.
    if !is_date || hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let since_midnight = hours * 3600 + minutes * 60 + seconds - offset;
    Some((days(year, month, day) * 86_400 + since_midnight) * 1000 + thousandths(fraction)?)
}

/// Three numbers of at most four digits: small enough that no sum of theirs overflows.
fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut parts = text.split(separator).map(|part| match part.len() {
        1..=4 if part.bytes().all(|byte| byte.is_ascii_digit()) => part.parse::<u16>().ok().map(i64::from),
        _ => None,
    });
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

/// The clock without its zone, and the zone in seconds.
fn zone(clock: &str) -> Option<(&str, i64)> {
    if let Some(utc) = clock.strip_suffix(['Z', 'z']) {
        return Some((utc, 0));
    }
    let sign = if clock.contains('-') { -1 } else { 1 };
    let (clock, offset) = clock.split_once(['+', '-'])?;
    let (hours, minutes) = offset.split_once(':')?;
    let minutes = i64::from(hours.parse::<u8>().ok()?) * 60 + i64::from(minutes.parse::<u8>().ok()?);
    Some((clock, sign * minutes * 60))
}

fn thousandths(fraction: &str) -> Option<i64> {
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    digits.parse::<u16>().ok().map(i64::from)
}

/// Days since 1970-01-01 in the Gregorian calendar; years begin in March, so that the leap day comes last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    year * 365 + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (month * 153 + 2) / 5
        + day
        - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants() {
        assert_eq!(millis("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(millis("2000-02-29T12:00:00.5Z"), Some(951_825_600_500));
        assert_eq!(millis("2026-11-19T21:13:34.795Z"), Some(1_795_122_814_795));
        assert_eq!(millis("2026-11-20T06:13:34.795+09:00"), Some(1_795_122_814_795));
        assert_eq!(millis("2026-11-19T16:13:34.795123-05:00"), Some(1_795_122_814_795));
    }

    #[test]
    fn spans_across_midnight_and_zones() {
        assert_eq!(seconds_between("2026-11-19T23:59:59.900Z", "2026-11-20T00:00:01.100Z"), Some(1));
        assert_eq!(seconds_between("2026-11-19T20:38:27.975Z", "2026-11-19T21:14:02Z"), Some(2134));
        assert_eq!(seconds_between("2026-11-19T10:00:00Z", "2026-11-19T09:00:00Z"), None);
    }

    #[test]
    fn what_no_task_can_have_run() {
        let now = "2026-11-19T21:14:02Z";
        for absurd in ["0000-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
            assert_eq!(stop_millis(absurd), None, "{absurd}");
            assert_eq!(seconds_between(absurd, now).or(seconds_between(now, absurd)), None, "{absurd}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "T",
            "yesterday",
            "2026-11-19",
            "2026-11-19T21:13Z",
            "2026-11-19T21:13:34",
            "9T9T9Z",
            "2026-13-19T21:13:34Z",
            "2026-00-19T21:13:34Z",
            "2026-11-32T21:13:34Z",
            "2026-11-19T24:13:34Z",
            "2026-11-19T21:60:34Z",
            "2026-11-19T21:13:61Z",
            "2026-11-19T21:13:+4Z",
            "NaN-11-19T21:13:34Z",
            "🦀T🦀:🦀:🦀Z",
        ] {
            assert_eq!(millis(text), None, "{text}");
        }
        assert!(millis("65535-01-01T00:00:00Z").is_none());
    }
}
