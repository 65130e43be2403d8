//! A stand-in for AWS and the vendors' log intakes, for tests, the demo and the benchmarks.
//!
//! [`Cloud::start`] runs an HTTP server on a free port of 127.0.0.1 until the value is dropped. It
//! does what the real services do with a request: decompress it, parse it, verify its signature or
//! key, hold it against every documented limit, and answer with the real status and body. What it
//! accepts it stores *decoded*, so that a test speaks of records and not of bytes; what it did not
//! expect it also writes down in [`Cloud::complaints`], so that a test fails.
//!
//! The way of a request, in the order of the modules:
//!
//! - `cloud`, `builder` – the handle a test holds, and what it is like before it starts
//! - `server` – the thread, the listener, and how faults are carried out
//! - `received` – a request as it arrived, decompressed
//! - `route` – which [`Api`] a request is meant for
//! - `fault` – scripted misbehaviour: [`Fault`]
//! - `keyring`, `sigv4`, `auth` – who may ask: keys, signatures, and the refusal of both
//! - `dispatch` – from an API to its service, from a refusal to its reply
//! - `reply`, `aws_json`, `canned` – answers: AWS's wording, AWS's JSON, and those of a benchmark
//! - `core` – what all requests share: clock, log of requests, complaints, stores
//!
//! And one module per service, each with its limits, its store and the questions to ask it:
//!
//! | module | service | questions |
//! |---|---|---|
//! | `cloudwatch` | CloudWatch Logs | [`CloudWatch`] |
//! | `ecs` | ECS's DescribeTaskDefinition, DescribeServices | [`Ecs`] |
//! | `s3` | S3, objects and multipart uploads | [`S3`] |
//! | `firehose` | Firehose's PutRecordBatch | [`Firehose`] |
//! | `kinesis` | PutRecords of Kinesis | [`Kinesis`] |
//! | `eventbridge` | EventBridge's PutEvents | [`EventBridge`] |
//! | `sns` | SNS's PublishBatch | [`Sns`] |
//! | `sqs` | SQS queues | [`Sqs`] |
//! | `identity` | ECS credentials endpoint `/credentials`, STS | [`Cloud::assumed_roles`] |
//! | `newrelic` | New Relic's `/log/v1` | [`NewRelic`] |
//! | `datadog` | Datadog's `/api/v2/logs` | [`Datadog`] |
//! | `slack` | a Slack webhook, `/services/…` | [`Slack`] |
//! | `pagerduty` | PagerDuty's Events API, `/v2/enqueue` | [`PagerDuty`] |
//! | `teams` | a webhook of Teams, `/workflows/…` | [`Teams`] |
//! | `http_intake`, `http_api` | any endpoint, `/http/…`, some with the rules of a service | [`HttpIntake`] |
//! | `signed_api` | CloudWatch's OTLP endpoint, OpenSearch, API Gateway, function URLs: `/signed/<service>/…` | [`HttpIntake`], [`Otlp`] |
//! | `oauth2` | a token endpoint, `/oauth2/token`, and APIs behind it, `/oauth2/…` | [`OAuth2`] |
//! | `firehose_http` | Firehose's HTTP endpoint delivery, `/firehose/v1`, `/v1/input` | [`FirehoseHttp`] |
//! | `otlp` | OTLP logs, `/v1/logs` | [`Otlp`] |
//!
//! It does not stand in for TLS, proxies or IAM policies.

// A test-support crate: a broken expectation is supposed to panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod auth;
mod aws_json;
mod builder;
mod canned;
mod cloud;
mod cloudwatch;
mod core;
mod datadog;
mod dispatch;
mod ecs;
mod eventbridge;
mod fault;
mod firehose;
mod firehose_http;
mod http_api;
mod http_intake;
mod identity;
mod keyring;
mod kinesis;
mod newrelic;
mod oauth2;
mod otlp;
mod pagerduty;
mod received;
mod reply;
mod route;
mod s3;
mod server;
mod signed_api;
mod sigv4;
mod slack;
mod sns;
mod sqs;
mod teams;
#[cfg(test)]
mod testing;

pub use builder::Builder;
pub use cloud::Cloud;
pub use cloudwatch::{CloudWatch, GroupInfo, LogCall, LogEvent};
pub use datadog::{Datadog, DatadogLog};
pub use ecs::Ecs;
pub use eventbridge::EventBridge;
pub use fault::Fault;
pub use firehose::Firehose;
pub use firehose_http::{FirehoseHttp, FirehoseHttpRecord};
pub use http_intake::{HttpIntake, HttpRecord};
pub use identity::AssumedRole;
pub use kinesis::Kinesis;
pub use newrelic::{NewRelic, NewRelicLog};
pub use oauth2::OAuth2;
pub use otlp::{Otlp, OtlpLog};
pub use pagerduty::{PagerDuty, PagerDutyEvent};
pub use received::Received;
pub use route::Api;
pub use s3::{S3, S3Object, S3Upload};
pub use slack::{Slack, SlackMessage};
pub use sns::{Sns, SnsMessage};
pub use sqs::Sqs;
pub use teams::{Teams, TeamsMessage};
