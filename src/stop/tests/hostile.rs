//! Events that ECS never sends: whoever may send to the queue chooses their fields.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::read;

fn task(stopped_reason: &str, containers: &[Value]) -> Value {
    json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": "1", "detail": {
        "taskArn": "arn:aws:ecs:eu-central-1:111122223333:task/prod/1", "lastStatus": "STOPPED",
        "stopCode": "TaskFailedToStart", "stoppedReason": stopped_reason, "containers": containers}})
}

/// As many containers and images in the reason as an event of 256 KB has room for: each is compared with each.
#[test]
fn no_event_takes_long_to_read() {
    let containers = |image: &str| vec![json!({"name": "a", "image": image}); 4_000];
    let images = "CannotPullContainerError: a.b/c:d ".to_owned() + &"a.b/c:d ".repeat(16_000);
    for (reason, image) in [(images.as_str(), "x/y:z"), (&"aaaaaaaa".repeat(16_000), "a:a")] {
        let event = task(reason, &containers(image));
        let start = Instant::now();
        assert!(read(event).is_some());
        let took = start.elapsed();
        // Without bounds it is half a minute in a debug build, on a machine that does nothing else.
        assert!(took < Duration::from_secs(8), "{took:?} for {image}");
    }
}

/// The text says what to look at; letters that change the order or the line of others do not get there.
#[test]
fn no_name_or_reason_breaks_a_summary() {
    let ugly = "a\u{202d}b\u{2066}c\nd\re\u{0}f\u{1b}[31mg\u{2029}h\u{200f}";
    let mut event = task(ugly, &[json!({"name": ugly, "image": ugly, "reason": ugly, "exitCode": 1})]);
    for key in ["group", "startedBy", "taskArn", "clusterArn", "taskDefinitionArn", "availabilityZone"] {
        event["detail"][key] = json!(format!("service:{ugly}"));
    }
    for stop_code in ["TaskFailedToStart", "EssentialContainerExited", "UserInitiated", "X"] {
        event["detail"]["stopCode"] = json!(stop_code);
        let stop = read(event.clone()).unwrap();
        for text in [&stop.summary, &stop.hint] {
            assert!(!text.contains(crate::printable::is_unprintable), "{stop_code}: {text:?}");
        }
    }
}
