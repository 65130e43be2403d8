//! The rules of a CloudFormation template, as it is deployed with the defaults of its parameters.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value, json};

/// The patterns of all `AWS::Events::Rule`s.
pub(super) fn event_patterns(text: &str) -> Vec<Value> {
    let template = document(text);
    let resources = template["Resources"].as_object().expect("resources").values();
    let rules = resources.filter(|resource| resource["Type"] == "AWS::Events::Rule");
    rules.map(|rule| rule["Properties"]["EventPattern"].clone()).collect()
}

fn document(text: &str) -> Value {
    let mut events = Parser::new_from_str(text).map(|event| event.expect("YAML").0);
    let root = events.find_map(|event| match event {
        Event::MappingStart(..) => Some(()),
        _ => None,
    });
    root.expect("a template");
    map(&mut events)
}

fn map<'t>(events: &mut impl Iterator<Item = Event<'t>>) -> Value {
    let mut found = Map::new();
    loop {
        match events.next().expect("the end of a map") {
            Event::MappingEnd => return Value::Object(found),
            Event::Scalar(key, ..) => {
                let next = events.next().expect("a value");
                let value = value(next, events);
                // `!Ref AWS::NoValue` takes the key away.
                if !value.is_null() {
                    found.insert(key.into_owned(), value);
                }
            }
            other => panic!("teach this test the key {other:?}"),
        }
    }
}

fn list<'t>(events: &mut impl Iterator<Item = Event<'t>>) -> Vec<Value> {
    let mut found = Vec::new();
    loop {
        match events.next().expect("the end of a list") {
            Event::SequenceEnd => return found,
            event => found.push(value(event, events)),
        }
    }
}

fn value<'t>(event: Event<'t>, events: &mut impl Iterator<Item = Event<'t>>) -> Value {
    match event {
        Event::MappingStart(..) => map(events),
        Event::SequenceStart(_, tag) => {
            let mut items = list(events);
            // Conditions of the templates ask whether a parameter was given.
            if tag.is_some_and(|tag| tag.suffix == "If") { items.remove(2) } else { Value::Array(items) }
        }
        Event::Scalar(text, ScalarStyle::Plain, ..) if text == "false" || text == "true" => {
            json!(text == "true")
        }
        Event::Scalar(text, ..) if text == "AWS::NoValue" => Value::Null,
        Event::Scalar(text, ..) => json!(text),
        other => panic!("teach this test {other:?}"),
    }
}
