//! A recorded crash loop: 500 stops of three services, one of which is fixed halfway.

use jiff::Timestamp;
use serde_json::{Value, json};

/// Stops of each service in the recording.
pub const STOPS: [(&str, usize); 3] = [("web", 210), ("shop", 144), ("api", 146)];

/// The recording's events in the order of their times: six hours, the first of which begins at `start`. Both in milliseconds;
/// a shorter `hour` makes the whole shorter.
pub fn crash_loop(start: i64, hour: i64) -> Vec<Value> {
    let minutes = |count: i64| hour * count / 60;
    let crash = |at: i64| {
        json!({"stopCode": "EssentialContainerExited", "startedAt": text(at - minutes(1) / 20),
            "stoppedReason": "Essential container in task exited",
            "containers": [{"name": "app", "exitCode": 1, "lastStatus": "STOPPED"}]})
    };
    let oom = |at: i64| {
        json!({"stopCode": "EssentialContainerExited", "startedAt": text(at - minutes(3) / 2),
            "stoppedReason": "Essential container in task exited",
            "containers": [{"name": "worker", "exitCode": 137, "lastStatus": "STOPPED",
                "reason": "OutOfMemoryError: Container killed due to memory usage"}]})
    };
    let pull = json!({"stopCode": "TaskFailedToStart", "containers": [{"name": "api", "lastStatus": "PENDING"}],
        "stoppedReason": "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref api:9: not found"});
    let [web, shop, api] = STOPS.map(|(_, count)| i64::try_from(count).unwrap());
    let fixed_at = start + 3 * hour;
    let web = spread(start, fixed_at - minutes(1), web).map(|at| stop("web", at, hour, &crash(at)));
    let shop = spread(start + minutes(7) / 60, start + 6 * hour - minutes(10), shop)
        .map(|at| stop("shop", at, hour, &oom(at)));
    let api = spread(start + minutes(11) / 60, start + 6 * hour, api).map(|at| stop("api", at, hour, &pull));
    let fixed = json!({"eventType": "INFO", "eventName": "SERVICE_DEPLOYMENT_COMPLETED"});
    let fix = event("web", fixed_at, "ECS Deployment State Change", &fixed);
    let mut events: Vec<Value> = web.chain(shop).chain(api).chain([fix]).collect();
    events.sort_by_key(|event| event["time"].as_str().unwrap().parse::<Timestamp>().unwrap());
    events
}

fn spread(from: i64, to: i64, count: i64) -> impl Iterator<Item = i64> {
    (0..count).map(move |nth| from + (to - from) * nth / (count - 1))
}

fn text(at: i64) -> String {
    Timestamp::from_millisecond(at).unwrap().to_string()
}

fn event(service: &str, at: i64, detail_type: &str, detail: &Value) -> Value {
    json!({"version": "0", "id": format!("{service}-{at}"), "detail-type": detail_type, "source": "aws.ecs",
        "account": "111122223333", "time": text(at), "region": "eu-central-1",
        "resources": [format!("arn:aws:ecs:eu-central-1:111122223333:service/prod/{service}")], "detail": detail})
}

/// A task that stopped, with what is its service's own.
fn stop(service: &str, at: i64, hour: i64, own: &Value) -> Value {
    let mut detail = json!({"lastStatus": "STOPPED", "desiredStatus": "STOPPED", "version": 5,
        "taskArn": format!("arn:aws:ecs:eu-central-1:111122223333:task/prod/{service}{at}"),
        "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/prod", "group": format!("service:{service}"),
        "taskDefinitionArn": format!("arn:aws:ecs:eu-central-1:111122223333:task-definition/{service}:42"),
        "createdAt": text(at - hour / 120), "stoppedAt": text(at)});
    detail.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    event(service, at, "ECS Task State Change", &detail)
}
