//! What the plugin learns from the task metadata endpoint.
//!
//! The endpoint's address comes by the environment, so each test runs in a process of its own.

use std::time::{Duration, Instant};

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use super::metadata::{Metadata, Mood, id};
use crate::router::{GROUP, Router};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::environment;
use test_support::process::until;
use test_support::temp::TempDir;
use test_support::this_test;

/// Streams by class, whole records; planned stops have a stream of their own.
fn router(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let endpoint = cloud.endpoint();
    let usual = [
        ("route.default", "logs"),
        ("route.stop.expected", "planned"),
        ("logs.type", "cloudwatch"),
        ("planned.type", "cloudwatch"),
        ("logs.region", "us-east-1"),
        ("planned.region", "us-east-1"),
        ("logs.endpoint", &endpoint),
        ("planned.endpoint", &endpoint),
        ("logs.log_group", GROUP),
        ("planned.log_group", GROUP),
        ("logs.log_stream", "$(class)"),
        ("planned.log_stream", "planned"),
        ("logs.auto_create_group", "on"),
        ("planned.auto_create_group", "on"),
        ("flush_timeout", "2s"),
        ("exit_timeout", "4s"),
    ];
    Router::with(usual.iter().chain(more))
}

fn stderr_of(container: &str, log: &str) -> Value {
    json!({"container_id": id(container), "container_name": container, "source": "stderr", "log": log})
}

/// Reports in this stream, as soon as there are this many.
#[track_caller]
fn reports(cloud: &Cloud, stream: &str, count: usize, limit: Duration) -> Vec<Value> {
    let there = || {
        let messages = cloud.cloudwatch().messages(GROUP, stream);
        (messages.len() >= count).then_some(messages)
    };
    let messages =
        until(limit, there).unwrap_or_else(|| panic!("{:?}", cloud.cloudwatch().messages(GROUP, stream)));
    messages.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

#[test]
fn an_exit_is_reported_once_within_three_seconds_with_its_last_lines() {
    alone(this_test!("an_exit_is_reported_once_within_three_seconds_with_its_last_lines"), || {
        let (cloud, metadata) = (Cloud::start(), Metadata::start(&["app", "proxy"]));
        environment::metadata(&metadata.address());
        let router = router(&cloud, &[("stop.context_lines", "3")]);
        let lines = ["one", "two", "panic: out of luck", "goroutine 1 [running]:"];
        let records: Vec<Value> = lines.iter().map(|line| stderr_of("app", line)).collect();
        assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
        assert_eq!(router.bring(&Chunk::now(&[stderr_of("proxy", "not its words")])), Verdict::Ok);
        let ended = Instant::now();
        metadata.end("app", 137);
        let found = reports(&cloud, "stop", 1, Duration::from_secs(3)).remove(0);
        assert!(ended.elapsed() < Duration::from_secs(3), "{:?}", ended.elapsed());
        let expected = json!({
            "ecs_event": "container_exited", "container": "app", "exit_code": 137, "signal": "SIGKILL",
            "severity": "error", "expected": false, "cluster": "prod", "service": "web", "launch_type": "FARGATE",
            "task_id": "7378aadeebae5d55dee04916c8a42528", "region": "eu-west-1", "account": "111122223333",
            "last_lines": ["two", "panic: out of luck", "goroutine 1 [running]:"],
        });
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(found[name], *value, "{name} in {found:#}");
        }
        std::thread::sleep(Duration::from_secs(3));
        assert_eq!(reports(&cloud, "stop", 1, Duration::ZERO).len(), 1, "once");
        cloud.assert_no_complaints();
    });
}

/// It is not held back until nothing more can come: its container has ended.
#[test]
fn the_report_of_an_exit_has_the_trace_that_waits_for_more_lines() {
    alone(this_test!("the_report_of_an_exit_has_the_trace_that_waits_for_more_lines"), || {
        let (cloud, metadata) = (Cloud::start(), Metadata::start(&["app", "proxy"]));
        environment::metadata(&metadata.address());
        let keys = [("join", "both"), ("join.wait", "8s"), ("flush_timeout", "16s")];
        let router = router(&cloud, &keys);
        // Fluent Bit has two workers.
        router.bring(&Chunk::now(&[stderr_of("proxy", "hello")]));
        let trace = ["java.lang.IllegalStateException: boom", "\tat a.B.c(B.java:1)"];
        let chunk = Chunk::now(&trace.map(|line| stderr_of("app", line)));
        std::thread::scope(|scope| {
            let flush = scope.spawn(|| router.bring(&chunk));
            std::thread::sleep(Duration::from_secs(1));
            metadata.end("app", 1);
            let report = reports(&cloud, "stop", 1, Duration::from_secs(6)).remove(0);
            assert_eq!(report["last_lines"], json!(trace));
            assert_eq!(flush.join().unwrap(), Verdict::Ok);
        });
        let lines = cloud.cloudwatch().messages(GROUP, "stderr");
        let traces = lines.iter().filter(|line| line.contains("boom")).count();
        assert!(traces == 1 && lines.iter().any(|line| line.contains("boom\\n\\tat")), "{lines:?}");
    });
}

#[test]
fn a_container_that_was_killed_near_its_limit_says_so() {
    alone(this_test!("a_container_that_was_killed_near_its_limit_says_so"), || {
        let (cloud, metadata) = (Cloud::start(), Metadata::start(&["app", "worker"]));
        environment::metadata(&metadata.address());
        for name in ["app", "worker"] {
            metadata.change(name, json!({"Limits": {"CPU": 2, "Memory": 512}}));
        }
        metadata.use_memory("app", 509 << 20);
        metadata.use_memory("worker", 100 << 20);
        let router = router(&cloud, &[("task_metadata.interval", "200ms")]);
        let looked = || metadata.asked().iter().any(|path| path.ends_with("/task/stats")).then_some(());
        until(Duration::from_secs(60), looked).expect("asked for statistics");
        metadata.end("app", 137);
        metadata.end("worker", 1);
        let told = reports(&cloud, "stop", 2, Duration::from_secs(4));
        let of = |name: &str| told.iter().find(|report| report["container"] == name).unwrap();
        let app = of("app");
        assert_eq!(
            (&app["memory"]["highest_bytes"], &app["memory"]["limit_bytes"]),
            (&json!(509 << 20), &json!(512 << 20))
        );
        assert!(app["summary"].as_str().unwrap().contains("; 509 of 512 MiB were used"), "{app:#}");
        assert!(app["hint"].as_str().unwrap().starts_with("Raise the container's memory limit"), "{app:#}");
        assert_eq!(of("worker").get("memory"), None, "it was not killed");
        router.drain();
    });
}

#[test]
fn a_container_that_stays_near_its_limit_is_warned_of_once() {
    alone(this_test!("a_container_that_stays_near_its_limit_is_warned_of_once"), || {
        let (cloud, metadata) = (Cloud::start(), Metadata::start(&["app", "worker"]));
        environment::metadata(&metadata.address());
        for name in ["app", "worker"] {
            metadata.change(name, json!({"Limits": {"CPU": 2, "Memory": 512}}));
        }
        metadata.use_memory("app", 490 << 20);
        metadata.use_memory("worker", 480 << 20);
        let keys = [
            ("task_metadata.interval", "200ms"),
            ("task_metadata.memory_warning", "95%"),
            ("route.memory_warning", "logs"),
            // Others report exits, so that statistics are asked for because of the threshold alone.
            ("route.stop", "drop"),
        ];
        let router = router(&cloud, &keys);
        let start = Instant::now();
        let told = reports(&cloud, "memory_warning", 1, Duration::from_secs(15));
        assert!(start.elapsed() > Duration::from_secs(9), "{:?}", start.elapsed());
        let warning = &told[0];
        assert_eq!((&warning["container_name"], &warning["used_percent"]), (&json!("app"), &json!(95)));
        let said = "Container app of web (cluster prod, task 7378aadeebae5d55dee04916c8a42528) uses 490 of 512 MiB, 95 % of its limit or more for ";
        assert!(warning["log"].as_str().unwrap().starts_with(said), "{warning:#}");
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(cloud.cloudwatch().messages(GROUP, "memory_warning").len(), 1);
        router.drain();
    });
}

#[test]
fn a_warning_that_nobody_takes_is_lost_and_counted() {
    alone(this_test!("a_warning_that_nobody_takes_is_lost_and_counted"), || {
        let (cloud, metadata) = (Cloud::start(), Metadata::start(&["app"]));
        environment::metadata(&metadata.address());
        metadata.change("app", json!({"Limits": {"Memory": 512}}));
        metadata.use_memory("app", 512 << 20);
        cloud.script_where(Api::PutLogEvents, |_| true, Fault::reply(500));
        let keys = [
            ("task_metadata.interval", "200ms"),
            ("task_metadata.memory_warning", "100%"),
            ("route.memory_warning", "logs"),
        ];
        let router = router(&cloud, &keys);
        let lost = || (router.lost("logs", Reason::BestEffort) == 1).then_some(());
        until(Duration::from_secs(60), lost).expect("counted as lost");
        router.drain();
    });
}

#[test]
fn lines_on_standard_output_and_of_own_classes_are_heard() {
    alone(this_test!("lines_on_standard_output_and_of_own_classes_are_heard"), || {
        let (cloud, metadata) = (Cloud::start(), Metadata::start(&["app", "worker"]));
        environment::metadata(&metadata.address());
        let classes = [
            ("stop.context_lines", "3"),
            ("classes", "panics, health"),
            ("class.panics.match", "log ^panic"),
            ("class.health.match", "log ^GET /health"),
            ("route.health", "drop"),
        ];
        let router = router(&cloud, &classes);
        let on = |container: &str, source: &str, log: &str| json!({"container_id": id(container), "container_name": container, "source": source, "log": log});
        let records = [
            on("app", "stdout", "started"),
            on("app", "stdout", "panic: on stdout"),
            on("app", "stdout", "GET /health 200"),
            on("worker", "stdout", "not shown"),
            on("worker", "stderr", "warning"),
            on("worker", "stderr", "panic: out of luck"),
            on("worker", "stderr", "goroutine 1 [running]:"),
        ];
        assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
        metadata.end("app", 1);
        metadata.end("worker", 2);
        let told = reports(&cloud, "stop", 2, Duration::from_secs(4));
        let lines_of = |name: &str| {
            told.iter().find(|report| report["container"] == name).map(|report| report["last_lines"].clone())
        };
        assert_eq!(lines_of("app").unwrap(), json!(["started", "panic: on stdout"]));
        let worker = json!(["warning", "panic: out of luck", "goroutine 1 [running]:"]);
        assert_eq!(lines_of("worker").unwrap(), worker);
        cloud.assert_no_complaints();
    });
}

#[test]
fn planned_ends_go_where_planned_stops_go_and_restarts_are_told() {
    alone(this_test!("planned_ends_go_where_planned_stops_go_and_restarts_are_told"), || {
        let (cloud, metadata) = (Cloud::start(), Metadata::start(&["app", "worker"]));
        environment::metadata(&metadata.address());
        let router = router(&cloud, &[("task_metadata.interval", "200ms")]);
        metadata.wait_for_look();
        metadata.change("worker", json!({"RestartCount": 1, "StartedAt": "2026-11-21T10:30:00Z"}));
        let restart = reports(&cloud, "stop", 1, Duration::from_secs(3)).remove(0);
        assert_eq!(
            (&restart["container"], &restart["restarts"]),
            (&json!("worker"), &json!(1)),
            "{restart:#}"
        );
        metadata.stop();
        std::thread::sleep(Duration::from_millis(500));
        metadata.end("app", 143);
        metadata.end("worker", 0);
        let planned = reports(&cloud, "planned", 2, Duration::from_secs(3));
        assert!(
            planned.iter().all(|report| report["expected"] == true && report["severity"] == "info"),
            "{planned:#?}"
        );
        router.drain();
        assert_eq!(cloud.cloudwatch().messages(GROUP, "stop").len(), 1);
        assert_eq!(cloud.cloudwatch().messages(GROUP, "planned").len(), 2);
    });
}

#[test]
fn the_last_look_at_exit_reports_what_ended_just_before() {
    alone(this_test!("the_last_look_at_exit_reports_what_ended_just_before"), || {
        let (cloud, metadata) = (Cloud::start(), Metadata::start(&["app"]));
        environment::metadata(&metadata.address());
        let router = router(&cloud, &[("task_metadata.interval", "1h")]);
        assert_eq!(router.bring(&Chunk::now(&[stderr_of("app", "goodbye")])), Verdict::Ok);
        metadata.end("app", 1);
        router.drain();
        let report = reports(&cloud, "stop", 1, Duration::ZERO).remove(0);
        assert_eq!((&report["exit_code"], &report["last_lines"]), (&json!(1), &json!(["goodbye"])));
    });
}

#[test]
fn a_report_that_does_not_arrive_is_brought_again_and_arrives_once() {
    alone(this_test!("a_report_that_does_not_arrive_is_brought_again_and_arrives_once"), || {
        let (cloud, metadata) = (Cloud::start(), Metadata::start(&["app"]));
        environment::metadata(&metadata.address());
        let router = router(&cloud, &[("task_metadata.interval", "200ms"), ("flush_timeout", "2s")]);
        cloud.script_where(Api::PutLogEvents, |_| true, Fault::reply(503));
        metadata.wait_for_look();
        metadata.end("app", 1);
        until(Duration::from_secs(60), || (cloud.attempts(Api::PutLogEvents) >= 2).then_some(()))
            .expect("attempts");
        cloud.clear_script();
        reports(&cloud, "stop", 1, Duration::from_secs(10));
        router.drain();
        assert_eq!(cloud.cloudwatch().messages(GROUP, "stop").len(), 1);
    });
}

/// The router's own signal comes last, and the disk goes with the task: nothing waits for the end.
#[test]
fn the_spool_is_uploaded_as_soon_as_the_task_is_to_stop() {
    alone(this_test!("the_spool_is_uploaded_as_soon_as_the_task_is_to_stop"), || {
        let cloud = Cloud::builder().create_buckets(["archive"]).start();
        let (metadata, folder) = (Metadata::start(&["app"]), TempDir::new());
        environment::metadata(&metadata.address());
        let keys = [
            ("route.default", "s3"),
            ("s3.region", "us-east-1"),
            ("s3.endpoint", &cloud.endpoint()),
            ("s3.bucket", "archive"),
            ("s3.spool_dir", folder.path().to_str().unwrap()),
            ("s3.upload_timeout", "1h"),
            ("task_metadata.interval", "200ms"),
        ];
        let router = Router::with(&keys);
        metadata.wait_for_look();
        assert_eq!(router.bring(&Chunk::now(&[stderr_of("app", "before")])), Verdict::Ok);
        std::thread::sleep(Duration::from_millis(600));
        assert_eq!(cloud.attempts(Api::PutObject), 0, "nothing was due");
        metadata.stop();
        let lines = |count| {
            let there = || (cloud.s3().all_lines("archive").len() >= count).then_some(());
            until(Duration::from_secs(60), there)
        };
        lines(1).expect("uploaded while the router runs");
        assert_eq!(router.bring(&Chunk::now(&[stderr_of("app", "the last words")])), Verdict::Ok);
        lines(2).expect("and what comes after it, too");
    });
}

#[test]
fn names_are_filled_from_the_metadata_where_records_lack_them() {
    alone(this_test!("names_are_filled_from_the_metadata_where_records_lack_them"), || {
        let (cloud, metadata) = (Cloud::start(), Metadata::start(&["app"]));
        environment::metadata(&metadata.address());
        let name = "$(ecs_cluster)/$(ecs_service)/$(ecs_task_family)/$(ecs_task_revision)/$(ecs_task_id)/$(image_tag)/$(ecs_launch_type)/$(ecs_availability_zone)";
        let router = router(&cloud, &[("logs.log_stream", name)]);
        assert_eq!(router.bring(&Chunk::now(&[stderr_of("app", "x")])), Verdict::Ok);
        let stream = "prod/web/web/42/7378aadeebae5d55dee04916c8a42528/v7/FARGATE/eu-west-1a";
        assert_eq!(
            cloud.cloudwatch().messages(GROUP, stream).len(),
            1,
            "{:?}",
            cloud.cloudwatch().calls("PutLogEvents")
        );
    });
}

#[test]
fn an_endpoint_in_trouble_is_said_once_and_holds_up_nothing() {
    let moods = [
        Mood::Gone,
        Mood::Wrong(429, "Too Many Requests".into()),
        Mood::Wrong(404, String::new()),
        Mood::Wrong(200, "<html>".into()),
        Mood::Wrong(200, format!("{{\"TaskARN\":\"{}\"}}", "x".repeat(3_000_000))),
        Mood::Slow(Duration::from_secs(60)),
    ];
    let said = alone(this_test!("an_endpoint_in_trouble_is_said_once_and_holds_up_nothing"), || {
        for mood in moods {
            let (cloud, metadata) = (Cloud::start(), Metadata::start(&["app"]));
            environment::metadata(&metadata.address());
            metadata.turn(mood.clone());
            let router =
                router(&cloud, &[("task_metadata.interval", "200ms"), ("logs.log_stream", "$(image_tag)")]);
            let (verdict, took) = router.timed(&Chunk::now(&[stderr_of("app", "x")]));
            assert_eq!(verdict, Verdict::Ok, "{mood:?}");
            assert!(took < Duration::from_secs(10), "{mood:?}: {took:?}");
            assert_eq!(cloud.cloudwatch().messages(GROUP, "unknown").len(), 1, "{mood:?}");
            std::thread::sleep(Duration::from_millis(600));
            assert!(metadata.asked().len() <= 8, "no storm: {:?}", metadata.asked());
            router.drain();
        }
    });
    let lines = said.lines().filter(|line| line.contains("task metadata endpoint")).count();
    assert_eq!(lines, 6, "one for each router\n{said}");
}

#[test]
fn without_the_variable_nothing_is_asked_and_on_says_what_is_missing() {
    alone(this_test!("without_the_variable_nothing_is_asked_and_on_says_what_is_missing"), || {
        let cloud = Cloud::start();
        let endpoint = cloud.endpoint();
        let keys = [
            ("route.default", "cloudwatch"),
            ("cloudwatch.region", "us-east-1"),
            ("cloudwatch.endpoint", &endpoint),
            ("cloudwatch.log_group", GROUP),
            ("task_metadata", "on"),
        ];
        let keys = keys.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect();
        let keys: std::collections::BTreeMap<String, String> = keys;
        let problems = ecs_router::instance::Instance::start(0, &keys).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert!(problems[0].to_string().contains("ECS_CONTAINER_METADATA_URI_V4"), "{}", problems[0]);
    });
}

#[test]
fn a_stop_releases_the_lines_of_its_container_and_the_routers_own_end_releases_nothing() {
    let name =
        this_test!("a_stop_releases_the_lines_of_its_container_and_the_routers_own_end_releases_nothing");
    alone(name, || {
        let (cloud, metadata) = (Cloud::start(), Metadata::start(&["app", "worker", "calm"]));
        environment::metadata(&metadata.address());
        let keys = [
            ("route.stdout", "drop"),
            ("recorder.window", "5m"),
            ("recorder.after", "30s"),
            ("recorder.destination", "logs"),
            ("logs.log_key", "log"),
            ("logs.log_stream", "$(class)/$(tag)"),
            ("task_metadata.interval", "200ms"),
        ];
        let router = router(&cloud, &keys);
        let bring = |container: &str, log: &str| {
            let tag = format!("{container}-firelens-7378aadeebae5d55dee04916c8a42528");
            let record = json!({
                "container_id": id(container), "container_name": container, "source": "stdout", "log": log,
            });
            assert_eq!(router.flush(tag.as_bytes(), Chunk::now(&[record]).bytes()), Verdict::Ok);
        };
        let arrived = |container: &str| {
            let stream = format!("stdout/{container}-firelens-7378aadeebae5d55dee04916c8a42528");
            cloud.cloudwatch().messages(GROUP, &stream)
        };
        ["app", "worker", "calm"].iter().for_each(|container| bring(container, "before"));
        metadata.wait_for_look();
        metadata.end("app", 1);
        until(Duration::from_secs(60), || (arrived("app").len() == 1).then_some(()))
            .expect("the lines of app");
        bring("app", "its last");
        assert_eq!(arrived("app"), ["before", "its last"]);
        metadata.end("worker", 1);
        router.drain();
        assert_eq!(arrived("worker"), ["before"], "its stop was seen at the last look");
        assert_eq!(arrived("calm"), [""; 0]);
        cloud.assert_no_complaints();
    });
}
