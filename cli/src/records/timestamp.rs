//! The time of a record: its own if it has one, else now.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// Fields with a record's time, as EventBridge, this plugin and Fluent Bit name them.
const TIME_FIELDS: [&str; 4] = ["time", "date", "timestamp", "@timestamp"];

/// Larger whole numbers are milliseconds.
const MAX_SECONDS: u64 = 100_000_000_000;

/// The time of a record, since 1970.
pub(crate) fn of_record(record: &Value) -> Duration {
    let own = TIME_FIELDS.iter().find_map(|field| parse(record.get(field)?));
    own.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// Parses RFC 3339, seconds, or milliseconds. `None` for times that Fluent Bit's EventTime cannot hold.
fn parse(value: &Value) -> Option<Duration> {
    let time = match value {
        Value::String(text) => {
            let time: jiff::Timestamp = text.parse().ok()?;
            Duration::try_from(time.duration_since(jiff::Timestamp::UNIX_EPOCH)).ok()?
        }
        Value::Number(number) => match number.as_u64() {
            Some(millis) if millis > MAX_SECONDS => Duration::from_millis(millis),
            _ => Duration::try_from_secs_f64(number.as_f64()?).ok()?,
        },
        _ => return None,
    };
    u32::try_from(time.as_secs()).is_ok().then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_keeps_its_own_time() {
        for (record, millis) in [
            (json!({"time": "2026-11-19T21:13:34Z"}), 1_795_122_814_000),
            (json!({"date": "2026-11-19T21:13:34.5Z", "time": "soon"}), 1_795_122_814_500),
            (json!({"date": 1_795_122_814.25}), 1_795_122_814_250),
            (json!({"timestamp": 1_795_122_814_007_u64}), 1_795_122_814_007),
        ] {
            assert_eq!(of_record(&record).as_millis(), millis, "{record}");
        }
    }

    #[test]
    fn otherwise_it_is_new() {
        for record in
            [json!({}), json!({"time": -1}), json!({"time": 1e30}), json!({"time": "9999-01-01T00:00:00Z"})]
        {
            assert!(of_record(&record).as_secs() > 1_795_000_000 - 86_400 * 365 * 3, "{record}");
        }
    }
}
