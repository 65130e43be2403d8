//! What is still to do for one call while it is carried out.

use std::collections::VecDeque;

use tokio::sync::MutexGuard;

use super::backoff::Backoff;
use super::call::Call;
use crate::destination::{Endpoint, Purpose, Request};
use crate::threads;

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

    /// The request in front, its body compressed as it goes over the wire; `None`: nothing is left to do.
    pub(super) async fn front(&mut self) -> Option<&Request> {
        if let Some(Endpoint::Uncompressed { request, .. }) =
            self.requests.front().map(|front| &front.endpoint)
        {
            let bytes = request.body.len();
            let front = self.requests.pop_front()?;
            self.requests.push_front(threads::compute(bytes, move || front.compressed()).await);
        }
        self.requests.front()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys::DestinationKind;
    use crate::destination::testing::{batch_of, open};
    use crate::destination::{NotTaken, Reply, ReplyAction};

    /// A call that is this request.
    struct OneRequest(Request);

    impl Call for OneRequest {
        fn request(&self) -> Request {
            self.0.clone()
        }

        fn classify_reply(&self, _: Purpose, _: &Reply) -> ReplyAction {
            ReplyAction::Delivered
        }

        fn billed_bytes(&self, _: &NotTaken, sent: u64) -> u64 {
            sent
        }

        fn set_region(&self, _: &str) {}

        fn fate(&self) -> String {
            String::new()
        }
    }

    /// Where the body of the request in front stands in memory, and how long it is.
    async fn body(attempts: &mut Attempts<'_>) -> (*const u8, usize) {
        let front = attempts.front().await.unwrap();
        let Endpoint::Http(request) = &front.endpoint else { panic!("{front:?}") };
        assert_eq!(request.headers["content-encoding"], "gzip");
        let body = request.body.to_bytes();
        (body.as_ptr(), body.len())
    }

    #[tokio::test]
    async fn a_body_is_compressed_once_however_often_it_is_sent() {
        let datadog = open(DestinationKind::Datadog, &[("api_key", "k"), ("compress", "gzip")]);
        let lines = vec![serde_json::json!({"log": "GET /api/v1/orders 200 ".repeat(10)}); 900];
        let request = datadog.uncompressed_request(&batch_of(&datadog, &lines));
        assert!(request.endpoint.bytes_sent() > threads::LARGE_BYTES as u64);
        let call = OneRequest(request);
        let mut backoff = Backoff::default();
        let mut attempts = Attempts::new(&call, &mut backoff);
        let first = body(&mut attempts).await;
        assert!(first.1 < 64 << 10);
        assert_eq!(body(&mut attempts).await, first);
    }
}
