//! No destination writes a JSON object in which a key occurs twice, whatever the record's fields are called: readers
//! disagree about such objects, and some refuse them.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json, json};

use super::testing::{Keys, batches_of, body_of, open};
use super::{Destination, Endpoint};
use crate::config::keys::DestinationKind;

const DESTINATIONS: [(DestinationKind, Keys<'_>); 15] = [
    (DestinationKind::Cloudwatch, &[("log_group", "g")]),
    (DestinationKind::Firehose, &[("delivery_stream", "s")]),
    (DestinationKind::Eventbridge, &[]),
    (DestinationKind::Kinesis, &[("stream", "s")]),
    (DestinationKind::FirehoseHttp, &[("url", "https://example.com/")]),
    (DestinationKind::Http, &[("url", "https://example.com/")]),
    (DestinationKind::Http, &[("url", "https://example.com/"), ("date_key", "log"), ("batch_bytes", "1K")]),
    (DestinationKind::Newrelic, &[("license_key", "k")]),
    (DestinationKind::Datadog, &[("api_key", "k")]),
    (DestinationKind::Datadog, &[("api_key", "k"), ("hostname", "h"), ("log_key", "message")]),
    (DestinationKind::Otlp, &[("endpoint", "http://localhost:4318"), ("encoding", "json")]),
    (DestinationKind::S3, &[("bucket", "logs"), ("upload_timeout", "0"), ("compress", "gzip")]),
    (DestinationKind::S3, &[("bucket", "logs"), ("spool_dir", "/tmp/ecs_router")]),
    (DestinationKind::File, &[("path", "/tmp/x")]),
    (DestinationKind::Stdout, &[("date_key", "source")]),
];

/// Each case goes through every destination.
const CASES: u32 = 96;

/// Every name that a destination writes beside a record's fields, and some that it gives them.
const NAMES: [&str; 48] = [
    "log",
    "message",
    "source",
    "date",
    "record_date",
    "record_record_date",
    "record_log",
    "record_source",
    "time",
    "timestamp",
    "record_timestamp",
    "record_message",
    "service",
    "record_service",
    "hostname",
    "ddsource",
    "ddtags",
    "status",
    "record_status",
    "logtype",
    "route_class",
    "record_route_class",
    "plugin.type",
    "plugin.version",
    "other_attributes",
    "record_other_attributes",
    "accountId",
    "eventType",
    "entity.guid",
    "entity.name",
    "entity.type",
    "attributes",
    "log.iostream",
    "service.name",
    "container.id",
    "container.name",
    "container_id",
    "container_name",
    "ecs_cluster",
    "ecs_task_arn",
    "ecs_task_definition",
    "trace_id",
    "span_id",
    "trace_flags",
    "summary",
    "event",
    "key",
    "value",
];

/// JSON that is refused when a key occurs twice in it, also inside of its texts.
#[derive(Debug)]
struct Strict(Json);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON without a key that stands twice")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(flag.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        if text.starts_with('{') && serde_json::from_str::<Json>(text).is_ok() {
            serde_json::from_str::<Strict>(text).map_err(|error| E::custom(format!("{error} in {text}")))?;
        }
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut read = Vec::new();
        // OTLP's maps are lists of objects with a key and a value.
        let mut keys = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            if let Some(key) = attribute_key(&item) {
                if keys.iter().any(|known| known == key) {
                    return Err(A::Error::custom(format!("attribute '{key}' stands twice")));
                }
                keys.push(key.to_owned());
            }
            read.push(item);
        }
        Ok(read.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Json, A::Error> {
        let mut read = Map::new();
        while let Some((key, Strict(value))) = pairs.next_entry::<String, Strict>()? {
            if read.contains_key(&key) {
                return Err(A::Error::custom(format!("key '{key}' stands twice")));
            }
            read.insert(key, value);
        }
        Ok(read.into())
    }
}

/// The key of one of OTLP's attributes; records may have fields of these names, but have others too.
fn attribute_key(item: &Json) -> Option<&str> {
    let pair = item.as_object().filter(|pair| pair.len() == 2)?;
    pair.get("value").filter(|value| value.is_object())?;
    pair.get("key")?.as_str()
}

#[test]
fn the_reader_refuses_what_it_should() {
    for refused in [
        r#"{"a":1,"a":1}"#,
        r#"[{"b":{"a":1,"a":1}}]"#,
        r#"{"message":"{\"a\":1,\"a\":2}"}"#,
        r#"[{"key":"a","value":{}},{"key":"a","value":{}}]"#,
    ] {
        assert!(serde_json::from_str::<Strict>(refused).is_err(), "{refused}");
    }
    assert!(serde_json::from_str::<Strict>(r#"{"a":{"a":1},"b":[{"a":1},{"a":1}]}"#).is_ok());
}

/// What is written of a chunk, as JSON texts.
fn written(destination: &Destination, chunk: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    for batch in batches_of(destination, chunk).0 {
        let bytes = match destination.request(&batch).endpoint {
            Endpoint::Http(request) | Endpoint::Uncompressed { request, .. } => body_of(&request),
            Endpoint::File { lines, .. } | Endpoint::Stdout(lines) | Endpoint::Spool { lines, .. } => {
                lines.to_bytes().to_vec()
            }
        };
        texts.extend(String::from_utf8(bytes).unwrap().lines().map(str::to_owned));
    }
    let inner: Vec<String> = texts.iter().flat_map(|text| firehose_records(text)).collect();
    texts.extend(inner);
    texts
}

/// The records inside a request in Firehose's format.
fn firehose_records(text: &str) -> Vec<String> {
    let body: Json = serde_json::from_str(text).unwrap();
    let records = body.get("Records").or(body.get("records")).and_then(Json::as_array).cloned();
    let data = |record: Json| {
        let data = record.get("Data").or(record.get("data"))?.as_str().map(str::to_owned)?;
        Some(String::from_utf8(BASE64_STANDARD.decode(data).unwrap()).unwrap())
    };
    records.unwrap_or_default().into_iter().filter_map(data).collect()
}

/// A map of these pairs as msgpack; what begins with `{` is a map in it.
fn packed(pairs: &[(String, Json)]) -> Vec<u8> {
    let mut out = Vec::new();
    rmp::encode::write_map_len(&mut out, u32::try_from(pairs.len()).unwrap()).unwrap();
    for (name, value) in pairs {
        rmp::encode::write_str(&mut out, name).unwrap();
        match value.as_array() {
            // Stands for a map with its keys as they are, also twice.
            Some(names) => {
                let inner: Vec<_> =
                    names.iter().map(|name| (name.as_str().unwrap().to_owned(), json!(1))).collect();
                out.extend(packed(&inner));
            }
            None => out.extend(rmp_serde::to_vec(value).unwrap()),
        }
    }
    out
}

fn any_pairs() -> impl Strategy<Value = Vec<(String, Json)>> {
    let name = prop_oneof![
        8 => proptest::sample::select(&NAMES[..]).prop_map(str::to_owned),
        1 => "[ab]",
        1 => proptest::sample::select(&["x", "y"][..]).prop_map(|end| format!("{}{end}", "n".repeat(300))),
    ];
    let value = prop_oneof![
        2 => Just(json!("stdout")),
        1 => Just(json!("stderr")),
        1 => Just(json!("x".repeat(700))),
        1 => Just(json!(7)),
        1 => proptest::collection::vec(proptest::sample::select(&["a", "b", "message"][..]), 0..5).prop_map(|names| json!(names)),
    ];
    let few = proptest::collection::vec((name.clone(), value.clone()), 0..24);
    let many =
        (0usize..40, proptest::collection::vec((name, value), 0..24)).prop_map(|(extra, mut pairs)| {
            pairs.extend((0..230 + extra).map(|number| (format!("f{}", number % 250), json!(number))));
            pairs
        });
    prop_oneof![9 => few, 1 => many]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]
    #[test]
    fn no_key_stands_twice_in_what_is_sent(records in proptest::collection::vec(any_pairs(), 1..5)) {
        let chunk: Vec<u8> = records.iter().flat_map(|pairs| [vec![0x92, 0xce, 0x6a, 0, 0, 0], packed(pairs)].concat()).collect();
        for (kind, keys) in DESTINATIONS {
            for text in written(&open(kind, keys), &chunk) {
                if let Err(error) = serde_json::from_str::<Strict>(&text) {
                    prop_assert!(false, "{:?}: {} in {}", kind, error, text);
                }
            }
        }
    }
}

#[test]
fn a_stop_event_with_fields_of_these_names_has_no_key_twice_either() {
    let mut event = super::testing::stopped();
    for name in NAMES.into_iter().filter(|name| !["source", "container_id", "container_name"].contains(name))
    {
        event[name] = json!("own");
    }
    let chunk = super::testing::chunk(&[event]);
    for (kind, keys) in DESTINATIONS {
        for stop_format in ["enriched", "raw"] {
            let keys = [keys, &[("stop_format", stop_format)]].concat();
            for text in written(&open(kind, &keys), &chunk) {
                assert!(serde_json::from_str::<Strict>(&text).is_ok(), "{kind:?} {text}");
            }
        }
    }
}

/// Nothing is lost where a record has a field of the name that the destination gives its time.
#[test]
fn a_records_own_date_stands_beside_its_time() {
    let chunk = super::testing::chunk(&[json!({"date": "yesterday", "log": "x"})]);
    let lines = written(&open(DestinationKind::Stdout, &[]), &chunk);
    assert_eq!(lines, [r#"{"date":"2026-11-18T11:06:40Z","record_date":"yesterday","log":"x"}"#]);
    let lines = written(&open(DestinationKind::Stdout, &[("date_key", "off")]), &chunk);
    assert_eq!(lines, [r#"{"date":"yesterday","log":"x"}"#]);
}
