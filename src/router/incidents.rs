//! Sends the news of incidents that no chunk carries, and keeps the incidents' file.
//!
//! Owns: when time passes for incidents, when news goes out and again, and when the file is written. Does not own: what
//! is news (`incident`), or how it is delivered (`delivery`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::{Router, join_all};
use crate::delivery::progress::Progress;
use crate::delivery::verdict::Verdict;
use crate::encode::template::NEWS_TAG;
use crate::incident::{IncidentNews, IncidentTracker, StateFile};
use crate::log::{Level, Log};
use crate::router::process::process_news;

/// How often time passes while an incident is open.
const INTERVAL: Duration = Duration::from_secs(1);

/// Pause before news is sent again, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How long news that some have is sent again to those that lack it, before newer news goes first.
const MAX_PARTIAL_AGE: Duration = Duration::from_mins(10);

/// Sends news of one instance's incidents.
pub(crate) struct IncidentNotifier {
    router: Rc<Router>,
    tracker: Rc<IncidentTracker>,
    file: Option<StateFile>,
    log: Rc<Log>,
    /// The news that is being sent.
    flight: RefCell<Option<Flight>>,
    saved_changes: Cell<u64>,
    end: watch::Sender<bool>,
    running: RefCell<JoinSet<()>>,
}

/// News on its way.
struct Flight {
    news: Vec<IncidentNews>,
    progress: Rc<Progress>,
    started: Instant,
    attempts: u32,
    next: Instant,
}

impl IncidentNotifier {
    /// Goes on where an earlier process ended, and sends from now on; `None` where stops become no incidents.
    pub(crate) fn start(router: &Rc<Router>, log: &Rc<Log>) -> Option<Rc<Self>> {
        let tracker = Rc::clone(router.pipeline.incidents()?);
        let notifier = Rc::new(Self {
            file: router.incident_file.take(),
            router: Rc::clone(router),
            saved_changes: Cell::new(tracker.look(|incidents| incidents.changes())),
            tracker,
            log: Rc::clone(log),
            flight: RefCell::default(),
            end: watch::Sender::new(false),
            running: RefCell::default(),
        });
        notifier.restore();
        let running = Rc::clone(&notifier).run();
        notifier.running.borrow_mut().spawn_local(running);
        Some(notifier)
    }

    fn restore(&self) {
        let Some(file) = &self.file else { return };
        let text = match file.read() {
            Ok(Some(text)) => text,
            Ok(None) => return,
            Err(error) => return self.complain_about_file("read", &error),
        };
        let restored = self.tracker.with(|incidents, now| incidents.restore(&text, now));
        if let Err(problem) = restored {
            let aside = file.set_aside().map(|aside| aside.display().to_string());
            let aside = aside.unwrap_or_else(|error| format!("nowhere ({error})"));
            let text = format_args!(
                "incident.state_path: {} cannot be read: {problem}; it is moved to {aside}, and open incidents will be told \
                 anew",
                file.path().display()
            );
            self.log.line(Level::Warn, text);
        }
    }

    async fn run(self: Rc<Self>) {
        let mut end = self.end.subscribe();
        while !*end.borrow_and_update() {
            self.pass_time();
            tokio::select! {
                () = self.deliver(Instant::now() + self.router.flush_timeout) => {}
                () = self.keep_saving() => {}
            }
            self.save();
            let is_idle =
                self.flight.borrow().is_none() && self.tracker.look(|incidents| incidents.is_idle());
            tokio::select! {
                changed = end.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(INTERVAL), if !is_idle => {}
                () = self.tracker.changed(), if is_idle => {}
            }
        }
    }

    /// What happens while news waits for a reply is written as well.
    async fn keep_saving(&self) {
        loop {
            tokio::time::sleep(INTERVAL).await;
            self.save();
        }
    }

    fn pass_time(&self) {
        self.tracker.with(|incidents, now| incidents.tick(now));
        self.save();
    }

    /// Sends what waits, or again what nobody took.
    async fn deliver(&self, deadline: Instant) {
        let Some(mut flight) = self.next_flight() else { return };
        let verdict = self.router.send_news(&flight.news, &flight.progress, deadline).await;
        let is_told = self.router.pipeline.is_told(&flight.progress);
        let is_old = flight.started.elapsed() >= MAX_PARTIAL_AGE;
        if is_told && (verdict != Verdict::Retry || is_old) {
            self.router.count_best_effort_losses(&flight.progress, 0);
            self.tracker.with(|incidents, _| incidents.news_delivered());
            return;
        }
        flight.next = Instant::now() + (FIRST_PAUSE * (1 << flight.attempts.min(10))).min(LONGEST_PAUSE);
        flight.attempts += 1;
        self.flight.replace(Some(flight));
    }

    /// What is due to be sent; `None`: nothing now.
    fn next_flight(&self) -> Option<Flight> {
        if self.flight.borrow().as_ref().is_some_and(|flight| flight.next > Instant::now()) {
            return None;
        }
        self.flight.take().or_else(|| {
            let news = self.tracker.with(|incidents, now| incidents.take_news(now));
            let now = Instant::now();
            (!news.is_empty()).then(|| Flight {
                news,
                progress: Progress::new(self.router.senders.len()),
                started: now,
                attempts: 0,
                next: now,
            })
        })
    }

    /// Writes the file if anything has changed.
    fn save(&self) {
        let Some(file) = &self.file else { return };
        let changes = self.tracker.look(|incidents| incidents.changes());
        if changes == self.saved_changes.get() {
            return;
        }
        match file.write(&self.tracker.look(|incidents| incidents.save())) {
            Ok(()) => self.saved_changes.set(changes),
            Err(error) => self.complain_about_file("write", &error),
        }
    }

    fn complain_about_file(&self, what: &str, error: &std::io::Error) {
        let Some(file) = &self.file else { return };
        let path = file.path().display();
        let text = format_args!(
            "incident.state_path: cannot {what} {path}: {error}; until that works, a restart forgets open incidents"
        );
        self.log.once_a_minute(Level::Error, "incident.state_path", text);
    }

    /// Ends: what is due is still told, and what is open is kept for the next process.
    pub(crate) async fn finish(&self, deadline: Instant) {
        self.save();
        self.end.send_replace(true);
        let mut running = self.running.take();
        let has_ended = timeout_at(deadline, join_all(&mut running)).await.is_ok();
        self.pass_time();
        if has_ended {
            if let Some(flight) = self.flight.borrow_mut().as_mut() {
                flight.next = Instant::now();
            }
            self.deliver(deadline).await;
        }
        self.save();
        if self.file.is_none() {
            self.give_up();
        }
    }

    /// Nothing is kept: what nobody took is lost, and what is open will have no end.
    fn give_up(&self) {
        if let Some(flight) = self.flight.take() {
            self.router.count_best_effort_losses(&flight.progress, 0);
        }
        let waiting = self.tracker.with(|incidents, now| incidents.take_news(now));
        self.router.count_lost_news(waiting.len());
        let open = self.tracker.look(|incidents| incidents.tally().open);
        if open > 0 {
            let text = format_args!(
                "{open} incidents are still open; if their stops go on, the next process tells them anew, and nobody is told \
                 when they are over; to keep them over a restart, set incident.state_path"
            );
            self.log.line(Level::Info, text);
        }
    }
}

impl Router {
    /// Sends news to those who alert people, as far as they lack it.
    async fn send_news(&self, news: &[IncidentNews], progress: &Rc<Progress>, deadline: Instant) -> Verdict {
        let destinations = self.destinations();
        let stages = self.pipeline.news_stages(&destinations);
        let context = self.render_context(NEWS_TAG, progress, None);
        let processed = process_news(&stages, &context, news, progress);
        let mut sending = self.send(processed.batches, progress, deadline);
        // What is still on its way at the deadline is given up: it may be told twice, but not be lost.
        timeout_at(deadline, join_all(&mut sending)).await.ok();
        // News is not a record: what is refused for good is counted and logged.
        progress.clear_dead_letters();
        progress.stop();
        self.verdict(progress)
    }
}
