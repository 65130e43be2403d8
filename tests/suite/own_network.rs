//! A network of the test's own: one without IPv4, and one with the addresses at which AWS hands out credentials.

use std::net::TcpListener;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud};
use test_support::alone::in_own_network;
use test_support::chunk::Chunk;
use test_support::environment;
use test_support::process::until;
use test_support::record::line;
use test_support::this_test;

use crate::network::recording;
use crate::router::{GROUP, Router};
use crate::watching::metadata::Metadata;

/// Loopback as in a subnet that has IPv6 only.
const WITHOUT_IPV4: &str = "ip link set lo up\nip addr del 127.0.0.1/8 dev lo";

#[test]
fn metadata_credentials_and_destination_are_reached_without_ipv4() {
    let test = this_test!("metadata_credentials_and_destination_are_reached_without_ipv4");
    in_own_network(test, WITHOUT_IPV4, || {
        assert!(TcpListener::bind("127.0.0.1:0").is_err(), "there is IPv4");
        let (cloud, metadata) = (Cloud::start(), Metadata::start(&["web"]));
        environment::metadata(&metadata.address());
        environment::of_the_container(&cloud.credentials_uri());
        let router = router(&cloud.endpoint(), &[("cloudwatch.log_stream", "$(class)")]);
        assert_eq!(router.bring(&Chunk::now(&[line("web", "stdout", "hello")])), Verdict::Ok);
        assert_eq!(cloud.attempts(Api::Credentials), 1);
        metadata.wait_for_look();
        metadata.end("web", 137);
        let reported = || (!cloud.cloudwatch().messages(GROUP, "stop").is_empty()).then_some(());
        until(Duration::from_secs(60), reported).expect("a report");
        assert_eq!(cloud.cloudwatch().messages(GROUP, "stdout").len(), 1);
        cloud.assert_no_complaints();
    });
}

/// The addresses of the task's agent and of the instance, all on the loopback device.
const OF_AWS: &str = "ip link set lo up
    ip addr add 169.254.170.2/32 dev lo
    ip addr add 169.254.169.254/32 dev lo
    ip addr add fd00:ec2::23/128 dev lo nodad
    ip addr add fd00:ec2::254/128 dev lo nodad";

/// What names each source of credentials, and what it is asked for. Each counts before those in front of it.
const SOURCES: [(&str, (&str, &str), &str); 4] = [
    ("169.254.169.254", ("AWS_EC2_METADATA_DISABLED", "false"), "PUT /latest/api/token HTTP/1.1"),
    ("fd00:ec2::254", ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"), "PUT /latest/api/token HTTP/1.1"),
    (
        "fd00:ec2::23",
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://[fd00:ec2::23]/v1/credentials"),
        "GET /v1/credentials HTTP/1.1",
    ),
    (
        "169.254.170.2",
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/me"),
        "GET /v2/credentials/me HTTP/1.1",
    ),
];

#[test]
fn no_proxy_is_asked_for_metadata_and_credentials() {
    let test = this_test!("no_proxy_is_asked_for_metadata_and_credentials");
    in_own_network(test, OF_AWS, || {
        let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
        environment::without_key();
        environment::proxy(&format!("http://{}", proxy.local_addr().unwrap()), "");
        environment::metadata("http://169.254.170.2/v4/me");
        let at_proxy = recording(proxy);
        for (address, variable, expected) in SOURCES {
            let asked = recording(TcpListener::bind((address, 80)).unwrap());
            environment::aws(&[variable]);
            router("http://logs.invalid", &[]).bring(&Chunk::now(&[line("web", "stdout", "hello")]));
            assert_eq!(first(&asked, expected), expected, "{address}");
            if address == "169.254.170.2" {
                let look = "GET /v4/me/task HTTP/1.1";
                assert_eq!(first(&asked, look), look);
            }
        }
        let seen: Vec<String> = at_proxy.try_iter().collect();
        assert!(!seen.is_empty(), "the proxy is used for the destination");
        assert!(seen.iter().all(|line| line == "POST http://logs.invalid/ HTTP/1.1"), "{seen:?}");
    });
}

fn router(endpoint: &str, keys: &[(&str, &str)]) -> Router {
    let usual = [
        ("route.default", "cloudwatch"),
        ("cloudwatch.region", "us-east-1"),
        ("cloudwatch.endpoint", endpoint),
        ("cloudwatch.log_group", GROUP),
        ("cloudwatch.auto_create_group", "on"),
        ("flush_timeout", "2s"),
        ("exit_timeout", "1s"),
    ];
    Router::with(usual.iter().chain(keys))
}

/// The first line like this one, or the last of the others.
fn first(asked: &Receiver<String>, expected: &str) -> String {
    let mut last = String::new();
    while let Ok(line) = asked.recv_timeout(Duration::from_secs(10)) {
        last = line;
        if last == expected {
            break;
        }
    }
    last
}
