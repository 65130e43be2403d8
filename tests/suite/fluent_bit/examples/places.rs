//! Where something belongs by an example's routes, and where it came to be.

use std::collections::BTreeSet;

use ecs_router::classify::classes::Class;
use ecs_router::config::DestinationSettings;
use ecs_router::config::keys::DestinationKind;
use fake_cloud::Cloud;
use regex::Regex;

use super::conf::Output;
use super::deployment::TASK;

/// Something that went in.
#[derive(Debug)]
pub(super) struct Told {
    /// `None` belongs nowhere.
    pub(super) class: Option<Class>,
    /// By which it is known wherever it arrives.
    pub(super) text: String,
}

/// A destination with all names filled in, as a pattern of what [`Told::found`] calls it.
#[derive(Debug)]
pub(super) struct Place(String);

impl Place {
    /// Objects that are not full are uploaded at the end.
    pub(super) fn waits_for_the_end(&self) -> bool {
        self.0.starts_with("s3 ")
    }
}

impl Told {
    /// Once in each of its places, and in no other.
    pub(super) fn is_where_it_belongs(&self, cloud: &Cloud, outputs: &[Output]) -> bool {
        let (expected, found) = (self.expected(outputs), self.found(cloud));
        let is =
            |place: &Place, found: &String| Regex::new(&format!("^{}$", place.0)).unwrap().is_match(found);
        found.len() == expected.len()
            && expected.iter().all(|place| found.iter().any(|found| is(place, found)))
    }

    pub(super) fn expected(&self, outputs: &[Output]) -> Vec<Place> {
        let Some(class) = self.class else { return Vec::new() };
        let of =
            |output| Output::destinations_of(output, class).map(|destination| place(output, destination));
        outputs.iter().flat_map(of).collect()
    }

    /// Places that hold it.
    pub(super) fn found(&self, cloud: &Cloud) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        // The report of a container's end quotes its last lines.
        let is_report = |text: &str| text.contains("last_lines") && self.class != Some(Class::Stop);
        let has = |text: &str| text.contains(&self.text) && !is_report(text);
        let logs = cloud.cloudwatch();
        for group in logs.groups() {
            let streams = logs.streams(&group).into_iter();
            let streams = streams.filter(|stream| logs.messages(&group, stream).iter().any(|text| has(text)));
            found.extend(streams.map(|stream| format!("cloudwatch {group} {stream}")));
        }
        for bucket in cloud.s3().buckets() {
            let keys = cloud.s3().keys(&bucket).into_iter();
            let keys = keys.filter(|key| cloud.s3().lines(&bucket, key).iter().any(|line| has(line)));
            found.extend(keys.map(|key| format!("s3 {bucket} {key}")));
        }
        found.extend(
            cloud.newrelic().logs().iter().any(|log| has(&format!("{log:?}"))).then(|| "newrelic".into()),
        );
        found.extend(
            cloud
                .slack()
                .messages()
                .iter()
                .any(|post| has(&post.payload.to_string()))
                .then(|| "slack".into()),
        );
        found
    }
}

fn place(output: &Output, destination: &DestinationSettings) -> Place {
    let name = |key| filled(output.value(destination, key));
    Place(match destination.kind {
        DestinationKind::Cloudwatch => format!("cloudwatch {} {}", name("log_group"), name("log_stream")),
        DestinationKind::S3 => {
            let ending = match output.value(destination, "compress") {
                "gzip" => r"\.gz",
                "zstd" => r"\.zst",
                _ => "",
            };
            format!("s3 {} {}{ending}", name("bucket"), name("key"))
        }
        DestinationKind::Newrelic => "newrelic".to_owned(),
        DestinationKind::Teams => "teams".to_owned(),
        DestinationKind::Slack => "slack".to_owned(),
        DestinationKind::Pagerduty => "pagerduty".to_owned(),
        other => panic!("teach this test where {} keeps things", other.name()),
    })
}

/// A template's values are the same in everything that is told.
fn filled(template: &str) -> String {
    let values = [
        ("$(ecs_cluster)", "prod"),
        ("$(ecs_service:-no-service)", "web"),
        ("$(ecs_task_family)", "web"),
        ("$(ecs_task_id)", TASK),
        ("$(container_name)", "app"),
    ];
    let text = values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, value));
    let text = text.replace("$(uuid)", "[0-9a-f-]{36}").replace("%Y", r"\d{4}");
    let text = ["%m", "%d", "%H"].iter().fold(text, |text, part| text.replace(part, r"\d{2}"));
    assert!(!text.contains("$(") && !text.contains('%'), "teach this test what stands in {text}");
    text
}
