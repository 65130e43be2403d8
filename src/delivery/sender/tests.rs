//! Every reply and every failure, on a script and a paused clock: what is sent, when, and what is noted.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::Poll;
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, Method};

use super::*;
use crate::classify::classes::Entry;
use crate::config::Common;
use crate::delivery::verdict::Verdict;
use crate::destination::{Encoded, Endpoint, HttpRequest, Network, RetryTiming, Vendor};
use crate::encode::batch::{Limits, pack};
use crate::encode::partition::{BatchItem, Partition};
use crate::encode::payload::Payload;
use crate::encode::template::RenderContext;
use crate::transport::http::Failure;

const LIMITS: Limits = Limits { bytes: usize::MAX, records: usize::MAX, span_ms: None, ordered: false };

/// How long each request takes, unless the script says otherwise.
const TRIP: Duration = Duration::from_millis(1);

/// A vendor whose status says what the reply means.
#[derive(Debug)]
struct ScriptedVendor;

impl Vendor for ScriptedVendor {
    fn encode(&self, _: &Common, _: &Entry<'_, '_, '_>, _: &RenderContext<'_>, _: &mut Vec<u8>) -> Encoded {
        Encoded::Empty
    }

    fn request(&self, batch: &Batch) -> Request {
        request(Purpose::Deliver, "deliver", batch.payload())
    }

    fn classify_reply(&self, _: &Common, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        let reason = "as scripted".to_owned();
        let all = 0..batch.items.len();
        match reply.status {
            200 => ReplyAction::Delivered,
            206 => {
                ReplyAction::Partial { retry: all.skip(1).collect(), rejected: vec![(0..1, Reason::TooOld)] }
            }
            207 => ReplyAction::Partial { retry: all.collect(), rejected: Vec::new() },
            400 => ReplyAction::Split { reason },
            401 => ReplyAction::Reauthorize { reason },
            403 => ReplyAction::Retry { timing: RetryTiming::NextFlush, reason },
            404 => ReplyAction::Prepare(vec![prepare("make")]),
            405 => ReplyAction::Prepare(vec![prepare("make group"), prepare("make stream")]),
            409 => ReplyAction::Ignored { reason },
            410 => ReplyAction::Rejected { reason },
            _ => ReplyAction::Retry { timing: RetryTiming::Backoff, reason },
        }
    }
}

fn prepare(name: &'static str) -> Request {
    request(Purpose::Prepare(name), name, Payload::default())
}

fn request(purpose: Purpose, url: &str, body: Payload) -> Request {
    let (method, headers) = (Method::POST, HeaderMap::new());
    Request {
        purpose,
        endpoint: Endpoint::Http(HttpRequest { method, url: url.into(), headers, body, sign: None }),
    }
}

/// What answers the requests: the name of each and its body in, the reply out.
pub(super) type Answer = Box<dyn Fn(&str, &[u8]) -> Result<Reply, Failure>>;

pub(super) struct Script {
    answer: Answer,
    trip: Duration,
    sent: RefCell<Vec<(Instant, String)>>,
    under_way: Cell<usize>,
    most_under_way: Cell<usize>,
    refused: Cell<usize>,
}

impl SendRequest for Rc<Script> {
    async fn send(&self, request: &mut Request) -> Result<Reply, Failure> {
        *request = request.clone().compressed();
        let (address, whole) = match &request.endpoint {
            Endpoint::Http(request) => (request.url.clone(), request.body.to_bytes()),
            Endpoint::File { path, lines, .. } => (path.display().to_string(), lines.to_bytes()),
            other => panic!("{other:?}"),
        };
        let body = String::from_utf8_lossy(&whole);
        self.sent.borrow_mut().push((Instant::now(), format!("{address} {body}").trim().to_owned()));
        self.under_way.set(self.under_way.get() + 1);
        self.most_under_way.set(self.most_under_way.get().max(self.under_way.get()));
        tokio::time::sleep(self.trip).await;
        self.under_way.set(self.under_way.get() - 1);
        (self.answer)(&address, &whole)
    }

    fn credentials_refused(&self) {
        self.refused.set(self.refused.get() + 1);
    }
}

/// A sender on a script, and what is known afterwards.
pub(super) struct Stage {
    pub(super) sender: Rc<Sender<Rc<Script>>>,
    script: Rc<Script>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) log: Rc<Log>,
    progress: Rc<Progress>,
    start: Instant,
}

impl Stage {
    fn new(answer: impl Fn(&str, &[u8]) -> Result<Reply, Failure> + 'static) -> Self {
        Self::slow(TRIP, 8, answer)
    }

    /// These replies, then 200 for ever.
    fn replies(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies = RefCell::new(replies.into_iter().collect::<VecDeque<_>>());
        Self::new(move |_, _| Ok(replies.borrow_mut().pop_front().unwrap_or_else(|| status(200))))
    }

    fn slow(
        trip: Duration,
        concurrency: usize,
        answer: impl Fn(&str, &[u8]) -> Result<Reply, Failure> + 'static,
    ) -> Self {
        let network = Network { concurrency, ..Network::default() };
        let common = Common { name: "vendor".into(), ..Common::default() };
        let destination = Destination::new(common, LIMITS, Some(network), ScriptedVendor);
        Self::of(destination, trip, Box::new(answer))
    }

    /// With this destination, which is asked over the script.
    pub(super) fn of(destination: Destination, trip: Duration, answer: Answer) -> Self {
        let metrics = Arc::new(Metrics::new(Vec::new(), vec![destination.common.name.clone()]));
        let script = Rc::new(Script {
            answer,
            trip,
            sent: <_>::default(),
            under_way: <_>::default(),
            most_under_way: <_>::default(),
            refused: <_>::default(),
        });
        let log = Rc::new(Log::new(0));
        let sender = Sender::new(0, destination, Rc::clone(&script), Arc::clone(&metrics), Rc::clone(&log));
        let sender = Rc::new(sender);
        Self { sender, script, metrics, log, progress: Progress::new(1), start: Instant::now() }
    }

    /// Sends one batch of this many records, with ten seconds to do it.
    async fn send(&self, records: u32) -> Verdict {
        self.send_within(records, Duration::from_secs(10)).await
    }

    async fn send_within(&self, records: u32, time: Duration) -> Verdict {
        self.progress.expect(0, records);
        self.run(0..records, time).await;
        crate::delivery::verdict::verdict(&self.progress, [true])
    }

    async fn run(&self, ordinals: std::ops::Range<u32>, time: Duration) {
        let sender = Rc::clone(&self.sender);
        sender.send_batch(batch(ordinals), Rc::clone(&self.progress), Instant::now() + time).await;
    }

    /// What was sent.
    pub(super) fn sent(&self) -> Vec<String> {
        self.script.sent.borrow().iter().map(|(_, what)| what.clone()).collect()
    }

    /// The pauses between one request's reply and the next request.
    fn pauses(&self) -> Vec<Duration> {
        let sent = self.script.sent.borrow();
        sent.windows(2).map(|pair| pair[1].0 - pair[0].0 - self.script.trip).collect()
    }

    /// Delivered, requests, retries.
    fn counts(&self) -> (u64, u64, u64) {
        let counters = &self.metrics.snapshot()[0];
        (counters.delivered, counters.requests, counters.retries)
    }

    pub(super) fn lost(&self) -> Vec<(Reason, u64)> {
        self.metrics.snapshot()[0].lost.clone()
    }
}

/// Records that are one letter each.
fn batch(ordinals: std::ops::Range<u32>) -> Batch {
    let mut partition = Partition::default();
    for ordinal in ordinals {
        let (place, ()) = partition.write(0, |out| out.push(b'a' + u8::try_from(ordinal).unwrap()));
        partition.push(BatchItem { ordinal, at_ms: 0, start: place.start, end: place.end, size: 1 });
    }
    pack(partition, &LIMITS).remove(0)
}

fn status(status: u16) -> Reply {
    Reply { status, ..Reply::default() }
}

fn asking_for(seconds: &str) -> Reply {
    let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(seconds).unwrap())]);
    Reply { status: 503, headers, ..Reply::default() }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_at_once_is_sent_once() {
    let stage = Stage::replies([]);
    assert_eq!(stage.send(3).await, Verdict::Ok);
    assert_eq!(stage.sent(), ["deliver abc"]);
    assert_eq!(stage.counts(), (3, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn bytes_are_those_of_bodies_that_were_taken() {
    let stage = Stage::replies([503, 404, 200, 206].map(status));
    assert_eq!(stage.send(3).await, Verdict::Ok);
    assert_eq!(stage.sent(), ["deliver abc", "deliver abc", "make", "deliver abc", "deliver bc"]);
    assert_eq!(stage.metrics.snapshot()[0].bytes, 5);
    assert_eq!(stage.metrics.snapshot()[0].billed, 2, "one was refused, and the others are billed once");
}

#[tokio::test(start_paused = true)]
async fn pauses_double_with_jitter_up_to_five_seconds() {
    let stage = Stage::new(|_, _| Ok(status(503)));
    assert_eq!(stage.send_within(1, Duration::from_secs(40)).await, Verdict::Retry);
    let pauses = stage.pauses();
    for (attempt, pause) in pauses.iter().enumerate() {
        let ceiling = ms(100 * (1 << attempt.min(20))).min(ms(5_000));
        assert!((ceiling / 2..=ceiling + ms(1)).contains(pause), "pause {attempt} is {pause:?}");
    }
    // Ten seconds in vain, and the destination is left alone.
    assert!((6..=9).contains(&pauses.len()), "{pauses:?}");
    assert_eq!(stage.counts().1, pauses.len() as u64 + 1, "every further request is a retry");
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_keeps_failing_is_left_alone_and_tried_now_and_then() {
    let works = Rc::new(Cell::new(false));
    let seen = Rc::clone(&works);
    let stage = Stage::new(move |_, _| Ok(status(if seen.get() { 200 } else { 503 })));
    assert_eq!(stage.send_within(1, ms(40_000)).await, Verdict::Retry);
    let (sent, before) = (stage.sent().len(), Instant::now());
    for _ in 0..100 {
        assert_eq!(stage.send_within(3, ms(40_000)).await, Verdict::Retry);
    }
    assert_eq!((stage.sent().len(), before.elapsed()), (sent, ms(0)), "answered at once, nothing sent");
    // Once the breaker has been open for 5 s, or for 10 s if the last pause lasted until the first probe.
    tokio::time::advance(ms(10_000)).await;
    assert_eq!(stage.send_within(1, ms(40_000)).await, Verdict::Retry);
    assert_eq!(stage.sent().len(), sent + 1, "one request probes");
    works.set(true);
    tokio::time::advance(ms(20_000)).await;
    assert_eq!(stage.send_within(3, ms(40_000)).await, Verdict::Ok);
}

#[tokio::test(start_paused = true)]
async fn a_pause_the_vendor_asks_for_is_kept_to_the_second() {
    let stage = Stage::replies([asking_for("3")]);
    assert_eq!(stage.send(1).await, Verdict::Ok);
    assert!((ms(3_000)..ms(3_010)).contains(&stage.pauses()[0]), "{:?}", stage.pauses());
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_the_deadline_ends_the_attempt_at_once() {
    let stage = Stage::new(|_, _| Ok(asking_for("11")));
    assert_eq!(stage.send(1).await, Verdict::Retry);
    assert!(stage.start.elapsed() < ms(100));
    assert_eq!(stage.counts(), (0, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_the_clock_ends_the_attempt_too() {
    let stage = Stage::new(|_, _| Ok(asking_for("18446744073709551615")));
    assert_eq!(stage.send(1).await, Verdict::Retry);
    assert_eq!(stage.counts(), (0, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_asks_for_no_pause_is_not_stormed() {
    let stage = Stage::new(|_, _| Ok(asking_for("0")));
    assert_eq!(stage.send(1).await, Verdict::Retry);
    assert!(stage.sent().len() < 150, "{} requests in ten seconds", stage.sent().len());
}

#[tokio::test(start_paused = true)]
async fn no_attempt_begins_after_the_deadline_but_one_under_way_is_waited_for() {
    let stage = Stage::slow(ms(700), 8, |_, _| Ok(status(503)));
    assert_eq!(stage.send_within(1, ms(1_000)).await, Verdict::Retry);
    let last = stage.script.sent.borrow().last().unwrap().0;
    assert!(last - stage.start < ms(1_000));
    let late = Stage::slow(ms(5_000), 8, |_, _| Ok(status(200)));
    assert_eq!(late.send_within(1, ms(1_000)).await, Verdict::Ok, "its outcome is known");
}

#[tokio::test(start_paused = true)]
async fn no_attempt_begins_after_the_deadline_even_when_it_waited_for_its_turn() {
    let stage = Stage::slow(ms(5_000), 1, |_, _| Ok(status(503)));
    stage.progress.expect(0, 3);
    let run = |at| stage.run(at..at + 1, ms(1_000));
    tokio::join!(run(0), run(1), run(2));
    assert_eq!(stage.sent(), ["deliver a"]);
}

#[tokio::test(start_paused = true)]
async fn a_flush_whose_time_is_up_sends_nothing() {
    let stage = Stage::replies([]);
    assert_eq!(stage.send_within(1, Duration::ZERO).await, Verdict::Retry);
    assert_eq!(stage.counts(), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_a_person_must_mend_is_not_tried_again() {
    let stage = Stage::new(|_, _| Ok(status(403)));
    assert_eq!(stage.send(1).await, Verdict::Retry);
    assert_eq!(stage.counts(), (0, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn every_failure_of_the_way_is_tried_again_but_what_a_person_must_mend() {
    let failures = [
        (Failure::Connect("h".into()), 2),
        (Failure::Timeout("h".into()), 2),
        (Failure::Interrupted("h".into()), 2),
        (Failure::Local("disk".into()), 2),
        (Failure::Credentials("none".into()), 1),
        (Failure::Path("no such folder".into()), 1),
    ];
    for (failure, attempts) in failures {
        let failing = RefCell::new(Some(failure.clone()));
        let stage = Stage::new(move |_, _| match failing.borrow_mut().take() {
            Some(failure) => Err(failure),
            None => Ok(status(200)),
        });
        let verdict = stage.send(1).await;
        assert_eq!(stage.sent().len(), attempts, "{failure:?}");
        assert_eq!(verdict == Verdict::Ok, attempts == 2, "{failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_are_renewed_at_once_and_then_with_pauses() {
    let stage = Stage::replies([status(401), status(401), status(401)]);
    assert_eq!(stage.send(1).await, Verdict::Ok);
    assert_eq!(stage.script.refused.get(), 3);
    let pauses = stage.pauses();
    assert_eq!(pauses[0], Duration::ZERO);
    assert!(pauses[1] >= ms(100) && pauses[2] >= ms(200), "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn a_poisoned_batch_is_halved_until_the_poison_stands_alone() {
    let stage = Stage::new(|_, body| Ok(status(if body.contains(&b'f') { 400 } else { 200 })));
    assert_eq!(stage.send(8).await, Verdict::Ok);
    let sent = ["abcdefgh", "abcd", "efgh", "ef", "e", "f", "gh"].map(|records| format!("deliver {records}"));
    assert_eq!(stage.sent(), sent, "in order");
    assert_eq!(stage.lost(), [(Reason::Refused, 1)]);
    assert_eq!(stage.counts().0, 7);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_good_is_counted_and_settled() {
    let stage = Stage::replies([status(410)]);
    assert_eq!(stage.send(4).await, Verdict::Ok);
    assert_eq!(stage.lost(), [(Reason::Refused, 4)]);
    assert_eq!(stage.counts(), (0, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn only_the_part_that_was_not_taken_is_sent_again() {
    let stage = Stage::replies([status(206)]);
    assert_eq!(stage.send(3).await, Verdict::Ok);
    assert_eq!(stage.sent(), ["deliver abc", "deliver bc"]);
    assert_eq!(stage.lost(), [(Reason::TooOld, 1)]);
    assert_eq!(stage.counts().0, 2);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_is_never_taken_is_tried_with_pauses() {
    let stage = Stage::new(|_, _| Ok(status(207)));
    assert_eq!(stage.send(3).await, Verdict::Retry);
    assert!(stage.sent().len() < 150, "{} requests in ten seconds", stage.sent().len());
}

#[tokio::test(start_paused = true)]
async fn what_must_be_made_first_is_made_even_when_the_deadline_passes_meanwhile() {
    let made = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&made);
    let stage = Stage::slow(Duration::from_secs(5), 8, move |what, _| {
        let is_made = seen.borrow().len() == 2;
        if what != "deliver" {
            seen.borrow_mut().push(what.to_owned());
        }
        Ok(status(if what == "deliver" && !is_made { 405 } else { 200 }))
    });
    assert_eq!(stage.send_within(2, Duration::from_secs(4)).await, Verdict::Retry);
    assert_eq!(
        *made.borrow(),
        ["make group", "make stream"],
        "records wait for the replay, what it needs does not"
    );
    assert_eq!(stage.send_within(2, Duration::from_secs(4)).await, Verdict::Ok);
    assert_eq!(stage.sent(), ["deliver ab", "make group", "make stream", "deliver ab"]);
}

#[tokio::test(start_paused = true)]
async fn a_preparation_that_never_succeeds_is_not_tried_for_ever() {
    let stage = Stage::new(|what, _| Ok(status(if what == "deliver" { 404 } else { 503 })));
    let start = Instant::now();
    assert_eq!(stage.send_within(1, Duration::from_secs(4)).await, Verdict::Retry);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn ten_minutes_of_throttling_lose_nothing_and_repeat_nothing() {
    let works_again = Instant::now() + Duration::from_secs(600);
    let stage = Stage::new(move |_, _| Ok(status(if Instant::now() < works_again { 429 } else { 200 })));
    let mut flushes = 1;
    while stage.send(20).await == Verdict::Retry {
        // Fluent Bit's back-off is random; a chunk among many comes about so often.
        tokio::time::sleep(Duration::from_secs(10 * flushes.min(3))).await;
        flushes += 1;
    }
    let late = stage.start.elapsed() - Duration::from_secs(600);
    assert!(late < Duration::from_secs(100), "it takes {late:?} to notice that the service is back");
    assert_eq!(stage.counts().0, 20);
    let taken = stage.script.sent.borrow().iter().filter(|(at, _)| *at + TRIP >= works_again).count();
    assert_eq!(taken, 1, "what was taken was sent once");
    assert!(
        stage.sent().len() < 40,
        "{} requests are no way to treat a service that throttles",
        stage.sent().len()
    );
    assert_eq!(stage.lost(), []);
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_made_first_and_then_the_same_batch_goes_out() {
    let stage = Stage::replies([status(404), status(405), status(200), status(200)]);
    assert_eq!(stage.send(2).await, Verdict::Ok);
    assert_eq!(stage.sent(), ["deliver ab", "make", "make group", "make stream", "deliver ab"]);
}

#[tokio::test(start_paused = true)]
async fn a_preparation_is_retried_and_one_that_can_be_done_without_is_not() {
    let stage = Stage::replies([status(405), status(503), status(200), status(409)]);
    assert_eq!(stage.send(1).await, Verdict::Ok);
    assert_eq!(stage.sent(), ["deliver a", "make group", "make group", "make stream", "deliver a"]);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_asks_for_preparations_for_ever_is_not_followed() {
    let stage = Stage::new(|_, _| Ok(status(404)));
    assert_eq!(stage.send(1).await, Verdict::Retry);
    assert!(stage.sent().len() < 20, "{}", stage.sent().len());
}

/// What was just made may not be found for a while. Two things that are asked for one after the other are not a repeat.
#[tokio::test(start_paused = true)]
async fn what_was_made_and_is_not_found_yet_is_made_again_after_growing_pauses() {
    let ok = || status(200);
    let stage = Stage::replies([status(404), ok(), status(404), ok(), status(404), ok(), status(404), ok()]);
    assert_eq!(stage.send(1).await, Verdict::Ok);
    assert_eq!(stage.sent().join(" "), ["deliver a make"; 4].join(" ") + " deliver a");
    let pauses = stage.pauses();
    let (between, within): (Vec<_>, Vec<_>) = (0..8).partition(|at| [2, 4, 6].contains(at));
    assert!(within.iter().all(|at: &usize| pauses[*at] == Duration::ZERO), "{pauses:?}");
    for (at, longest) in between.into_iter().zip([100, 200, 400]) {
        assert!((ms(longest / 2)..=ms(longest + 1)).contains(&pauses[at]), "{pauses:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_for_what_was_made_keeps_nobody_else_from_preparing() {
    let found = Cell::new(false);
    let stage = Stage::new(move |url, body| {
        let code = match (url, body) {
            ("deliver", b"a") | ("make", _) => 404,
            ("deliver", _) if !found.replace(true) => 405,
            _ => 200,
        };
        Ok(status(code))
    });
    stage.progress.expect(0, 2);
    let later = async {
        tokio::time::sleep(ms(3_000)).await;
        let start = Instant::now();
        stage.run(1..2, ms(5_000)).await;
        start.elapsed()
    };
    let (_, took) = tokio::join!(stage.run(0..1, ms(10_000)), later);
    assert!(took < ms(50), "{took:?}");
    assert_eq!(stage.counts().0, 1);
}

#[tokio::test(start_paused = true)]
async fn many_batches_that_lack_the_same_thing_make_it_one_at_a_time() {
    let made = Cell::new(false);
    let stage = Stage::slow(ms(10), 8, move |url, _| {
        let found = made.get();
        made.set(found || url == "make");
        Ok(status(if found || url == "make" { 200 } else { 404 }))
    });
    stage.progress.expect(0, 20);
    side_by_side((0..20).map(|at| stage.run(at..at + 1, ms(10_000)))).await;
    assert_eq!(crate::delivery::verdict::verdict(&stage.progress, [true]), Verdict::Ok);
    let order: Vec<Instant> =
        stage.script.sent.borrow().iter().filter(|(_, what)| what == "make").map(|(at, _)| *at).collect();
    assert!(order.windows(2).all(|pair| pair[1] - pair[0] >= ms(10)), "two preparations at one time");
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_are_under_way_than_configured_and_a_pause_holds_no_place() {
    let failed = Cell::new(false);
    let stage = Stage::slow(ms(10), 2, move |_, body| {
        let first = body == b"a" && !failed.replace(true);
        Ok(if first { asking_for("5") } else { status(200) })
    });
    stage.progress.expect(0, 10);
    side_by_side((0..10).map(|at| stage.run(at..at + 1, ms(10_000)))).await;
    assert_eq!(stage.script.most_under_way.get(), 2);
    let sent = stage.script.sent.borrow();
    let others = sent.iter().filter(|(_, what)| what != "deliver a").map(|(at, _)| *at).max().unwrap();
    assert!(others - stage.start < ms(200), "the others do not wait for the one that pauses");
}

async fn side_by_side(futures: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        futures.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if futures.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
