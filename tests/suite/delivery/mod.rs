//! What a flush answers, what arrived, and how many attempts it took.
//!
//! - `classes` – which record goes where: streams, stop events, classes of one's own, what is dropped
//! - `levels` – which class and level a line has by its own word
//! - `batching` – how records share requests, and how requests share time
//! - `compression` – which requests are compressed, and an endpoint that does not read them
//! - `limits` – the edges of what CloudWatch takes: size, count, span, order, emptiness, text that is not text
//! - `retrying` – throttling, outages, `Retry-After`, the deadline, and replays that send only what is missing
//! - `connections` – resets, cuts, silence, and slowness
//! - `refusals` – records that the service will never take
//! - `entities` – which service the events of a log group are about, and that no event depends on it
//! - `dead_letters` – what was refused for good is kept, once
//! - `groups` – log groups and streams that do not exist yet, or not any more
//! - `hostile` – chunks that are cheap to send and dear to read
//! - `credentials` – expired, wrong, and assumed
//! - `isolation` – destinations and flushes that must not hold each other up
//! - `names` – names that records choose, and how many of them are new
//! - `quiet` – what records hold stays out of the plugin's own log lines, whatever a service says
//! - `recorder` – lines that are held until an error releases them
//! - `budgets` – lines beyond a limit or outside of a sample: which are dropped, and what is told of them
//! - `redaction` – personal data and secrets leave as masks only
//! - `malformed` – chunks that are not what a host writes
//! - `shutdown` – what happens at exit
//! - `sign_off` – what the router says of itself then: every record accounted for, and gaps that are suspected
//! - `counting` – nothing is silent
//! - `summary` – the lines of `stats_interval`

mod batching;
mod budgets;
mod classes;
mod compression;
mod connections;
mod counting;
mod credentials;
mod dead_letters;
mod entities;
mod groups;
mod hostile;
mod isolation;
mod joining;
mod levels;
mod limits;
mod malformed;
mod names;
mod quiet;
mod recorder;
mod redaction;
mod refusals;
mod retrying;
mod shutdown;
mod sign_off;
mod summary;
