//! One destination of three is dead; the others neither wait nor get anything twice.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use ecs_router::Verdict;
use ecs_router::instance::Instance;
use fake_cloud::{Api, Cloud, Fault};

use crate::feed::Feed;
use crate::host::{Host, Output, with_each_host};
use crate::tally::{at_path, tally};
use test_support::chunk::Chunk;
use test_support::environment;
use test_support::port::free_port;
use test_support::process::until;
use test_support::record::line;

/// Everything to three HTTP endpoints, `c` at this address.
fn to_three(cloud: &Cloud, dead: &str) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::from([("route.default".to_owned(), "a, b, c".to_owned())]);
    for name in ["a", "b", "c"] {
        let address = if name == "c" { dead.to_owned() } else { cloud.endpoint() };
        keys.insert(format!("{name}.type"), "http".to_owned());
        keys.insert(format!("{name}.url"), format!("{address}/http/{name}"));
        keys.insert(format!("{name}.timeout"), "1s".to_owned());
    }
    keys
}

/// The two living ones get everything while the third is dead, and it gets everything when it is back.
#[test]
fn one_of_three_destinations_is_dead() {
    with_each_host(|setup| {
        let (cloud, port) = (Cloud::start(), free_port());
        let keys = to_three(&cloud, &format!("http://127.0.0.1:{port}"));
        let output = Output::new(keys.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        // A busy machine is not what this is about.
        let output = output.with("flush_timeout", "2s").with("a.timeout", "30s").with("b.timeout", "30s");
        let mut host = Host::new(setup, output).start();
        let mut feed = Feed::default();
        feed.send(&host, setup.lines(5_000));
        let line = |name: &str, cloud: &Cloud| {
            let path = format!("/http/{name}");
            let what = if name == "c" { "dead, then back" } else { "living" };
            tally("one of three dead", &host, &format!("{name} ({what})"), &feed.sent, || {
                at_path(cloud, &path)
            })
        };
        line("a", &cloud).expect_once(&host);
        line("b", &cloud).expect_once(&host);
        let back = Cloud::builder().port(port).start();
        line("c", &back).expect_once(&host);
        line("a", &cloud).expect_once(&host);
        host.end();
    });
}

/// What a request to a living destination takes; so the machine's speed does not matter.
const TRIP: Duration = Duration::from_millis(20);

/// Flushes at one time, as with `Workers 2`.
const WORKERS: usize = 2;

/// Fluent Bit's shortest back-off unless configured otherwise.
const BACK_OFF: Duration = Duration::from_secs(5);

/// How long the living ones are measured.
const WINDOW: Duration = Duration::from_secs(2);

/// An instance in this process with two workers that flush without pause, and replay what is asked for again.
struct Load {
    cloud: Cloud,
    instance: Instance,
    ends: AtomicBool,
}

impl Load {
    fn new(third: Option<&str>) -> Arc<Self> {
        environment::of_the_fake_cloud();
        let cloud = Cloud::start();
        cloud.script_where(Api::Http, |_| true, Fault::slow(TRIP));
        let mut keys = to_three(&cloud, third.unwrap_or(&cloud.endpoint()));
        keys.insert("flush_timeout".to_owned(), "2s".to_owned());
        keys.insert("exit_timeout".to_owned(), "1s".to_owned());
        let instance = std::thread::spawn(move || Instance::start(0, &keys).unwrap()).join().unwrap();
        Arc::new(Self { cloud, instance, ends: AtomicBool::new(false) })
    }

    fn work(&self, worker: usize) {
        let mut again = std::collections::VecDeque::new();
        for number in 0.. {
            if self.ends.load(Relaxed) {
                return;
            }
            let due = again.pop_front_if(|(due, _): &mut (Instant, Chunk)| *due <= Instant::now());
            let text = format!("n={number} of worker {worker}");
            let chunk = due.map_or_else(|| Chunk::now(&[line("web", "stdout", &text)]), |(_, chunk)| chunk);
            if self.instance.flush(b"app", chunk.bytes()) == Verdict::Retry {
                again.push_back((Instant::now() + BACK_OFF, chunk));
            }
        }
    }

    /// Records per second at the living ones, the slower of both, over this time.
    fn rate(self: &Arc<Self>, time: Duration) -> f64 {
        self.ends.store(false, Relaxed);
        let (start, before) = (Instant::now(), self.arrived());
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let this = Arc::clone(self);
                std::thread::spawn(move || this.work(worker))
            })
            .collect();
        std::thread::sleep(time);
        let (arrived, took) = (self.arrived() - before, start.elapsed());
        self.ends.store(true, Relaxed);
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        f64::from(u32::try_from(arrived).unwrap()) / took.as_secs_f64()
    }

    fn arrived(&self) -> usize {
        ["a", "b"].map(|name| at_path_len(&self.cloud, name)).into_iter().min().unwrap()
    }

    /// Flushes until the dead one is left alone.
    #[track_caller]
    fn wait_until_left_alone(self: &Arc<Self>) {
        let metrics = self.instance.metrics();
        let dead = metrics.snapshot().iter().position(|counters| counters.name == "c").unwrap();
        let is_open = || {
            self.rate(Duration::from_millis(500));
            metrics.destination(dead).is_breaker_open().then_some(())
        };
        until(Duration::from_secs(40), is_open).expect("a destination that is dead is left alone");
    }
}

fn at_path_len(cloud: &Cloud, name: &str) -> usize {
    let path = format!("/http/{name}");
    cloud.http().values(&path).len()
}

/// The living ones keep nine tenths of their speed once the dead one is left alone, which takes ten seconds of failures;
/// the best of three windows, each against one in which all three live.
#[track_caller]
fn expect_nine_tenths(what: &str, dead: &str) {
    let (whole, wounded) = (Load::new(None), Load::new(Some(dead)));
    wounded.wait_until_left_alone();
    let ratios = [(); 3].map(|()| wounded.rate(WINDOW) / whole.rate(WINDOW));
    let best = ratios.into_iter().fold(0.0, f64::max);
    println!(
        "| one of three {what}: records per second of the living ones, against all three living | {ratios:.2?} |"
    );
    assert!(best >= 0.9, "{ratios:.2?}");
}

#[test]
fn the_living_keep_their_speed_beside_one_that_refuses_connections() {
    expect_nine_tenths("refuses connections", &format!("http://127.0.0.1:{}", free_port()));
}

#[test]
fn the_living_keep_their_speed_beside_one_that_never_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    expect_nine_tenths("never answers", &format!("http://{}", listener.local_addr().unwrap()));
}
