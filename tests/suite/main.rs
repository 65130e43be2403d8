//! The suite: the whole plugin in this process, from chunk to wire, in front of services that answer back.
//!
//! - `golden` – every named real-world record makes exactly the request on file, in every form a host writes it
//! - `delivery` – verdict, what arrived and how many attempts, under every way a service can misbehave
//! - `network` – certificates are verified, authorities can be added, the environment's proxy is used
//! - `authentication` – signatures of AWS, tokens of OAuth2 and client certificates, each at a stand-in that verifies them
//! - `aws_environment` – endpoints as keys, environment and profile name them: FIPS, dual-stack, `AWS_ENDPOINT_URL`
//! - `promises` – every test that docs/guarantees.md names exists, and none of them is left out
//! - `properties` – no bytes whatever make the decoder panic, and none make it allocate more than they are worth
//! - `architecture` – modules import only downwards, and `unsafe` is at the border only
//! - `alarms` – the alarms and dashboards of the examples find what they are for, and ask for nothing that does not exist
//! - `event_rules` – every stop passes the EventBridge rules of every template
//! - `cloud` – CloudWatch and Firehose as somebody else wrote them (moto), read back through its own API; needs
//!   `MOTO_SERVER`
//! - `fluent_bit` – real Fluent Bit binaries: 100,000 records in, each of them out once; every example; needs
//!   `FLUENT_BIT`
//! - `vendors` – New Relic, Datadog, HTTP, Firehose and Firehose over HTTP: their requests, and how they fare
//! - `incidents` – six stops of one crash loop are told as one incident: at once, at counts, when it is over, over a
//!   restart, and while Slack is down
//! - `emf` – metrics in CloudWatch: their format, and that they add up to the counters
//! - `watching` – what comes by other ways than Fluent Bit's: exits seen in the task's metadata, events from a queue;
//!   envelopes, and one report per stop
//! - `router` – a router in front of a fake cloud, for the above
//!
//! `UPDATE_GOLDEN=1` and `UPDATE_README=1` rewrite what is compared.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is a failed test")]

mod alarms;
mod architecture;
mod authentication;
mod aws_environment;
mod cloud;
mod delivery;
mod emf;
mod event_rules;
mod fluent_bit;
mod golden;
mod incidents;
mod network;
mod own_network;
mod promises;
mod properties;
mod router;
mod vendors;
mod watching;
