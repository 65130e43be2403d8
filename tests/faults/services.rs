//! A service that misbehaves while records keep coming.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use fake_cloud::{Api, Cloud, Fault, Received};

use crate::feed::{Feed, Sent, Stream, TRACE, is_stderr};
use crate::host::{Alive, Host, Output, with_each_host};
use crate::proxy::breaking_way_to;
use crate::tally::{Tally, in_bucket, in_file, in_group, lines_in, taken_by_group, tally};

const GROUPS: [&str; 2] = ["/rest", "/errors"];

/// Waits for both groups and answers with their lines.
#[track_caller]
fn both(scenario: &str, host: &Alive, cloud: &Cloud, sent: &Sent) -> [Tally; 2] {
    let rest = tally(scenario, host, "/rest", &sent.stdout(), || in_group(cloud, "/rest"));
    let errors = tally(scenario, host, "/errors", &sent.stderr(), || in_group(cloud, "/errors"));
    [rest, errors]
}

/// Ten thousand records against this fault, and every one of them arrives once.
#[track_caller]
fn expect_once(scenario: &str, fault: impl Fn(&Cloud) + Sync) {
    with_each_host(|setup| {
        let cloud = Cloud::start();
        fault(&cloud);
        let mut host = Host::new(setup, Output::to_groups(&cloud, GROUPS)).start();
        let mut feed = Feed::default();
        feed.send(&host, setup.lines(10_000));
        both(scenario, &host, &cloud, &feed.sent).iter().for_each(|line| line.expect_once(&host));
        host.end();
        cloud.assert_no_complaints();
    });
}

/// True for the first `hits` of every ten requests.
pub(crate) fn of_ten(hits: usize) -> impl Fn(&Received) -> bool {
    let seen = AtomicUsize::new(0);
    // Seven has no factor in common with ten: hits are spread.
    move |_| seen.fetch_add(7, Relaxed) % 10 < hits
}

/// Ten minutes of it, on a clock that tests can turn: `ten_minutes_of_throttling_lose_nothing_and_repeat_nothing`.
#[test]
fn throttling_for_seconds() {
    with_each_host(|setup| {
        let cloud = Cloud::start();
        cloud.script_where(Api::PutLogEvents, |_| true, Fault::throttled());
        let mut host = Host::new(setup, Output::to_groups(&cloud, GROUPS)).start();
        let mut feed = Feed::default();
        feed.send(&host, setup.lines(10_000));
        std::thread::sleep(Duration::from_secs(8));
        cloud.clear_script();
        let lines = both("throttled for 8 s", &host, &cloud, &feed.sent);
        lines.iter().for_each(|line| line.expect_once(&host));
        host.end();
    });
}

#[test]
fn three_of_ten_requests_fail() {
    expect_once("30 % of replies are 500 or 503", |cloud| {
        cloud.script_where(Api::PutLogEvents, of_ten(1), Fault::reply(500));
        cloud.script_where(Api::PutLogEvents, of_ten(2), Fault::aws(503, "ServiceUnavailableException"));
    });
}

/// In the middle of a request's body, and after it.
#[test]
fn connections_break_off_amid_requests() {
    with_each_host(|setup| {
        let cloud = Cloud::start();
        cloud.script_where(Api::PutLogEvents, of_ten(2), Fault::reset());
        let way = breaking_way_to(cloud.port());
        let output =
            Output::to_groups(&cloud, GROUPS).with("rest.endpoint", &way).with("errors.endpoint", &way);
        let mut host = Host::new(setup, output).start();
        let mut feed = Feed::default();
        feed.send(&host, setup.lines(10_000));
        let lines = both("connection reset mid-body", &host, &cloud, &feed.sent);
        lines.iter().for_each(|line| line.expect_once(&host));
        host.end();
    });
}

/// CloudWatch does not know a request again, so the records of each request whose reply was lost, wholly or in half,
/// arrive twice, and no others. S3 does: a key is written once.
#[test]
fn a_lost_reply_repeats_its_request_where_the_service_does_not_know_it_again() {
    with_each_host(|setup| {
        let cloud = Cloud::builder().create_buckets(["archive"]).start();
        cloud.cloudwatch().create_stream("/errors", "s");
        let repeated = Arc::new(AtomicUsize::new(0));
        let lose = |nth: usize, fault| {
            let (seen, repeated) = (AtomicUsize::new(0), Arc::clone(&repeated));
            let chosen = move |put: &Received| {
                let chosen = seen.fetch_add(1, Relaxed) == nth;
                repeated.fetch_add(if chosen { lines_in(&put.json()).len() } else { 0 }, Relaxed);
                chosen
            };
            cloud.script_where(Api::PutLogEvents, chosen, fault);
        };
        lose(1, Fault::accept_then_cut());
        lose(2, Fault::reset_mid_body());
        cloud.script(Api::PutObject, [Fault::accept_then_cut(), Fault::ok(), Fault::reset_mid_body()]);
        let output = archived(Output::to_groups(&cloud, GROUPS), &cloud).with("errors.log_stream", "s");
        let host = Host::new(setup, output);
        let spool = host.folder("spool");
        let mut host = host.with_key("rest.spool_dir", spool.to_str().unwrap()).start();
        let mut feed = Feed::default();
        for _ in 0..6 {
            feed.send(&host, 1_000);
            std::thread::sleep(Duration::from_millis(500));
        }
        let name = "reply lost after it was accepted";
        let errors = tally(name, &host, "cloudwatch", &feed.sent.stderr(), || in_group(&cloud, "/errors"));
        let rest = tally(name, &host, "s3", &feed.sent.stdout(), || in_bucket(&cloud, "archive"));
        let repeated = repeated.load(Relaxed);
        assert_eq!((errors.missing, errors.twice), (0, repeated), "{}", host.said());
        assert!(repeated > 0, "no reply was lost");
        rest.expect_once(&host);
        host.end();
    });
}

/// What is not standard error goes to a bucket instead of a group.
pub(crate) fn archived(output: Output, cloud: &Cloud) -> Output {
    output
        .with("rest.type", "s3")
        .with("rest.region", "us-east-1")
        .with("rest.endpoint", &cloud.endpoint())
        .with("rest.bucket", "archive")
        .with("rest.upload_timeout", "1s")
        .with("rest.key", "$(container_name)/$(uuid).json")
        // A line of JSON is a record, whatever lines it has.
        .without("rest.log_key")
}

#[test]
fn a_service_that_takes_five_seconds_for_each_reply() {
    expect_once("5 s per reply", |cloud| {
        cloud.script_where(Api::PutLogEvents, |_| true, Fault::slow(Duration::from_secs(5)));
    });
}

#[test]
fn credentials_expire_while_records_come() {
    with_each_host(|setup| {
        let cloud = Cloud::start();
        cloud.accept_credentials("ASIAFIRST", "one", Some("token-one"));
        let uri = cloud.credentials_uri();
        let variables =
            [("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str()), ("AWS_EC2_METADATA_DISABLED", "true")];
        let host = Host::new(setup, Output::to_groups(&cloud, GROUPS)).environment(&variables);
        let mut host = host.start();
        let stream = Stream::start(Feed::default(), &host, Duration::from_millis(30));
        for (key, secret) in [("ASIASECOND", "two"), ("ASIATHIRD", "three")] {
            std::thread::sleep(Duration::from_secs(1));
            cloud.expire_credentials();
            std::thread::sleep(Duration::from_millis(300));
            cloud.accept_credentials(key, secret, Some(secret));
        }
        std::thread::sleep(Duration::from_secs(1));
        let feed = stream.stop();
        let lines = both("credentials expired, twice", &host, &cloud, &feed.sent);
        lines.iter().for_each(|line| line.expect_once(&host));
        let refused =
            cloud.requests_for(Api::PutLogEvents).iter().filter(|put| put.status == Some(400)).count();
        assert!(refused > 0, "no request met expired credentials");
        host.end();
    });
}

#[test]
fn groups_are_deleted_while_records_come() {
    with_each_host(|setup| {
        let cloud = Cloud::start();
        let mut host = Host::new(setup, Output::to_groups(&cloud, GROUPS)).start();
        let stream = Stream::start(Feed::default(), &host, Duration::from_millis(30));
        for _ in 0..3 {
            std::thread::sleep(Duration::from_secs(1));
            GROUPS.iter().for_each(|group| cloud.delete_group(group));
        }
        std::thread::sleep(Duration::from_secs(1));
        let sent = stream.stop().sent;
        let name = "group deleted, three times";
        let rest = tally(name, &host, "/rest", &sent.stdout(), || taken_by_group(&cloud, "/rest"));
        let errors = tally(name, &host, "/errors", &sent.stderr(), || taken_by_group(&cloud, "/errors"));
        [rest, errors].iter().for_each(|line| line.expect_once(&host));
        host.end();
        assert!(cloud.attempts(Api::CreateLogGroup) >= 4, "the groups were made again");
    });
}

/// Poisoned traces are refused by the service whatever batch they are in; they become dead letters, and nothing else does.
#[test]
fn poison_among_ten_thousand_records_becomes_dead_letters() {
    let is_poison = |line: usize| line / TRACE % 300 == 167 && !is_stderr(line);
    with_each_host(|setup| {
        let cloud = Cloud::start();
        let poisoned = move |put: &Received| lines_in(&put.json()).into_iter().any(is_poison);
        cloud.script_where(Api::PutLogEvents, poisoned, Fault::aws(400, "InvalidParameterException"));
        let host = Host::new(setup, Output::to_groups(&cloud, GROUPS));
        let letters = host.folder("letters").join("refused.ndjson");
        let mut host = host
            .with_key("route.dead_letter", "refused")
            .with_key("refused.type", "file")
            .with_key("refused.path", letters.to_str().unwrap())
            .start();
        let mut feed = Feed::default();
        feed.send(&host, setup.lines(10_000));
        let name = "poison in a batch";
        let (good, poison) = (feed.sent.stdout().only(|n| !is_poison(n)), feed.sent.stdout().only(is_poison));
        assert!(!poison.sure.is_empty());
        let rest = tally(name, &host, "/rest", &good, || in_group(&cloud, "/rest"));
        let errors = tally(name, &host, "/errors", &feed.sent.stderr(), || in_group(&cloud, "/errors"));
        let refused = tally(name, &host, "dead letters", &poison, || in_file(&letters));
        [rest, errors, refused].iter().for_each(|line| line.expect_once(&host));
        host.end();
    });
}
