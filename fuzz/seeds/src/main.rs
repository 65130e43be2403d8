//! Seeds: the fixtures of the tests and the keys of docs/keys.md, in the input format of each target.
//!
//! `seeds <folder>` writes `<folder>/<target>/…` and, for targets whose words no mutation would guess,
//! `<folder>/<target>.dict`. Inputs that once found a bug are kept in `regressions/<target>`; `run` adds them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

mod keys;
mod replies;

/// Longer inputs slow a fuzzer down more than they help.
const MAX_SEED_BYTES: usize = 8_192;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("usage: seeds <folder>"));
    let events = fixtures("events");
    let records: Vec<Vec<Value>> = fixtures("records").iter().map(records_of).collect();
    let mut out = Out { folder, count: 0 };
    for event in &events {
        out.seed("stop", event.to_string().into_bytes());
        for tag in ["web-firelens-7378aadeebae5d55dee04916c8a42528", "ecs.events"] {
            out.seed("provenance", tagged(tag, event));
        }
        envelopes(event).into_iter().for_each(|seed| out.seed("envelope", seed));
        out.seed("decode", chunk(std::slice::from_ref(event)));
        out.seed("json", pack(event));
        out.seed("deflate", deflate_steps(&event.to_string()));
        out.seed("template", template(1, "$(ecs_service)/$(container_name)/$(image_tag)", &[event.clone()]));
    }
    for records in &records {
        out.seed("decode", chunk(records));
        out.seed("decode", nested_chunk(records));
        out.seed("json", records.iter().flat_map(pack).collect());
        for (kind, text) in TEMPLATES {
            out.seed("template", template(*kind, text, records));
        }
    }
    SCALARS.iter().for_each(|seed| out.seed("json", seed.to_vec()));
    let (configurations, words) = keys::from_tables();
    configurations.into_iter().for_each(|seed| out.seed("config", seed.into_bytes()));
    replies::all().into_iter().for_each(|seed| out.seed("reply", seed));
    out.dictionary("config", &words);
    let words = words_of(&events);
    out.dictionary("stop", &words);
    out.dictionary("envelope", &words);
    println!("{} seeds", out.count);
}

/// Pieces of the text as the target's steps, each said again a few times: within a chunk, and from before the window.
fn deflate_steps(text: &str) -> Vec<u8> {
    let mut steps = Vec::new();
    for (index, piece) in text.as_bytes().chunks(120).take(6).enumerate() {
        steps.extend([u8::try_from(piece.len() * 2).unwrap_or(u8::MAX - 1), 0, 0]);
        steps.extend_from_slice(piece);
        let back = u16::try_from(piece.len() * (index + 1)).unwrap_or(u16::MAX);
        for length in [15, 181] {
            steps.push(length);
            steps.extend(back.to_le_bytes());
        }
    }
    steps
}

/// Kind and text of templates, as the target reads them.
const TEMPLATES: &[(u8, &str)] = &[
    (0, "/ecs/$(ecs_cluster)/$(class)"),
    (1, "$(container_name)/$(ecs_task_id)/%Y-%m-%d"),
    (0x82, "/var/log/$(tag[1])/$(container_name:-none).log"),
    (3, "env:$(env:-prod),task:$(ecs_task_family)"),
    (0x84, "$(ecs_cluster) $(ecs_task_revision) $(image_tag)"),
    (5, "logs/%Y/%m/%d/$(log)/$(uuid).json.gz"),
];

/// msgpack values that are in no JSON fixture.
const SCALARS: &[&[u8]] = &[
    &[0xc4, 3, 1, 2, 3, 0xc5, 0, 1, 9, 0xc6, 0, 0, 0, 1, 9],
    &[
        0xd4, 5, 1, 0xd5, 5, 1, 2, 0xd6, 5, 1, 2, 3, 4, 0xc7, 1, 5, 9, 0xc8, 0, 1, 5, 9, 0xc9, 0, 0, 0, 1, 5,
        9,
    ],
    &[0xca, 0x7f, 0xc0, 0, 0, 0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0],
    &[0xd9, 5, b'a', 0xff, b'"', b'\\', 1, 0xda, 0, 2, 0xc3, 0xa9, 0xdb, 0, 0, 0, 1, b'x'],
    &[0xdc, 0, 1, 0xc0, 0xdd, 0, 0, 0, 1, 0xc3, 0xde, 0, 1, 1, 2, 0xdf, 0, 0, 0, 1, 0x90, 0x80],
];

fn fixtures(kind: &str) -> Vec<Value> {
    let folder = format!("{}/../../tests/fixtures/{kind}", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| serde_json::from_slice(&fs::read(file).unwrap()).unwrap()).collect()
}

fn records_of(fixture: &Value) -> Vec<Value> {
    fixture["records"].as_array().unwrap().iter().map(|record| record["record"].clone()).collect()
}

fn pack(value: &Value) -> Vec<u8> {
    rmp_serde::to_vec(value).unwrap()
}

/// `[time, record]`, the format of Fluent Bit up to 2.0.
fn chunk(records: &[Value]) -> Vec<u8> {
    let entry = |record: &Value| rmp_serde::to_vec(&(1_795_000_000_u64, record)).unwrap();
    records.iter().flat_map(entry).collect()
}

/// `[[time, metadata], record]` with the time as an extension, the format of Fluent Bit since 2.1.
fn nested_chunk(records: &[Value]) -> Vec<u8> {
    let head = [0x92, 0x92, 0xd7, 0, 0x6a, 0xfd, 0x72, 0xc0, 0, 0, 0, 1, 0x80];
    records.iter().flat_map(|record| [head.as_slice(), &pack(record)].concat()).collect()
}

fn template(kind: u8, text: &str, records: &[Value]) -> Vec<u8> {
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    [&[kind], format!("{text}\napp.web.1\n{}", lines.join("\n")).as_bytes()].concat()
}

/// An event in every envelope without compression.
/// A tag, and the fields of a record, some of them twice.
fn tagged(tag: &str, record: &Value) -> Vec<u8> {
    let own = record.as_object().expect("a record");
    let lines = own.iter().map(|(name, value)| format!("{name} {value}\n"));
    let marks = "source stdout\nsource stderr\ncontainer_id c0ffee\ncontainer_name web\n";
    format!("{tag}\n{}{marks}", lines.collect::<String>()).into_bytes()
}

fn envelopes(event: &Value) -> Vec<Vec<u8>> {
    let text = event.to_string();
    let records = [
        json!({"Type": "Notification", "Message": text}),
        json!({"Records": [{"body": text, "messageId": "1"}, {"Sns": {"Message": text}}]}),
        json!({"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": text}]}),
        json!({"Message": event, "beside": 1}),
    ];
    let record = |record: &Value| [&[1], record.to_string().as_bytes()].concat();
    let field = |shape: u8, text: &str| [&[shape], text.as_bytes()].concat();
    let mut seeds: Vec<_> = records.iter().map(record).collect();
    seeds.push(field(4, &text));
    seeds.push(field(6, &format!("noise\n{text}\nnoise {text}")));
    seeds.push([&[0], pack(&records[0]).as_slice()].concat());
    seeds.push(field(5, r#"{"status":"die","id":"c0ffee","Type":"container","Action":"die","Actor":{"ID":"c0ffee",
        "Attributes":{"exitCode":"137","image":"shop/web:1.7","name":"web"}},"time":1795000000,"timeNano":1}"#));
    seeds.push(field(
        4,
        "level=info time=2026-11-20T10:00:00Z msg=\"Sending state change to ECS\" eventType=\"TaskStateChange\"",
    ));
    seeds
}

/// Names and short words of the events.
fn words_of(events: &[Value]) -> BTreeSet<String> {
    fn gather(value: &Value, words: &mut BTreeSet<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| gather(item, words)),
            Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                words.insert(format!("\"{name}\":"));
                gather(value, words);
            }),
            Value::String(text) if text.len() <= 60 => {
                words.insert(text.clone());
            }
            _ => {}
        }
    }
    let mut words = BTreeSet::new();
    events.iter().for_each(|event| gather(event, &mut words));
    words
}

struct Out {
    folder: PathBuf,
    count: usize,
}

impl Out {
    fn seed(&mut self, target: &str, seed: Vec<u8>) {
        if seed.len() <= MAX_SEED_BYTES {
            self.count += 1;
            self.write(&Path::new(target).join(format!("seed-{:04}", self.count)), &seed);
        }
    }

    /// Writes libFuzzer's format: one quoted word per line.
    fn dictionary(&self, target: &str, words: &BTreeSet<String>) {
        let escape = |byte: u8| match byte {
            b'"' | b'\\' => format!("\\{}", char::from(byte)),
            b' '..=b'~' => char::from(byte).to_string(),
            other => format!("\\x{other:02x}"),
        };
        let line = |word: &String| format!("\"{}\"\n", word.bytes().map(escape).collect::<String>());
        let text: String = words.iter().filter(|word| !word.is_empty()).map(line).collect();
        self.write(Path::new(&format!("{target}.dict")), text.as_bytes());
    }

    fn write(&self, path: &Path, content: &[u8]) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}
