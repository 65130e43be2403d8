//! Events → reports. For any event, the report can be serialized, its summary is one readable line, and no value of an
//! environment variable is left in it.

#![no_main]

use ecs_router::stop::{self, StopEvent};
use ecs_router_fuzz::assert_one_line;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Ok(event) = serde_json::from_slice::<Value>(data) else { return };
    let Some(stop) = stop::read(event.clone()) else { return };
    check_text(&stop);
    check_formats(&stop);
    let masked = Value::clone(&stop.event);
    assert_masked(&masked);
    assert_eq!(stop::read(event).as_ref(), Some(&stop));
    assert_eq!(stop::read(masked).as_ref(), Some(&stop), "masking changed the verdict");
});

/// Names have at most 60 characters and quotations 120, however long they are in the event.
fn check_text(stop: &StopEvent) {
    assert_one_line(&stop.summary);
    assert_one_line(&stop.hint);
    assert!(stop.summary.chars().count() < 600, "{}", stop.summary);
    assert!(stop.signal.is_none() || stop.exit_code.is_some());
}

/// A report is the same object as JSON and as msgpack.
fn check_formats(stop: &StopEvent) {
    let json = serde_json::to_vec(stop).unwrap();
    let report: Value = serde_json::from_slice(&json).unwrap();
    assert!(report.is_object());
    let packed = rmp_serde::to_vec_named(stop).unwrap();
    assert_eq!(rmp_serde::from_slice::<Value>(&packed).unwrap(), report);
}

fn assert_masked(value: &Value) {
    match value {
        Value::Array(items) => items.iter().for_each(assert_masked),
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.eq_ignore_ascii_case("environment") {
                    true => assert_redacted(value),
                    false => assert_masked(value),
                }
            }
        }
        _ => {}
    }
}

/// The names of variables are left, and no values.
fn assert_redacted(environment: &Value) {
    let hidden = |value: &Value| value == "[redacted]";
    let variable = |variable: &Value| match variable {
        Value::Object(fields) => fields.iter().all(|(key, value)| key == "name" || hidden(value)),
        other => hidden(other),
    };
    assert!(match environment {
        Value::Null => true,
        Value::Array(variables) => variables.iter().all(variable),
        Value::Object(variables) => variables.values().all(hidden),
        other => hidden(other),
    });
}
