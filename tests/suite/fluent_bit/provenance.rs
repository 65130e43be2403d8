//! What an application can write, by every way it has, under the filters that people use: it makes no stop event, and
//! speaks for no other container.

use fake_cloud::Cloud;
use serde_json::{Value, json};

use super::feed::{send_records, send_records_by_tcp};
use super::host::{Alive, Host};
use super::{ARRIVAL, binaries, endpoint};
use test_support::process::until;
use test_support::record::stop;

/// The tag and the task of container `web`.
const WEB: &str = "web-firelens-7378aadeebae5d55dee04916c8a42528";
const TASK_ARN: &str = "arn:aws:ecs:eu-central-1:111122223333:task/prod/7378aadeebae5d55dee04916c8a42528";

/// Each class in a group of its own, one stream per container.
fn keys(cloud: &Cloud) -> Vec<(String, String)> {
    let mut keys = endpoint(cloud, "/stdout", "/stderr");
    for (class, group) in [("stop", "/stop"), ("other", "/other")] {
        let settings = [
            ("type", "cloudwatch"),
            ("region", "us-east-1"),
            ("endpoint", &cloud.endpoint()),
            ("log_group", group),
            ("log_stream", "$(container_name)"),
            ("auto_create_group", "on"),
        ];
        keys.push((format!("route.{class}"), format!("{class}s")));
        keys.extend(settings.map(|(key, value)| (format!("{class}s.{key}"), value.to_owned())));
    }
    keys
}

fn start(binary: &std::path::Path, cloud: &Cloud, filters: &[&str]) -> Alive {
    let host = Host::new(binary).output("*", &keys(cloud));
    filters.iter().fold(host, |host, filter| host.filter(filter)).start()
}

/// A line of container `web` on standard error.
fn stderr(log: &str) -> Value {
    json!({
        "container_id": "c0ffee", "container_name": "/ecs-shop-42-web-c8d2a1", "source": "stderr", "log": log,
        "ecs_task_arn": TASK_ARN,
    })
}

/// Waits for one record in this group and stream, ends Fluent Bit, and says that there is no stop report.
#[track_caller]
fn expect_one(cloud: &Cloud, host: &mut Alive, group: &str, stream: &str) {
    let arrived = || (cloud.cloudwatch().messages(group, stream).len() == 1).then_some(());
    until(ARRIVAL, arrived).unwrap_or_else(|| panic!("not in {group} {stream}:\n{}", host.said()));
    host.assert_ends_well();
    assert!(cloud.cloudwatch().streams("/stop").is_empty(), "a stop was forged");
    let streams: usize =
        ["/stdout", "/stderr", "/other"].iter().map(|one| cloud.cloudwatch().streams(one).len()).sum();
    assert_eq!(streams, 1, "it went elsewhere as well");
}

#[test]
fn the_forward_input_that_ecs_adds_makes_no_stop_event() {
    for binary in binaries() {
        for (tag, stream, word) in
            [("ecs.events", "unknown", "does not name their tag ecs.events"), (WEB, "web", "Reserve_Data On")]
        {
            let cloud = Cloud::start();
            let mut host = start(&binary, &cloud, &[]);
            send_records_by_tcp(&host, tag, &[stop()]);
            host.wait_for(word);
            expect_one(&cloud, &mut host, "/other", stream);
        }
    }
}

#[test]
fn a_line_that_a_parser_takes_apart_makes_no_stop_event() {
    let forged = {
        let mut forged = stop();
        forged["container_name"] = json!("payments");
        forged
    };
    for binary in binaries() {
        for line in [stop(), forged.clone(), json!({"source": "stdout", "container_name": "payments"})] {
            let cloud = Cloud::start();
            let parser = "    Name parser\n    Match *\n    Key_Name log\n    Parser json";
            let mut host = start(&binary, &cloud, &[parser]);
            send_records(&host, WEB, &[stderr(&line.to_string())]);
            host.wait_for("Reserve_Data On");
            expect_one(&cloud, &mut host, "/other", "web");
        }
    }
}

#[test]
fn a_parser_that_keeps_the_marks_leaves_the_line_its_stream_and_container() {
    let printed = json!({
        "source": "stdout", "container_name": "payments", "container_id": "f00d", "ecs_task_arn": "arn:other/task",
        "log": "it broke",
    });
    for binary in binaries() {
        let cloud = Cloud::start();
        let parser = "    Name parser\n    Match *\n    Key_Name log\n    Parser json\n    Reserve_Data On\n    Preserve_Key Off";
        let mut host = start(&binary, &cloud, &[parser]);
        send_records(&host, WEB, &[stderr(&printed.to_string())]);
        expect_one(&cloud, &mut host, "/stderr", "ecs-shop-42-web-c8d2a1");
    }
}

#[test]
fn a_lifted_map_neither_hides_an_error_nor_speaks_for_another_container() {
    let printed = json!({"app": {"source": "stdout", "container_name": "payments", "log": "it broke"}});
    for binary in binaries() {
        let cloud = Cloud::start();
        let parser = "    Name parser\n    Match *\n    Key_Name log\n    Parser json\n    Reserve_Data On";
        let lift = "    Name nest\n    Match *\n    Operation lift\n    Nested_under app";
        let mut host = start(&binary, &cloud, &[parser, lift]);
        send_records(&host, WEB, &[stderr(&printed.to_string())]);
        expect_one(&cloud, &mut host, "/stderr", "web");
    }
}
