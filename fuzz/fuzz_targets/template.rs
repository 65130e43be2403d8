//! Templates → names. For any record, the name is valid for its kind and depends on nothing but the record.
//!
//! The input: a byte for the kind, the template up to the end of the line, the tag up to the end of the next, and
//! records as msgpack or, when they begin with a brace, as lines of JSON.

#![no_main]

use ecs_router::classify::classes::{Class, Classifier, Entry};
use ecs_router::encode::template::{NameKind, RenderContext, Template};
use ecs_router::input::decode;
use ecs_router::input::record::{Record, Timestamp};
use ecs_router::task_metadata::TaskMetadata;
use ecs_router_fuzz::{assert_log_group, assert_log_stream, assert_object_key, chunk, line};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const KINDS: [NameKind; 6] = [
    NameKind::LogGroup,
    NameKind::LogStream,
    NameKind::FilePath,
    NameKind::Label,
    NameKind::Text,
    NameKind::ObjectKey,
];

const TASK: &[u8] = br#"{"Cluster":"arn:aws:ecs:eu-west-1:111122223333:cluster/prod","TaskARN":
    "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123abcd","Family":"web","Revision":"42","Containers":[
    {"DockerId":"c0ffee","Name":"app","Image":"shop/web:1.7"}]}"#;

thread_local!(static OWN_TASK: TaskMetadata = TaskMetadata::parse(TASK).unwrap());

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else { return };
    let (text, rest) = line(rest);
    let (tag, records) = line(rest);
    let Ok(text) = std::str::from_utf8(text) else { return };
    let names = KINDS[usize::from(*kind) % KINDS.len()];
    let Ok(template) = Template::parse(text, names) else { return };
    OWN_TASK.with(|task| {
        let task = (kind & 0x80 != 0).then_some(task);
        let case = Case {
            text,
            names,
            template,
            context: RenderContext { tag, uuid: "U", chunk: "C", task, overflow: None },
        };
        case.check_all(records);
    });
});

struct Case<'c> {
    text: &'c str,
    names: NameKind,
    template: Template,
    context: RenderContext<'c>,
}

impl Case<'_> {
    fn check_all(&self, records: &[u8]) {
        let lines = || records.split(|byte| *byte == b'\n').map(serde_json::from_slice::<Value>);
        let packed = match records.first() {
            Some(b'{') => chunk(&lines().map_while(Result::ok).collect::<Vec<_>>()),
            _ => records.to_vec(),
        };
        let tally = decode::records(&packed, |record| self.check(record));
        if tally.records == 0 {
            self.check(&Record::new(Timestamp::default(), &[], &[0x80]));
        }
    }

    fn check(&self, record: &Record<'_, '_>) {
        let (class, stop) = Classifier::default().class_of(record);
        let entry = Entry::new(record, class, class.name(), stop.as_ref());
        self.check_entry(&entry);
        self.check_entry(&Entry { stop: None, class: Class::Other, class_name: "../own:*\"", ..entry });
    }

    fn check_entry(&self, entry: &Entry<'_, '_, '_>) {
        let name = self.render(&self.template, entry);
        let fresh = Template::parse(self.text, self.names).unwrap();
        assert_eq!(name, self.render(&fresh, entry), "the name depends on an earlier record");
        self.check_name(&name);
    }

    /// Appends the name to other bytes, as a request body does, and returns it alone.
    fn render(&self, template: &Template, entry: &Entry<'_, '_, '_>) -> Vec<u8> {
        let mut out = b"before".to_vec();
        if let Some(missing) = template.render(entry, &self.context, &mut out) {
            assert!(self.text.contains(missing));
        }
        assert!(out.starts_with(b"before"));
        out.split_off(6)
    }

    fn check_name(&self, name: &[u8]) {
        let shown = String::from_utf8_lossy(name);
        match self.names {
            NameKind::LogGroup => assert_log_group(name),
            NameKind::LogStream => assert_log_stream(name),
            NameKind::ObjectKey => assert_object_key(name),
            NameKind::FilePath => self.check_path(name),
            NameKind::Label => {
                let text = std::str::from_utf8(name).unwrap();
                assert_eq!(serde_json::from_str::<String>(&format!("\"{text}\"")).unwrap(), text);
            }
            NameKind::Text => {
                assert!((1..=512).contains(&name.len()), "{shown:?}");
                assert!(!name.iter().any(u8::is_ascii_control), "{shown:?}");
            }
        }
    }

    /// The path is one that the system can open, below the folder that the template names.
    fn check_path(&self, name: &[u8]) {
        let shown = String::from_utf8_lossy(name);
        let mut segments = name.split(|byte| *byte == b'/');
        assert!(!name.contains(&0) && (1..4_096).contains(&name.len()), "{shown:?}");
        assert!(!name.ends_with(b"/"), "a folder: {shown:?}");
        assert!(segments.all(|segment| segment.len() <= 255), "{shown:?}");
        if !self.text.contains("..") {
            assert!(name.split(|byte| *byte == b'/').all(|segment| segment != b".."), "climbs: {shown:?}");
        }
    }
}
