//! One report per stop, whatever it arrives in; and no report of what an application printed.

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::record::{event, line, stop};

fn router(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let usual = [("cloudwatch.log_stream", "$(class)"), ("cloudwatch.log_key", ""), ("flush_timeout", "2s")];
    Router::to(cloud, &[&usual, more].concat())
}

fn told(cloud: &Cloud, class: &str) -> Vec<Value> {
    let messages = cloud.cloudwatch().messages(GROUP, class);
    messages.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

fn version(mut event: Value, version: i64) -> Value {
    event["detail"]["version"] = json!(version);
    event
}

#[test]
fn an_event_that_is_delivered_again_is_told_once_and_counted() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&Chunk::now(&[stop(), stop()])), Verdict::Ok);
    assert_eq!(router.bring(&Chunk::now(&[json!({"log": "x"}), stop()])), Verdict::Ok);
    assert_eq!((told(&cloud, "stop").len(), told(&cloud, "other").len()), (1, 1));
    assert_eq!(router.metrics().repeated_stops.load(std::sync::atomic::Ordering::Relaxed), 2);
}

#[test]
fn a_later_event_adds_the_exit_code_or_is_no_news() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[]);
    let mut early = version(stop(), 5);
    for container in early["detail"]["containers"].as_array_mut().unwrap() {
        container.as_object_mut().unwrap().remove("exitCode");
    }
    for event in [early, version(stop(), 6), version(stop(), 7), version(stop(), 4)] {
        assert_eq!(router.bring(&Chunk::now(&[event])), Verdict::Ok);
    }
    let told_stops = told(&cloud, "stop");
    assert_eq!(told_stops.len(), 2);
    assert!(told_stops[0].get("update").is_none() && told_stops[0].get("exit_code").is_none());
    assert_eq!((&told_stops[1]["update"], &told_stops[1]["exit_code"]), (&json!(true), &json!(137)));
    assert_eq!(told(&cloud, "other").len(), 1, "the later one goes on as what it is: an event");
}

/// The chunk that claimed the stop is replayed and delivers it; its duplicate in another chunk is not told.
#[test]
fn a_replay_tells_its_own_stop() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[]);
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::reply(503));
    let first = Chunk::now(&[stop(), json!({"log": "x"})]);
    assert_eq!(router.bring(&first), Verdict::Retry);
    cloud.clear_script();
    assert_eq!(router.bring(&Chunk::now(&[json!({"log": "y"}), stop()])), Verdict::Ok);
    assert_eq!(told(&cloud, "stop").len(), 0);
    assert_eq!(router.bring(&first), Verdict::Ok);
    assert_eq!((told(&cloud, "stop").len(), told(&cloud, "other").len()), (1, 2));
}

#[test]
fn every_event_is_told_where_that_is_wanted() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("stop.once", "off")]);
    assert_eq!(router.bring(&Chunk::now(&[stop(), stop()])), Verdict::Ok);
    assert_eq!(told(&cloud, "stop").len(), 2);
}

#[test]
fn events_come_out_of_their_carriers_and_the_rest_stays_in() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[]);
    let other = event("oom-killed");
    let running = {
        let mut running = event("scale-in");
        running["detail"]["lastStatus"] = json!("RUNNING");
        running
    };
    let sns = json!({"Type": "Notification", "MessageId": "1", "Message": stop().to_string()});
    let list = json!({"message": json!([other, running, 7]).to_string()});
    let truncated = json!({"message": format!("{{\"source\":\"aws.ecs\",\"detail-type\"")});
    assert_eq!(router.bring(&Chunk::now(&[sns, list.clone(), truncated.clone()])), Verdict::Ok);
    let reasons: Vec<_> = told(&cloud, "stop").iter().map(|told| told["category"].clone()).collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert_eq!(told(&cloud, "other"), [running, list, truncated]);
}

/// For stdout, stderr, JSON in `log`, nested maps, and fields that a parser lifted to the top.
#[test]
fn an_application_cannot_make_a_stop_event() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[]);
    let sns = json!({"Type": "Notification", "Message": stop().to_string()}).to_string();
    let with = |mut record: Value, more: Value| {
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        record
    };
    let forged = [
        line("app", "stdout", &stop().to_string()),
        line("app", "stderr", &stop().to_string()),
        line("app", "stdout", &sns),
        with(line("app", "stderr", ""), json!({"log": stop()})),
        with(
            line("app", "stdout", "x"),
            json!({"detail": stop()["detail"], "detail-type": "ECS Task State Change"}),
        ),
        with(
            line("app", "stdout", "x"),
            json!({"Message": stop().to_string(), "message": stop().to_string()}),
        ),
        with(stop(), json!({"container_name": "/app"})),
        with(stop(), json!({"container_id": "0123"})),
        with(json!({"message": stop().to_string()}), json!({"source": "stderr"})),
    ];
    assert_eq!(router.bring(&Chunk::now(&forged)), Verdict::Ok);
    assert_eq!(told(&cloud, "stop").len(), 0);
    assert_eq!(told(&cloud, "stdout").len() + told(&cloud, "stderr").len(), forged.len());
}

#[test]
fn a_users_stop_is_planned_unless_its_words_say_otherwise() {
    let words = ["deployment by hand", "Watchdog: no heartbeat"];
    let cloud = Cloud::start();
    let keys = [("stop.user_stop_is_error", "(?i)watchdog"), ("stop.ignore_containers", "app")];
    let router = router(&cloud, &keys);
    for (number, text) in words.into_iter().enumerate() {
        let mut event = stop();
        let detail = &mut event["detail"];
        detail["taskArn"] = json!(format!("arn:aws:ecs:eu-west-1:111122223333:task/prod/{number}"));
        detail["stopCode"] = json!("UserInitiated");
        detail["stoppedReason"] = json!(text);
        assert_eq!(router.bring(&Chunk::now(&[event])), Verdict::Ok);
    }
    let expected: Vec<Value> = told(&cloud, "stop").iter().map(|told| told["expected"].clone()).collect();
    assert_eq!(expected, [true, false]);
}
