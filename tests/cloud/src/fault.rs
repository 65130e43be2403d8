//! Scripted misbehaviour: what to do with a request instead of serving it.
//!
//! Owns the scripts and their order. Does not carry faults out; `server` does.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::Arc,
    time::Duration,
};

use crate::{received::Received, route::Api};

/// One way to treat a request.
///
/// ```
/// # use fake_cloud::Fault;
/// # use std::time::Duration;
/// let throttled = Fault::reply(429).retry_after(1);
/// let late_and_broken = Fault::reply(503).body("down").after(Duration::from_millis(50));
/// # drop((throttled, late_and_broken));
/// ```
#[derive(Debug, Clone)]
pub struct Fault {
    pub(crate) action: Action,
    pub(crate) delay: Duration,
    pub(crate) headers: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub(crate) enum Action {
    Serve(Twist),
    Reply { status: u16, body: String },
    Aws { status: u16, code: String, message: String },
    Hang { serve: bool },
    Reset,
    ResetMidBody,
    Cut,
}

/// What to do differently while serving a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Twist {
    #[default]
    None,
    /// Services that answer for each record: refuse those at these places, with this code or one that passes.
    FailRecords(Vec<usize>, Option<String>),
    /// OTLP: refuse this many records, the last ones, for this reason.
    RejectRecords(usize, String),
}

impl Fault {
    fn new(action: Action) -> Self {
        Self { action, delay: Duration::ZERO, headers: Vec::new() }
    }

    /// No fault: the request is served as usual. Fills a place in a script.
    pub fn ok() -> Self {
        Self::new(Action::Serve(Twist::None))
    }

    /// Answers with this status and an empty body; nothing is stored.
    pub fn reply(status: u16) -> Self {
        Self::new(Action::Reply { status, body: String::new() })
    }

    /// Answers with an error in the protocol of the API asked: `__type` in AWS JSON, `<Code>` in XML,
    /// otherwise the vendor's own form. `aws(200, "InternalError")` is S3's error inside a 200.
    pub fn aws(status: u16, code: &str) -> Self {
        Self::new(Action::Aws { status, code: code.to_owned(), message: format!("scripted {code}") })
    }

    /// CloudWatch's way to throttle: 400 `ThrottlingException`.
    pub fn throttled() -> Self {
        Self::aws(400, "ThrottlingException")
    }

    /// Services that answer for each record: serves the request, but these records fail with an error that passes, such
    /// as Firehose's `ServiceUnavailableException`.
    pub fn partial(indices: impl IntoIterator<Item = usize>) -> Self {
        Self::new(Action::Serve(Twist::FailRecords(indices.into_iter().collect(), None)))
    }

    /// The same with this error.
    pub fn partial_with(code: &str, indices: impl IntoIterator<Item = usize>) -> Self {
        Self::new(Action::Serve(Twist::FailRecords(indices.into_iter().collect(), Some(code.to_owned()))))
    }

    /// OTLP: serves the request, but rejects its last `rejected` records with this message.
    pub fn partial_success(rejected: usize, message: &str) -> Self {
        Self::new(Action::Serve(Twist::RejectRecords(rejected, message.to_owned())))
    }

    /// Never answers; nothing is stored.
    pub fn hang() -> Self {
        Self::new(Action::Hang { serve: false })
    }

    /// Serves the request and stores what it brought, but never answers.
    pub fn accept_then_hang() -> Self {
        Self::new(Action::Hang { serve: true })
    }

    /// Waits, then serves the request as usual.
    pub fn slow(delay: Duration) -> Self {
        Self::ok().after(delay)
    }

    /// Resets the connection (TCP RST) instead of answering; nothing is stored.
    pub fn reset() -> Self {
        Self::new(Action::Reset)
    }

    /// Serves the request, then resets the connection in the middle of the reply's body.
    pub fn reset_mid_body() -> Self {
        Self::new(Action::ResetMidBody)
    }

    /// Serves the request and stores what it brought, then cuts the connection before the reply.
    pub fn accept_then_cut() -> Self {
        Self::new(Action::Cut)
    }

    /// Gives a [`Fault::reply`] a body, and an [`Fault::aws`] error its message.
    pub fn body(mut self, text: impl ToString) -> Self {
        match &mut self.action {
            Action::Reply { body, .. } => *body = text.to_string(),
            Action::Aws { message, .. } => *message = text.to_string(),
            other => panic!("{other:?} has no body"),
        }
        self
    }

    /// Adds a header to the reply.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds `Retry-After`, in seconds.
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header("retry-after", &seconds.to_string())
    }

    /// Waits before anything else is done with the request.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

impl Twist {
    /// The error of the record at this place, if it is to fail; `usual` is the service's own that passes.
    pub(crate) fn error_at(&self, index: usize, usual: &str) -> Option<String> {
        match self {
            Self::FailRecords(indices, code) if indices.contains(&index) => {
                Some(code.clone().unwrap_or_else(|| usual.to_owned()))
            }
            _ => None,
        }
    }
}

impl Fault {
    /// Panics if this fault means nothing to an API, since a script that does nothing proves nothing.
    fn check(&self, api: Api) {
        let suits = match &self.action {
            Action::Serve(Twist::FailRecords(..)) => {
                matches!(api, Api::PutRecordBatch | Api::PutRecords | Api::PublishBatch | Api::PutEvents)
            }
            Action::Serve(Twist::RejectRecords(..)) => api == Api::OtlpLogs,
            _ => true,
        };
        assert!(suits, "{api:?} cannot do {:?}", self.action);
    }
}

type Predicate = Arc<dyn Fn(&Received) -> bool + Send + Sync>;

/// All scripts: the queue of an API is used up first, then the sticky faults in order of arrival.
#[derive(Default)]
pub(crate) struct Script {
    queued: HashMap<Api, VecDeque<Fault>>,
    sticky: Vec<(Api, Predicate, Fault)>,
}

impl Script {
    pub(crate) fn queue(&mut self, api: Api, faults: impl IntoIterator<Item = Fault>) {
        let faults = faults.into_iter().inspect(|fault| fault.check(api));
        self.queued.entry(api).or_default().extend(faults);
    }

    pub(crate) fn stick(
        &mut self,
        api: Api,
        when: impl Fn(&Received) -> bool + Send + Sync + 'static,
        fault: Fault,
    ) {
        fault.check(api);
        self.sticky.push((api, Arc::new(when), fault));
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn next(&mut self, request: &Received) -> Fault {
        let queued = self.queued.get_mut(&request.api).and_then(VecDeque::pop_front);
        queued.or_else(|| self.sticky_for(request)).unwrap_or_else(Fault::ok)
    }

    fn sticky_for(&self, request: &Received) -> Option<Fault> {
        let matching = |(api, when, _): &&(Api, Predicate, Fault)| *api == request.api && when(request);
        self.sticky.iter().find(matching).map(|(_, _, fault)| fault.clone())
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").field("queued", &self.queued).field("sticky", &self.sticky.len()).finish()
    }
}
