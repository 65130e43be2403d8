use serde_json::json;

use super::*;
use crate::stop;

fn stopped(task: &str, version: i64, exit_code: Option<i64>) -> StopEvent {
    let event = json!({
        "source": "aws.ecs", "detail-type": "ECS Task State Change",
        "detail": {
            "lastStatus": "STOPPED", "stopCode": "EssentialContainerExited", "version": version,
            "taskArn": format!("arn:aws:ecs:eu-west-1:111122223333:task/prod/{task}"),
            "containers": [{"name": "app", "lastStatus": "STOPPED", "exitCode": exit_code}],
        },
    });
    stop::read(event).unwrap()
}

/// Observes one event in a chunk of its own that is delivered.
fn deliver(dedup: &StopDedup, stop: &StopEvent) -> Occurrence {
    let claims = Claims::default();
    let occurrence = dedup.observe(stop, &claims, 0);
    claims.confirm();
    occurrence
}

#[test]
fn a_stop_is_told_once() {
    let dedup = StopDedup::default();
    assert_eq!(deliver(&dedup, &stopped("a", 5, Some(1))), Occurrence::First);
    assert_eq!(deliver(&dedup, &stopped("a", 5, Some(1))), Occurrence::Repeated);
    assert_eq!(deliver(&dedup, &stopped("a", 4, Some(1))), Occurrence::Repeated, "out of order");
    assert_eq!(deliver(&dedup, &stopped("a", 6, Some(1))), Occurrence::Followed);
    assert_eq!(deliver(&dedup, &stopped("a", 6, Some(1))), Occurrence::Repeated);
    assert_eq!(deliver(&dedup, &stopped("b", 1, Some(1))), Occurrence::First);
}

#[test]
fn an_exit_code_that_comes_later_is_told_once() {
    let dedup = StopDedup::default();
    assert_eq!(deliver(&dedup, &stopped("a", 5, None)), Occurrence::First);
    assert_eq!(deliver(&dedup, &stopped("a", 6, Some(137))), Occurrence::Update);
    assert_eq!(deliver(&dedup, &stopped("a", 7, Some(137))), Occurrence::Followed);
}

#[test]
fn each_run_of_a_container_ends_once() {
    let exited = |restarts: u64| {
        let container = json!({"name": "app", "runtimeId": "r", "exitCode": 1, "restartCount": restarts});
        let detail = json!({"container": container});
        stop::read(json!({"source": "ecs_router", "detail-type": "ECS Container Exit", "detail": detail}))
            .unwrap()
    };
    let dedup = StopDedup::default();
    for (restarts, occurrence) in [(0, Occurrence::First), (0, Occurrence::Repeated), (1, Occurrence::First)]
    {
        assert_eq!(deliver(&dedup, &exited(restarts)), occurrence, "{restarts}");
    }
}

#[test]
fn a_replay_finds_what_its_chunk_was_told() {
    let (dedup, claims) = (StopDedup::default(), Claims::default());
    let (first, second) = (stopped("a", 5, Some(1)), stopped("a", 5, Some(1)));
    for _ in 0..3 {
        assert_eq!(dedup.observe(&first, &claims, 0), Occurrence::First);
        assert_eq!(dedup.observe(&second, &claims, 1), Occurrence::Repeated);
    }
}

#[test]
fn what_never_arrived_was_not_told() {
    let dedup = StopDedup::default();
    let claims = Claims::default();
    assert_eq!(dedup.observe(&stopped("a", 5, Some(1)), &claims, 0), Occurrence::First);
    assert_eq!(
        deliver(&dedup, &stopped("a", 5, Some(1))),
        Occurrence::Repeated,
        "claimed by a chunk that may come again"
    );
    drop(claims);
    assert_eq!(deliver(&dedup, &stopped("a", 5, Some(1))), Occurrence::First);
    assert_eq!(deliver(&dedup, &stopped("a", 5, Some(1))), Occurrence::Repeated);
}

#[test]
fn memory_is_bounded() {
    let dedup = StopDedup::default();
    for number in 0..MAX_REMEMBERED_STOPS + 10 {
        deliver(&dedup, &stopped(&number.to_string(), 1, Some(1)));
    }
    assert!(
        dedup.seen.borrow().len() <= MAX_REMEMBERED_STOPS
            && dedup.order.borrow().len() <= MAX_REMEMBERED_STOPS
    );
    assert_eq!(deliver(&dedup, &stopped("0", 1, Some(1))), Occurrence::First, "the oldest is forgotten");
}
