//! Log groups and streams that do not exist yet, or not any more.

use std::collections::BTreeMap;

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};

use crate::router::{GROUP, Router};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::record::line;
use test_support::this_test;

fn hello() -> Chunk {
    Chunk::now(&[line("web", "stdout", "hello")])
}

#[test]
fn a_missing_group_means_retry_unless_it_may_be_created() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[("cloudwatch.auto_create_group", "off")]);
    let chunk = hello();
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    assert_eq!(cloud.attempts(Api::CreateLogGroup), 0);
    cloud.cloudwatch().create_stream(GROUP, "other");
    assert_eq!(router.bring(&chunk), Verdict::Ok, "as soon as somebody has made it");
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"]);
}

/// In a process of its own, because what is said goes to the process's standard error.
#[test]
fn a_missing_group_is_said_in_one_clear_line() {
    let said = alone(this_test!("a_missing_group_is_said_in_one_clear_line"), || {
        let cloud = Cloud::start();
        let router = Router::to(&cloud, &[("cloudwatch.auto_create_group", "off")]);
        for _ in 0..5 {
            assert_eq!(router.bring(&hello()), Verdict::Retry);
        }
    });
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("[error]")).collect();
    let expected = "[error] [output:ecs_router:#0] destination cloudwatch: log group /test does not exist; \
                    create it or set cloudwatch.auto_create_group on; will be retried; Fluent Bit drops a \
                    chunk after Retry_Limit retries (1 if not set), unless Retry_Limit is no_limits";
    assert!(lines.len() == 1 && lines[0].ends_with(expected), "{said}");
}

#[test]
fn a_group_is_created_as_configured() {
    let cloud = Cloud::start();
    let keys = [
        ("cloudwatch.retention_days", "30"),
        ("cloudwatch.log_group_class", "INFREQUENT_ACCESS"),
        ("cloudwatch.log_group_tags", "team=web, env=prod"),
        ("cloudwatch.kms_key_id", "arn:aws:kms:us-east-1:111122223333:key/1"),
    ];
    assert_eq!(Router::to(&cloud, &keys).bring(&hello()), Verdict::Ok);
    let group = cloud.cloudwatch().group(GROUP);
    assert_eq!((group.retention_days, group.class.as_str()), (Some(30), "INFREQUENT_ACCESS"));
    let tags = [("team", "web"), ("env", "prod")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(group.tags, BTreeMap::from(tags));
    assert_eq!(group.kms_key_id.as_deref(), Some("arn:aws:kms:us-east-1:111122223333:key/1"));
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"]);
    cloud.assert_no_complaints();
}

#[test]
fn fifty_new_streams_create_their_group_once() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[("cloudwatch.retention_days", "7")]);
    let records: Vec<_> = (0..50).map(|number| line(&format!("c{number}"), "stdout", "hello")).collect();
    assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
    assert_eq!(cloud.attempts(Api::CreateLogGroup), 1);
    assert_eq!(cloud.attempts(Api::PutRetentionPolicy), 1);
    assert_eq!(cloud.cloudwatch().streams(GROUP).len(), 50);
    assert!(cloud.attempts(Api::CreateLogStream) <= 51, "{}", cloud.attempts(Api::CreateLogStream));
    assert_eq!(cloud.cloudwatch().all_messages().len(), 50);
}

#[test]
fn a_group_deleted_while_running_is_made_again() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    cloud.delete_group(GROUP);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"]);
    cloud.cloudwatch().delete_stream(GROUP, "web");
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"]);
}

#[test]
fn somebody_else_making_the_same_group_is_no_trouble() {
    let cloud = Cloud::start();
    cloud.script(Api::CreateLogGroup, [Fault::aws(400, "OperationAbortedException")]);
    cloud.script(Api::CreateLogStream, [Fault::ok(), Fault::aws(400, "ThrottlingException")]);
    assert_eq!(Router::to(&cloud, &[]).bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.attempts(Api::CreateLogGroup), 2);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"]);
}

#[test]
fn a_group_that_exists_after_all_is_no_trouble() {
    let cloud = Cloud::start();
    cloud.cloudwatch().create_stream(GROUP, "web");
    cloud.script(Api::PutLogEvents, [Fault::aws(400, "ResourceNotFoundException")]);
    cloud.script(Api::CreateLogStream, [Fault::aws(400, "ResourceNotFoundException")]);
    assert_eq!(Router::to(&cloud, &[]).bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"]);
}

#[test]
fn a_retention_that_may_not_be_set_does_not_stop_delivery() {
    let cloud = Cloud::start();
    cloud.script(Api::PutRetentionPolicy, [Fault::aws(400, "AccessDeniedException")]);
    let router = Router::to(&cloud, &[("cloudwatch.retention_days", "7")]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().group(GROUP).retention_days, None);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"]);
}

#[test]
fn a_service_that_never_finds_what_it_just_made_is_not_followed_for_ever() {
    let cloud = Cloud::start();
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::aws(400, "ResourceNotFoundException"));
    let router = Router::to(&cloud, &[("flush_timeout", "2s")]);
    assert_eq!(router.bring(&hello()), Verdict::Retry);
    assert!((3..=8).contains(&cloud.attempts(Api::PutLogEvents)), "{}", cloud.attempts(Api::PutLogEvents));
}
