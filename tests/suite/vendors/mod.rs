//! New Relic, Datadog, HTTP endpoints, Firehose, Kinesis, Firehose's protocol over HTTP, and OTLP.
//!
//! What holds for all of them is proven for each of them, from one table:
//!
//! - `intake` – the table: how each is configured, what a request brought, what arrived
//! - `golden` – the named records make the requests on file
//! - `retrying` – throttling, outages, silence, lost replies, and replays that send only what is missing
//! - `refusals` – what is too much for one request or one record, and what is refused for good
//! - `wrong_address` – a reply about the address or the path refuses no record
//! - `wrong_keys` – a wrong key is said once, by its name and never by its value
//! - `http_templates` – the configurations of docs/http.md, each at a stand-in with the rules of its service
//! - `side_by_side` – several of them on one route
//!
//! Slack, PagerDuty, Teams, SNS, EventBridge and S3 without a spool have too little in common with the table and stand for
//! themselves. Only Firehose, Kinesis and OTLP answer for a part of a request, in their own files, and only AWS's credentials
//! expire: the other keys are right
//! or wrong.
//!
//! And what is special to one is in the file of its name, with its row of the table.

mod datadog;
mod eventbridge;
mod firehose;
mod firehose_http;
mod golden;
mod http;
pub(crate) mod http_templates;
mod intake;
mod kinesis;
mod newrelic;
mod otlp;
mod pagerduty;
mod refusals;
mod retrying;
mod s3;
mod side_by_side;
mod slack;
mod sns;
mod teams;
mod wrong_address;
mod wrong_keys;
