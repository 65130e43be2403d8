use serde_json::json;

use super::*;
use crate::stop::EventReader;

#[test]
fn what_the_scheduler_says() {
    for (reason, category, expected) in [
        (
            "Scaling activity initiated by (deployment ecs-svc/1637086347952626779)",
            Category::Deployment,
            true,
        ),
        ("Scaling activity initiated by deployment ecs-svc/123", Category::Deployment, true),
        (
            "ECS is performing maintenance on the underlying infrastructure hosting the task",
            Category::Host,
            true,
        ),
        (
            "Service web: ECS is performing maintenance on the underlying infrastructure hosting the task",
            Category::Host,
            true,
        ),
        ("Service web: (task 0123) container instance is in DRAINING state", Category::Host, true),
        ("Container instance deregistration forced by user", Category::Host, false),
        ("Task failed ELB health checks in (target-group demo)", Category::HealthCheck, false),
        ("Task failed ELB health checks in (elb demo)", Category::HealthCheck, false),
        ("ELB healthcheck failed", Category::HealthCheck, false),
        ("Task failed container health checks", Category::HealthCheck, false),
        ("Service web: task is unhealthy in service discovery", Category::HealthCheck, false),
    ] {
        for code in ["ServiceSchedulerInitiated", ""] {
            let event = json!({ "detail": { "stopCode": code, "stoppedReason": reason } });
            let found = scheduled(&TaskEvent::from_event(&event, &EventReader::default()))
                .map(|it| (it.category, it.expected));
            assert_eq!(found, Some((category, expected)), "{reason}");
        }
    }
}

#[test]
fn a_notice_without_words_on_spot_capacity() {
    for (provider, category) in [("FARGATE_SPOT", Category::Spot), ("FARGATE", Category::Host)] {
        let event =
            json!({ "detail": { "stopCode": "TerminationNotice", "capacityProviderName": provider } });
        let found = forced(&TaskEvent::from_event(&event, &EventReader::default())).map(|it| it.category);
        assert_eq!(found, Some(category), "{provider}");
    }
}

#[test]
fn a_notice_without_words_names_an_instance_only_where_there_is_one() {
    for (launch_type, names_one) in [("FARGATE", false), ("EC2", true), ("", true)] {
        let event = json!({ "detail": { "stopCode": "TerminationNotice", "launchType": launch_type } });
        let found = forced(&TaskEvent::from_event(&event, &EventReader::default())).unwrap();
        assert_eq!(found.category, Category::Host, "{launch_type}");
        assert_eq!(found.description.contains("EC2"), names_one, "{launch_type}: {}", found.description);
    }
}

#[test]
fn codes_and_words_of_spot_and_hosts() {
    for (code, reason, category) in [
        ("SpotInterruption", "", Some(Category::Spot)),
        ("spotinterruption", "anything", Some(Category::Spot)),
        ("TerminationNotice", "Your Spot Task was interrupted.", Some(Category::Spot)),
        ("TerminationNotice", "Host EC2 (instance i-03dba81187d65ce7e) terminated.", Some(Category::Host)),
        ("TerminationNotice", "", Some(Category::Host)),
        ("", "Your Spot Task was interrupted.", Some(Category::Spot)),
        ("", "Host EC2 (instance i-0abc) terminated. Spot interruption", Some(Category::Spot)),
        ("", "Host EC2 (instance i-0abc) stopped.", Some(Category::Host)),
        ("UserInitiated", "Your Spot Task was interrupted.", None),
        ("EssentialContainerExited", "Essential container in task exited", None),
    ] {
        let event = json!({ "detail": { "stopCode": code, "stoppedReason": reason } });
        let found = forced(&TaskEvent::from_event(&event, &EventReader::default())).map(|it| it.category);
        assert_eq!(found, category, "{code} {reason}");
    }
}

#[test]
fn uninformative_reasons_are_left_out() {
    let event = json!({ "detail": {
        "stoppedReason": "Task failed to start",
        "containers": [{ "name": "app", "exitCode": 1 }],
        "attachments": [{ "type": "AmazonElasticBlockStorage", "details": [{ "name": "statusReason", "value": "Timed out." }] }],
    } });
    let task = TaskEvent::from_event(&event, &EventReader::default());
    assert_eq!(statements(&task, task.containers.first()), ["ebs volume: timed out"]);
}
