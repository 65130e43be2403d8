//! Tells once a minute how many lines limits and samples dropped: a line in the log, and a record where the lines would
//! have gone, so that whoever reads them sees the gap.
//!
//! Owns: the words, when, and that a record is sent until it has arrived. Does not own: what was dropped (`limit`).

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout_at};

use super::Router;
use super::own_records::OwnNames;
use super::process::OwnRecord;
use crate::delivery::progress::Progress;
use crate::limit::{DropNotice, DropRule, DropSpan};
use crate::log::Level;

/// How often it is told.
const INTERVAL: Duration = Duration::from_secs(60);

/// The tag of a record about several containers.
const TAG: &[u8] = b"ecs_router.limit";

/// Records that wait because their destination takes none; with one more the oldest is given up.
const MAX_WAITING: usize = 200;

/// What was dropped and is not told yet where it belongs.
pub(super) struct DropReports {
    waiting: RefCell<Vec<Rc<DropReport>>>,
    /// Held by whoever sends them: a record that is on its way must not be sent again.
    turn: Mutex<()>,
    told_at: Cell<Instant>,
}

impl Default for DropReports {
    fn default() -> Self {
        Self { waiting: RefCell::default(), turn: Mutex::default(), told_at: Cell::new(Instant::now()) }
    }
}

impl DropReports {
    /// `false`: the oldest had to go.
    fn keep(&self, report: DropReport) -> bool {
        let mut waiting = self.waiting.borrow_mut();
        let is_full = waiting.len() >= MAX_WAITING;
        if is_full {
            waiting.remove(0);
        }
        waiting.push(Rc::new(report));
        !is_full
    }

    fn forget(&self, report: &Rc<DropReport>) {
        self.waiting.borrow_mut().retain(|other| !Rc::ptr_eq(other, report));
    }
}

/// A record about dropped lines, until it has arrived where they would have gone.
struct DropReport {
    notice: DropNotice,
    class: String,
    record: OwnRecord,
    progress: Rc<Progress>,
}

/// What is said of dropped lines.
struct DropMessage<'n> {
    notice: &'n DropNotice,
    class: &'n str,
    /// The rule as the user wrote it.
    value: String,
    since: Duration,
}

impl fmt::Display for DropMessage<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { notice, class, value, since } = self;
        let count = notice.span.count;
        match &notice.source {
            Some(source) => write!(formatter, "{count} lines of container {}", source.container)?,
            None => write!(formatter, "{count} lines of other containers")?,
        }
        write!(formatter, " dropped by {}.{class} ({value}) in the last ", notice.rule.word())?;
        match since.abs_diff(INTERVAL) < Duration::from_secs(2) {
            true => formatter.write_str("minute"),
            false => write!(formatter, "{} s", since.as_secs().max(1)),
        }
    }
}

impl DropMessage<'_> {
    /// The record, with what leads it to the stream of the lines.
    fn record(&self, now: Timestamp) -> Value {
        let DropNotice { rule, span, source, .. } = self.notice;
        let DropSpan { count, first_ms, last_ms } = span;
        let time = |millis: i64| Timestamp::from_millisecond(millis).unwrap_or(now).to_string();
        let mut record = json!({
            "log": format!("ecs_router: {self}"),
            "router_event": "dropped_lines",
            "dropped_lines": count,
            "dropped_by": format!("{}.{}", rule.word(), self.class),
            "first_dropped_at": time(*first_ms),
            "last_dropped_at": time(*last_ms),
        });
        for (name, value) in source.iter().flat_map(|source| &source.fields) {
            record[*name] = value.as_str().into();
        }
        record
    }
}

impl Router {
    /// Tells each minute from now on, until the set is dropped. Empty where nothing is limited.
    pub(crate) fn start_drop_reports(self: &Rc<Self>) -> JoinSet<()> {
        let mut running = JoinSet::new();
        if self.pipeline.limiter().is_some() {
            let this = Rc::clone(self);
            running.spawn_local(async move {
                let mut ticks = interval_at(Instant::now() + INTERVAL, INTERVAL);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                loop {
                    ticks.tick().await;
                    this.report_drops(Instant::now() + this.flush_timeout).await;
                }
            });
        }
        running
    }

    /// Tells what was dropped since the last time.
    pub(crate) async fn report_drops(&self, deadline: Instant) {
        let since = self.drop_reports.told_at.replace(Instant::now()).elapsed();
        let notices = self.pipeline.limiter().map(|limiter| limiter.take_notices()).unwrap_or_default();
        for notice in notices {
            if !self.drop_reports.keep(self.tell(notice, since)) {
                let text = "records about dropped lines are given up, because a destination takes none; the log has their numbers";
                self.log.once_a_minute(Level::Warn, "drop_reports", text);
            }
        }
        if let Ok(_turn) = timeout_at(deadline, self.drop_reports.turn.lock()).await {
            self.send_drop_reports(deadline).await;
        }
    }

    /// Writes the line, and returns the record. A limit that drops lines was perhaps not meant to; a sample was.
    fn tell(&self, notice: DropNotice, since: Duration) -> DropReport {
        let class = self.pipeline.class_name(notice.class).to_owned();
        let value = self.pipeline.rule_text(notice.class, notice.rule);
        let message = DropMessage { notice: &notice, class: &class, value, since };
        let level = match notice.rule {
            DropRule::Limit => Level::Warn,
            DropRule::Sample => Level::Info,
        };
        self.log.line(level, &message);
        let now = Timestamp::now();
        let record = OwnRecord { at_ms: now.as_millisecond(), content: message.record(now) };
        DropReport { notice, class, record, progress: Progress::new(self.senders.len()) }
    }

    /// Sends what waits; what does not arrive waits on.
    async fn send_drop_reports(&self, deadline: Instant) {
        let waiting = self.drop_reports.waiting.borrow().clone();
        for report in waiting {
            if self.send_drop_report(&report, deadline).await {
                self.drop_reports.forget(&report);
            }
        }
    }

    /// `false`: some destination has not taken the record.
    async fn send_drop_report(&self, report: &DropReport, deadline: Instant) -> bool {
        let DropReport { notice, class, record, progress } = report;
        let route = self.pipeline.route(notice.class);
        let routes = self.pipeline.routes_to(route);
        let tag = notice.source.as_ref().map_or(TAG, |source| &source.tag);
        let records = std::slice::from_ref(record);
        self.send_own(&routes, OwnNames { tag, class }, records, progress, deadline).await;
        route.iter().all(|index| progress.missing(*index) == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::classes::Class;
    use crate::limit::DropSource;

    fn message(source: Option<DropSource>, since: u64) -> (String, Value) {
        let span = DropSpan { count: 1_234, first_ms: 1_795_000_000_000, last_ms: 1_795_000_059_000 };
        let notice = DropNotice { class: Class::Stdout, rule: DropRule::Limit, span, source };
        let message = DropMessage {
            notice: &notice,
            class: "stdout",
            value: "500/s per container, burst 2000".to_owned(),
            since: Duration::from_millis(since),
        };
        (message.to_string(), message.record(Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn a_reader_sees_how_much_of_which_container_is_missing_and_why() {
        let source = DropSource {
            container: "web".to_owned(),
            tag: b"web-firelens-1".to_vec(),
            fields: vec![("container_name", "/web".to_owned()), ("ecs_cluster", "prod".to_owned())],
        };
        let (text, record) = message(Some(source), 60_004);
        let expected = "1234 lines of container web dropped by limit.stdout (500/s per container, burst 2000) in the last minute";
        assert_eq!(text, expected);
        assert_eq!(record["log"], format!("ecs_router: {expected}"));
        assert_eq!((&record["dropped_lines"], &record["container_name"]), (&json!(1_234), &json!("/web")));
        assert_eq!(record["last_dropped_at"], "2026-11-18T11:07:39Z");
    }

    #[test]
    fn what_is_told_at_the_end_says_of_how_long_it_is() {
        let (text, _) = message(None, 7_400);
        assert!(text.starts_with("1234 lines of other containers dropped"), "{text}");
        assert!(text.ends_with("in the last 7 s"), "{text}");
    }
}
