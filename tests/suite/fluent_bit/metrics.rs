//! The counters at Fluent Bit's own metrics endpoint.
//!
//! The endpoint is there from 2.0 on, and so is the way to an instance's metrics; 1.9.10 shows its own counters only,
//! at `/api/v1`.

use std::time::Duration;

use fake_cloud::Cloud;

use super::feed::Feed;
use super::host::{Alive, Host, METRICS};
use super::{ARRIVAL, binaries, endpoint};

const RECORDS: usize = 3_000;

fn feed(tag: &'static str, groups: (&'static str, &'static str)) -> Feed {
    Feed { tag, records: RECORDS, groups }
}

/// What has to be there of an instance that got `records`, a third of them standard error.
fn lines(name: &str, records: usize) -> Vec<String> {
    let line = |family: &str, labels: &str, number: usize| {
        format!("fluentbit_ecs_router_{family}{{name=\"{name}\"{labels}}} {number}")
    };
    let (errors, rest) = (records / 3, records - records / 3);
    vec![
        line("records_total", ",class=\"stdout\"", rest),
        line("records_total", ",class=\"stderr\"", errors),
        line("records_total", ",class=\"stop\"", 0),
        line("delivered_records_total", ",destination=\"rest\"", rest),
        line("delivered_records_total", ",destination=\"errors\"", errors),
        line("lost_records_total", ",destination=\"rest\",reason=\"refused\"", 0),
        line("retries_total", ",destination=\"rest\"", 0),
        line("breaker_state", ",destination=\"rest\"", 0),
        line("spool_bytes", ",destination=\"rest\"", 0),
        line("repeated_stops_total", "", 0),
    ]
}

/// The number of one series.
fn number(host: &Alive, series: &str) -> u64 {
    let page = host.shows(METRICS);
    let found =
        page.lines().find_map(|line| line.strip_prefix(series)?.split_whitespace().next()?.parse().ok());
    found.unwrap_or_else(|| panic!("no {series} in\n{page}"))
}

#[test]
fn the_endpoint_shows_what_was_read_and_what_arrived() {
    for binary in binaries() {
        let cloud = Cloud::start();
        let host = Host::new(&binary).output("app.*", &endpoint(&cloud, "/app", "/errors"));
        let version = host.version();
        let mut host = host.start();
        let feed = feed("app.0123", ("/app", "/errors"));
        feed.send(&host);
        feed.expect_once(&cloud, ARRIVAL, &host);
        if version < 2 {
            assert!(host.shows("/api/v1/metrics/prometheus").contains("fluentbit_output_proc_records_total"));
        } else {
            host.wait_for_metrics(&lines("ecs_router.1", RECORDS));
            let page = host.shows(METRICS);
            assert!(page.contains("# TYPE fluentbit_ecs_router_records_total counter"), "{page}");
            assert!(page.contains("# TYPE fluentbit_ecs_router_breaker_state gauge"), "{page}");
            let bytes =
                "fluentbit_ecs_router_delivered_bytes_total{name=\"ecs_router.1\",destination=\"rest\"}";
            assert!(number(&host, bytes) > 10_000, "{page}");
        }
        host.assert_ends_well();
        cloud.assert_no_complaints();
    }
}

#[test]
fn each_instance_shows_its_own_under_its_alias() {
    for binary in binaries() {
        let cloud = Cloud::start();
        let mut proxy = endpoint(&cloud, "/proxy", "/proxy-errors");
        proxy.push(("Alias".into(), "proxy".into()));
        let host = Host::new(&binary)
            .output("app.*", &endpoint(&cloud, "/app", "/errors"))
            .output("proxy.*", &proxy);
        if host.version() < 2 {
            continue;
        }
        let mut host = host.start();
        let app = feed("app.0123", ("/app", "/errors"));
        app.send(&host);
        app.expect_once(&cloud, ARRIVAL, &host);
        host.wait_for_metrics(&lines("ecs_router.1", RECORDS));
        host.wait_for_metrics(&lines("proxy", 0));
        host.assert_ends_well();
        cloud.assert_no_complaints();
    }
}

/// The instance's metrics die with it; the new one begins at 0, and nobody writes to the old. Without workers: the
/// host, 5.1.1 too, starts those of a plugin twice and forgets the first ones (`src/flb_plugin_proxy.c`,
/// `src/flb_output.c`); after a reload they read what was freed.
#[test]
fn after_a_hot_reload_the_new_instance_shows_its_own() {
    for binary in binaries() {
        let cloud = Cloud::start();
        let host = Host::new(&binary)
            .without_workers()
            .output("app.*", &endpoint(&cloud, "/app", "/errors"))
            .output("proxy.*", &endpoint(&cloud, "/proxy", "/proxy-errors"));
        if host.version() < 3 {
            continue;
        }
        let mut host = host.start();
        let first = feed("app.0123", ("/app", "/errors"));
        first.send(&host);
        first.expect_once(&cloud, ARRIVAL, &host);
        host.wait_for_metrics(&lines("ecs_router.1", RECORDS));
        host.reload();
        host.wait_for_metrics(&lines("ecs_router.1", 0));
        let second = feed("proxy.0123", ("/proxy", "/proxy-errors"));
        second.send(&host);
        second.expect_once(&cloud, ARRIVAL, &host);
        host.wait_for_metrics(&lines("ecs_router.2", RECORDS));
        // Time for a late touch of what is gone.
        std::thread::sleep(Duration::from_secs(2));
        host.wait_for_metrics(&lines("ecs_router.1", 0));
        host.assert_ends_well();
        cloud.assert_no_complaints();
    }
}
