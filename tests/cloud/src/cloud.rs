//! The handle a test holds: starts the server, scripts it, and asks what arrived.
//!
//! Does not serve requests itself; every question is answered from the shared state.

use std::sync::Arc;

use crate::{
    builder::Builder, cloudwatch::CloudWatch, core::Core, datadog::Datadog, ecs::Ecs,
    eventbridge::EventBridge, fault::Fault, firehose::Firehose, firehose_http::FirehoseHttp,
    http_intake::HttpIntake, identity::AssumedRole, kinesis::Kinesis, newrelic::NewRelic, oauth2::OAuth2,
    otlp::Otlp, pagerduty::PagerDuty, received::Received, route::Api, s3::S3, server::Server, slack::Slack,
    sns::Sns, sqs::Sqs, teams::Teams,
};

/// A running stand-in for AWS and the vendors; dropping it stops the server and cuts its connections.
///
/// ```
/// let cloud = fake_cloud::Cloud::builder().create_groups(["/ecs/app"]).start();
/// assert!(cloud.endpoint().starts_with("http://127.0.0.1:"));
/// assert_eq!(cloud.cloudwatch().groups(), ["/ecs/app"]);
/// cloud.assert_no_complaints();
/// ```
#[derive(Debug)]
pub struct Cloud {
    pub(crate) server: Server,
    pub(crate) core: Arc<Core>,
}

impl Cloud {
    /// Starts a cloud that accepts access key `AKIDEXAMPLE` with secret `secret`, in any region.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Prepares a cloud that differs from the default one.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Base URL of every service: `http://127.0.0.1:PORT`, without a slash at the end; `http://[::1]:PORT` where there is
    /// no IPv4.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// The port of [`Cloud::endpoint`].
    pub fn port(&self) -> u16 {
        self.server.address.port()
    }

    /// Queues faults: each is used for one request to `api`, in order; afterwards all is normal again.
    /// A request that is not signed well is refused before, and uses none up.
    pub fn script(&self, api: Api, faults: impl IntoIterator<Item = Fault>) {
        self.core.script.lock().queue(api, faults);
    }

    /// Treats every request to `api` that `when` matches with `fault`, unless the queue of
    /// [`Cloud::script`] has something for it. `when` must not call back into the cloud.
    pub fn script_where(
        &self,
        api: Api,
        when: impl Fn(&Received) -> bool + Send + Sync + 'static,
        fault: Fault,
    ) {
        self.core.script.lock().stick(api, when, fault);
    }

    /// Forgets every fault not yet used, and every sticky one.
    pub fn clear_script(&self) {
        self.core.script.lock().clear();
    }

    /// Everything that arrived, in order of arrival.
    pub fn requests(&self) -> Vec<Received> {
        self.core.requests()
    }

    /// What arrived for one API, in order of arrival.
    pub fn requests_for(&self, api: Api) -> Vec<Received> {
        self.core.requests_for(api)
    }

    /// How many requests arrived for one API, faults included.
    pub fn attempts(&self, api: Api) -> usize {
        self.core.attempts(api)
    }

    /// What a correct client would not have sent: unknown routes, bad signatures, broken limits.
    pub fn complaints(&self) -> Vec<String> {
        self.core.complaints()
    }

    /// As [`Cloud::complaints`], and forgets them: for tests that mean to provoke one.
    pub fn take_complaints(&self) -> Vec<String> {
        self.core.take_complaints()
    }

    /// Panics with the complaints if there are any.
    #[track_caller]
    pub fn assert_no_complaints(&self) {
        let complaints = self.complaints();
        assert!(complaints.is_empty(), "the cloud complains:\n{}", complaints.join("\n"));
    }

    /// Sets the time that ages of events are measured against, in ms since 1970.
    pub fn set_now_ms(&self, now: i64) {
        self.core.set_now_ms(Some(now));
    }

    /// Goes back to the machine's clock.
    pub fn use_real_time(&self) {
        self.core.set_now_ms(None);
    }

    /// Puts the cloud's clock off by this many ms, for events and signatures alike, as if the client's clock had jumped.
    pub fn set_clock_offset_ms(&self, offset: i64) {
        self.core.set_offset_ms(offset);
    }

    /// Makes every access key accepted so far answer `ExpiredTokenException`.
    pub fn expire_credentials(&self) {
        self.core.keyring.lock().expire_all();
    }

    /// Accepts an access key from now on, and hands it out at `/credentials`.
    pub fn accept_credentials(&self, access_key_id: &str, secret: &str, token: Option<&str>) {
        self.core.keyring.lock().accept(access_key_id, secret, token);
    }

    /// URL of the ECS container credentials endpoint, for `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    /// It hands out the key accepted last and counts as [`Api::Credentials`].
    pub fn credentials_uri(&self) -> String {
        format!("{}/credentials", self.endpoint())
    }

    /// Replaces the body that `/credentials` answers with.
    pub fn set_credentials_body(&self, body: impl ToString) {
        self.core.identity.lock().body = Some(body.to_string());
    }

    /// How long keys handed out from now on claim to live; one hour if not set.
    pub fn set_credentials_lifetime(&self, lifetime: std::time::Duration) {
        self.core.identity.lock().lifetime = lifetime;
    }

    /// The roles assumed through STS, in order.
    pub fn assumed_roles(&self) -> Vec<AssumedRole> {
        self.core.identity.lock().roles.clone()
    }

    /// What CloudWatch Logs holds.
    pub fn cloudwatch(&self) -> CloudWatch<'_> {
        CloudWatch::new(&self.core)
    }

    /// What ECS knows.
    pub fn ecs(&self) -> Ecs<'_> {
        Ecs::new(&self.core)
    }

    /// What S3 holds, and its buckets.
    pub fn s3(&self) -> S3<'_> {
        S3::new(&self.core)
    }

    /// What Kinesis holds, and its data streams.
    pub fn kinesis(&self) -> Kinesis<'_> {
        Kinesis::new(&self.core)
    }

    /// What EventBridge's buses got.
    pub fn eventbridge(&self) -> EventBridge<'_> {
        EventBridge::new(&self.core)
    }

    /// What SNS's topics got.
    pub fn sns(&self) -> Sns<'_> {
        Sns::new(&self.core)
    }

    /// What Firehose holds, and its delivery streams.
    pub fn firehose(&self) -> Firehose<'_> {
        Firehose::new(&self.core)
    }

    /// What New Relic holds.
    pub fn newrelic(&self) -> NewRelic<'_> {
        NewRelic::new(&self.core)
    }

    /// What Datadog holds.
    pub fn datadog(&self) -> Datadog<'_> {
        Datadog::new(&self.core)
    }

    /// What was posted to Slack.
    pub fn slack(&self) -> Slack<'_> {
        Slack::new(&self.core)
    }

    /// What was posted to Teams.
    pub fn teams(&self) -> Teams<'_> {
        Teams::new(&self.core)
    }

    /// What PagerDuty knows.
    pub fn pagerduty(&self) -> PagerDuty<'_> {
        PagerDuty::new(&self.core)
    }

    /// What arrived under `/http`.
    pub fn http(&self) -> HttpIntake<'_> {
        HttpIntake::new(&self.core)
    }

    /// What arrived by Firehose's HTTP endpoint delivery.
    pub fn firehose_http(&self) -> FirehoseHttp<'_> {
        FirehoseHttp::new(&self.core)
    }

    /// The token endpoint, and what it gave.
    pub fn oauth2(&self) -> OAuth2<'_> {
        OAuth2::new(&self.core)
    }

    /// What arrived by OTLP.
    pub fn otlp(&self) -> Otlp<'_> {
        Otlp::new(&self.core)
    }

    /// What SQS holds, and its queues.
    pub fn sqs(&self) -> Sqs<'_> {
        Sqs::new(&self.core, self.port())
    }

    /// Creates a log group, as someone else might at any time.
    pub fn create_group(&self, group: &str) {
        self.core.cloudwatch.lock().create_group(group);
    }

    /// Deletes a log group with its streams and events, as someone else might at any time.
    pub fn delete_group(&self, group: &str) {
        self.core.cloudwatch.lock().delete_group(group);
    }
}
