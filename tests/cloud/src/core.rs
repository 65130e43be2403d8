//! What all requests share: the clock, the keys, the scripts, the log of requests, and the stores.
//!
//! Each part has its own lock, held for moments and never together with another.

use std::{
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;

use crate::{
    cloudwatch, datadog, ecs, eventbridge, fault::Script, firehose, firehose_http, http_intake, identity,
    keyring::Keyring, kinesis, newrelic, oauth2, otlp, pagerduty, received::Received, route::Api, s3, slack,
    sns, sqs, teams,
};

/// Stands in the clock for "not set: use the machine's".
const REAL_TIME: i64 = i64::MIN;

/// The state behind one cloud.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) settings: Settings,
    clock: AtomicI64,
    /// How far the machine's own clock is off, in ms.
    offset: AtomicI64,
    pub(crate) keyring: Locked<Keyring>,
    pub(crate) script: Locked<Script>,
    log: Locked<Log>,
    pub(crate) identity: Locked<identity::Store>,
    pub(crate) cloudwatch: Locked<cloudwatch::Store>,
    pub(crate) ecs: Locked<ecs::Store>,
    pub(crate) s3: Locked<s3::Store>,
    pub(crate) firehose: Locked<firehose::Store>,
    pub(crate) eventbridge: Locked<eventbridge::Store>,
    pub(crate) kinesis: Locked<kinesis::Store>,
    pub(crate) sns: Locked<sns::Store>,
    pub(crate) sqs: Locked<sqs::Store>,
    pub(crate) newrelic: Locked<newrelic::Store>,
    pub(crate) datadog: Locked<datadog::Store>,
    pub(crate) slack: Locked<slack::Store>,
    pub(crate) teams: Locked<teams::Store>,
    pub(crate) pagerduty: Locked<pagerduty::Store>,
    pub(crate) http: Locked<http_intake::Store>,
    pub(crate) firehose_http: Locked<firehose_http::Store>,
    pub(crate) oauth2: Locked<oauth2::Store>,
    pub(crate) otlp: Locked<otlp::Store>,
}

/// What the builder decided.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// The only region that signatures may name; any if absent.
    pub(crate) region: Option<String>,
    /// Whether signatures are left unverified.
    pub(crate) unsigned: bool,
    /// Whether requests are only counted and answered.
    pub(crate) count_only: bool,
}

#[derive(Debug, Default)]
struct Log {
    requests: Vec<Received>,
    complaints: Vec<String>,
}

impl Core {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            clock: AtomicI64::new(REAL_TIME),
            offset: AtomicI64::new(0),
            keyring: Locked::default(),
            script: Locked::default(),
            log: Locked::default(),
            identity: Locked::default(),
            cloudwatch: Locked::default(),
            ecs: Locked::default(),
            s3: Locked::default(),
            firehose: Locked::default(),
            eventbridge: Locked::default(),
            kinesis: Locked::default(),
            sns: Locked::default(),
            sqs: Locked::default(),
            newrelic: Locked::default(),
            datadog: Locked::default(),
            slack: Locked::default(),
            teams: Locked::default(),
            pagerduty: Locked::default(),
            http: Locked::default(),
            firehose_http: Locked::default(),
            oauth2: Locked::default(),
            otlp: Locked::default(),
        }
    }

    pub(crate) fn set_now_ms(&self, now: Option<i64>) {
        self.clock.store(now.unwrap_or(REAL_TIME), Ordering::SeqCst);
    }

    pub(crate) fn set_offset_ms(&self, offset: i64) {
        self.offset.store(offset, Ordering::SeqCst);
    }

    /// The cloud's time: what was set, or the machine's.
    pub(crate) fn now_ms(&self) -> i64 {
        match self.clock.load(Ordering::SeqCst) {
            REAL_TIME => self.real_now_ms(),
            set => set,
        }
    }

    /// The machine's time, by a clock that may be off.
    pub(crate) fn real_now_ms(&self) -> i64 {
        real_now_ms() + self.offset.load(Ordering::SeqCst)
    }

    /// Writes a request down; the number is for [`Core::finish`].
    pub(crate) fn begin(&self, mut request: Received) -> usize {
        if self.settings.count_only {
            request.body = Bytes::new();
        }
        let mut log = self.log.lock();
        log.requests.push(request);
        log.requests.len() - 1
    }

    /// Writes down that a request was answered.
    pub(crate) fn finish(&self, number: usize, status: u16) {
        if let Some(request) = self.log.lock().requests.get_mut(number) {
            request.status = Some(status);
            request.ended = Some(Instant::now());
        }
    }

    pub(crate) fn requests(&self) -> Vec<Received> {
        self.log.lock().requests.clone()
    }

    pub(crate) fn requests_for(&self, api: Api) -> Vec<Received> {
        self.log.lock().requests.iter().filter(|request| request.api == api).cloned().collect()
    }

    pub(crate) fn attempts(&self, api: Api) -> usize {
        self.log.lock().requests.iter().filter(|request| request.api == api).count()
    }

    pub(crate) fn complain(&self, text: impl Into<String>) {
        self.log.lock().complaints.push(text.into());
    }

    pub(crate) fn complaints(&self) -> Vec<String> {
        self.log.lock().complaints.clone()
    }

    pub(crate) fn take_complaints(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().complaints)
    }
}

pub(crate) fn real_now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    i64::try_from(now.as_millis()).expect("the clock is before the year 292 million")
}

/// A mutex that a failed test does not poison for the next question.
#[derive(Default)]
pub(crate) struct Locked<T>(Mutex<T>);

impl<T> Locked<T> {
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Locked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Locked")
    }
}
