//! What is still to do for one call while it is carried out.

use std::collections::VecDeque;

use tokio::sync::MutexGuard;

use super::backoff::Backoff;
use super::call::Call;
use crate::destination::{Purpose, Request};

/// What is still to do for one call.
pub(super) struct Attempts<'c> {
    pub(super) call: &'c dyn Call,
    pub(super) backoff: &'c mut Backoff,
    /// What must be made first, then the call's own request.
    pub(super) requests: VecDeque<Request>,
    pub(super) preparations: usize,
    /// The requests whose replies have asked for preparations.
    asked_by: Vec<Purpose>,
    pub(super) reauthorized: bool,
    pub(super) moved: bool,
    pub(super) preparing: Option<MutexGuard<'c, ()>>,
}

impl<'c> Attempts<'c> {
    pub(super) fn new(call: &'c dyn Call, backoff: &'c mut Backoff) -> Self {
        Self {
            requests: VecDeque::from([call.request()]),
            call,
            backoff,
            preparations: 0,
            asked_by: Vec::new(),
            reauthorized: false,
            moved: false,
            preparing: None,
        }
    }

    /// Begins anew in another region, once.
    pub(super) fn restart_in(&mut self, region: &str) {
        self.call.set_region(region);
        self.requests = VecDeque::from([self.call.request()]);
        self.preparations = 0;
        self.asked_by.clear();
        self.reauthorized = false;
        self.moved = true;
        self.preparing = None;
    }

    /// Sends this request in place of the one in front.
    pub(super) fn replace_front(&mut self, request: Request) {
        self.requests.pop_front();
        self.requests.push_front(request);
    }

    /// Sends the call's own request in place of the one in front. What an uncompressed one meets later, with other
    /// credentials or at another time, would say nothing of compression.
    pub(super) fn make_anew(&mut self) {
        self.replace_front(self.call.request());
    }

    /// Whether a reply to this request has asked for preparations before. If so, others may prepare while this call
    /// waits.
    pub(super) fn asks_again(&mut self, purpose: Purpose) -> bool {
        let again = self.asked_by.contains(&purpose);
        if again {
            self.preparing = None;
        } else {
            self.asked_by.push(purpose);
        }
        again
    }

    /// Drops the preparation in front; after the last one others may prepare.
    pub(super) fn finish_preparation(&mut self) {
        self.requests.pop_front();
        if self.requests.len() <= 1 {
            self.preparing = None;
        }
    }
}
