//! `stop::unfinished_state`: events of a recording that are of tasks that have not stopped.

use std::collections::BTreeMap;

use ecs_router::input::decode;
use ecs_router::{printable, stop};

/// Tasks' events that are not the last one, by state: they make no report.
#[derive(Debug, Default)]
pub(crate) struct UnfinishedTasks(BTreeMap<String, u64>);

impl UnfinishedTasks {
    pub(crate) fn add_chunk(&mut self, chunk: &[u8]) {
        decode::records(chunk, |record| {
            if record.text(b"detail-type") != Some(b"ECS Task State Change") {
                return;
            }
            let event: serde_json::Value = rmp_serde::from_slice(record.body).unwrap_or_default();
            if let Some(state) = stop::unfinished_state(&event) {
                *self.0.entry(state.to_owned()).or_default() += 1;
            }
        });
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// What to say of them; `None`: there are none.
    pub(crate) fn note(&self) -> Option<String> {
        let states: Vec<String> = self.0.iter().map(|(state, count)| format!("{count} {state}")).collect();
        let count = self.count();
        (count > 0).then(|| {
            printable::line(&format!(
                "{count} event(s) of tasks that have not stopped ({}) make no report; ECS's event with STOPPED does",
                states.join(", ")
            ))
            .into_owned()
        })
    }
}
