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
use crate::level::LogLevel;
use crate::limit::{DropNotice, DropRule, DropSpan};
use crate::log::Level;
use crate::printable;

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

/// Records about dropped lines, one for each level, until they have arrived where the lines would have gone.
struct DropReport {
    notice: DropNotice,
    class: String,
    records: Vec<OwnRecord>,
    progress: Rc<Progress>,
}

/// What is said of dropped lines.
#[derive(Clone, Copy)]
struct DropMessage<'n> {
    notice: &'n DropNotice,
    /// Which of the dropped lines are meant.
    span: DropSpan,
    /// The level of these lines, if others have another.
    level: Option<LogLevel>,
    class: &'n str,
    /// The rule as the user wrote it.
    value: &'n str,
    since: Duration,
}

impl fmt::Display for DropMessage<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { notice, span, level, class, value, since } = self;
        write!(formatter, "{} ", span.count)?;
        if let Some(level) = level {
            write!(formatter, "{} ", level.name())?;
        }
        match &notice.source {
            Some(source) => write!(formatter, "lines of container {}", printable::line(&source.container))?,
            None => formatter.write_str("lines of other containers")?,
        }
        write!(formatter, " dropped by {}.{class} ({value}) in the last ", notice.rule.word())?;
        match since.abs_diff(INTERVAL) < Duration::from_secs(2) {
            true => formatter.write_str("minute"),
            false => write!(formatter, "{} s", since.as_secs().max(1)),
        }
    }
}

impl DropMessage<'_> {
    /// A record for each level.
    fn records(self, now: Timestamp) -> Vec<OwnRecord> {
        let levels = &self.notice.levels;
        let are_several = levels.iter().len() > 1;
        let record = |(level, span): (Option<LogLevel>, DropSpan)| OwnRecord {
            at_ms: now.as_millisecond(),
            content: Self { span, level: level.filter(|_| are_several), ..self }.record(now),
            level,
        };
        levels.iter().map(record).collect()
    }

    /// One of them, with what leads it to the stream of the lines.
    fn record(&self, now: Timestamp) -> Value {
        let DropNotice { rule, source, .. } = self.notice;
        let DropSpan { count, first_ms, last_ms } = &self.span;
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

    /// Writes the line, and returns the records. A limit that drops lines was perhaps not meant to; a sample was.
    fn tell(&self, notice: DropNotice, since: Duration) -> DropReport {
        let class = self.pipeline.class_name(notice.class).to_owned();
        let value = self.pipeline.rule_text(notice.class, notice.rule);
        let message = DropMessage {
            notice: &notice,
            span: notice.span,
            level: None,
            class: &class,
            value: &value,
            since,
        };
        let level = match notice.rule {
            DropRule::Limit => Level::Warn,
            DropRule::Sample => Level::Info,
        };
        self.log.line(level, message);
        let records = message.records(Timestamp::now());
        DropReport { notice, class, records, progress: Progress::new(self.senders.len()) }
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

    /// `false`: some destination has not taken the records.
    async fn send_drop_report(&self, report: &DropReport, deadline: Instant) -> bool {
        let DropReport { notice, class, records, progress } = report;
        let route = self.pipeline.route(notice.class);
        let routes = self.pipeline.routes_to(route);
        let tag = notice.source.as_ref().map_or(TAG, |source| &source.tag);
        self.send_own(&routes, OwnNames { tag, class }, records, progress, deadline).await;
        route.iter().all(|index| progress.missing(*index) == 0)
    }
}

#[cfg(test)]
mod tests;
