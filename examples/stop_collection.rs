//! How often the category and the cause of a collection of labelled events are right:
//! `STOP_COLLECTION=events.jsonl cargo run --example stop_collection`.
//!
//! Each line is `{"id": …, "expected_category": "image_pull|secret", "expected_cause": "permission|-", "event": …}`: what is
//! right, alternatives with `|`, `-` for none; an event that is to stay silent has the category `-`. Prints every miss with
//! the report's words, then the hits. With an argument, prints the reports whose id begins with it as well.

use std::process::ExitCode;

use ecs_router::stop;
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What the plugin makes of an event, beside what is expected.
struct Reading {
    id: String,
    expected: [String; 2],
    /// The report; `null` for an event that stays silent.
    report: Value,
}

impl Reading {
    fn of(line: &str) -> Result<Self> {
        let labelled: Value = serde_json::from_str(line)?;
        let text = |key: &str| labelled.get(key).and_then(Value::as_str).unwrap_or("-").to_owned();
        let event = labelled.get("event").ok_or("a line has no event")?.clone();
        Ok(Self {
            id: labelled.get("id").map(|id| id.to_string().replace('"', "")).unwrap_or_default(),
            expected: [text("expected_category"), text("expected_cause")],
            report: serde_json::to_value(stop::read(event))?,
        })
    }

    fn word(&self, key: &str) -> &str {
        self.report.get(key).and_then(Value::as_str).unwrap_or("-")
    }

    fn is_right(&self, key: &str, expected: &str) -> bool {
        expected.split('|').any(|word| word == self.word(key))
    }

    /// Whether category and cause are right.
    fn hits(&self) -> [bool; 2] {
        let [category, cause] = &self.expected;
        [self.is_right("category", category), self.is_right("cause", cause)]
    }

    fn print(&self) {
        let shown = json!({"id": self.id, "expected": self.expected, "category": self.word("category"),
            "cause": self.word("cause"), "summary": self.word("summary"), "hint": self.word("hint")});
        println!("{shown:#}");
    }
}

fn main() -> Result<ExitCode> {
    let path = std::env::var("STOP_COLLECTION").map_err(|_| "name the collection in STOP_COLLECTION")?;
    let wanted = std::env::args().nth(1);
    let text = std::fs::read_to_string(path)?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let readings = lines.map(Reading::of).collect::<Result<Vec<_>>>()?;
    for reading in &readings {
        let is_wanted = wanted.as_ref().is_some_and(|start| reading.id.starts_with(start));
        if is_wanted || reading.hits() != [true, true] {
            reading.print();
        }
    }
    let count = |nth: usize| readings.iter().filter(|one| one.hits().get(nth) == Some(&true)).count();
    println!("{} events: category right in {}, cause in {}", readings.len(), count(0), count(1));
    Ok(ExitCode::from(u8::from(count(0).min(count(1)) < readings.len())))
}
