//! Hints: what to do first, by category, cause and what the text names. Rows of `external`, `deployment` and
//! `exit_code` that know better bring their own.
//!
//! A hint is read by somebody who was woken up: one or two short sentences, an order first. A sentence that begins with
//! "On EC2" or "On Fargate" is left out where the task ran on the other one.
//!
//! AWS's own runbook: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resolve-stopped-errors.html>

mod ended;
pub(in crate::stop) mod ending;
mod image;
mod injected;
mod placed;
mod refused;
mod started;

use super::words::{self, Words};
use crate::stop::kind::{Category, Cause};

/// Category, cause (`None`: any), words of the text (none: any text), hint. The first row that fits counts.
type Row = (Category, Option<Cause>, Words, &'static str);

/// What to do where a name server did not answer.
const DNS: &str = "DNS did not answer: check the VPC resolver (enableDnsSupport), the name servers in the DHCP options, and that the subnet reaches them on port 53.";

/// What to do where a proxy did not answer.
const PROXY: &str = "A proxy in between does not answer: check it and HTTP_PROXY of dockerd and ecs-agent on the instance; NO_PROXY should name what needs none (169.254.169.254, 169.254.170.2).";

/// Words about a connection that was made and broke off: there is a route.
pub(super) const BROKEN_OFF: Words = &[
    ": eof",
    "unexpected eof",
    "broken pipe",
    "connection reset",
    "connection aborted",
    "connection closed",
    "connection lost",
    "connection broken",
    "closed network connection",
    "server closed",
    "goaway",
    "stream error",
    "bad record mac",
    "forcibly closed",
];

/// What to do where a connection broke off.
const BROKEN: &str = "Retry: a connection broke off half-way. If it goes on, look at what stands between (NAT gateway, proxy, firewall, packet size) and at the other side's status page.";

const TABLES: [&[Row]; 5] = [image::ROWS, injected::ROWS, placed::ROWS, started::ROWS, ended::ROWS];

/// The hint for a category, a cause and statements as `reason::normalize` makes them.
pub(in crate::stop) fn find(category: Category, cause: Option<Cause>, statements: &[String]) -> &'static str {
    let of_rows = || rows(category, cause, statements).next().map(|row| row.3);
    refused::find(cause, statements).or_else(of_rows).unwrap_or_default()
}

/// The hint that the words of these statements lead to, not merely category and cause.
pub(in crate::stop) fn find_by_words(
    category: Category,
    cause: Option<Cause>,
    statements: &[String],
) -> Option<&'static str> {
    rows(category, cause, statements).find(|row| !row.2.is_empty()).map(|row| row.3)
}

/// The rows that fit, in their order.
fn rows(
    category: Category,
    cause: Option<Cause>,
    statements: &[String],
) -> impl Iterator<Item = &'static Row> {
    let rows = TABLES.into_iter().flatten().filter(move |row| row.0 == category);
    rows.filter(move |row| (row.1.is_none() || row.1 == cause) && names(row.2, statements))
}

fn names(words: Words, statements: &[String]) -> bool {
    words.is_empty() || statements.iter().any(|statement| words::any(words, statement))
}

/// What to do where a machine of one's own reached nothing: it has neither subnet nor VPC.
const OUTSIDE_OF_AWS: &str = "Check the way out where the machine stands (DNS, proxy, firewall, port 443): it is outside of AWS and reaches what the text names over its own network.";

/// Parts of a VPC, which advice about the way to a service names.
const OF_A_VPC: [&str; 3] = ["subnet", "VPC", "NAT"];

/// Leaves out the sentences that are about the other kind of machine than the one a task ran on.
pub(in crate::stop) fn fit(hint: &str, launch_type: Option<&str>) -> String {
    let foreign = match launch_type {
        Some("FARGATE") => "On EC2",
        Some("EXTERNAL") if OF_A_VPC.iter().any(|part| hint.contains(part)) => {
            return OUTSIDE_OF_AWS.to_owned();
        }
        Some(_) => "On Fargate",
        None => return hint.to_owned(),
    };
    let sentences = hint.split_inclusive(". ").filter(|sentence| !sentence.starts_with(foreign));
    sentences.collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests;
