//! Texts that public software writes: the agent's sources, runc, containerd, Docker and its drivers, and what people quote
//! in public from AWS. Collected and judged before they were tried.

mod agent;
mod images;
mod injected;
mod placed;
mod started;
mod transport;

use super::Wording;

pub(super) fn all() -> impl Iterator<Item = &'static Wording> {
    [
        images::WORDINGS,
        injected::WORDINGS,
        started::WORDINGS,
        placed::WORDINGS,
        transport::WORDINGS,
        agent::WORDINGS,
    ]
    .into_iter()
    .flatten()
}
