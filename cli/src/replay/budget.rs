//! What limits and samples drop, by container, and what the same records would cost without them.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::cost::Cost;
use super::resolve::Resolved;
use super::tally::ReplayTally;
use crate::adapter::pipeline::{DryDrops, DryRun};

/// The same replay without limits and samples.
pub(super) struct Unlimited {
    dry: DryRun,
    tally: ReplayTally,
}

impl Unlimited {
    /// `None` where there are no limits and no samples.
    pub(super) fn open(resolved: &Resolved) -> Option<Self> {
        let dry = DryRun::open_unlimited(resolved)?;
        Some(Self { tally: ReplayTally::new(&dry), dry })
    }

    pub(super) fn add_chunk(&mut self, tag: &str, bytes: &[u8]) {
        let chunk = self.dry.process(tag, bytes);
        self.tally.applications.add_chunk(bytes);
        chunk.rows.iter().for_each(|row| self.tally.count(row));
        self.tally.count_requests(&chunk.batches);
    }

    pub(super) fn cost(&self, resolved: &Resolved, span: Duration) -> Cost {
        Cost::new(&self.dry, resolved, &self.tally, span)
    }
}

/// Writes a line for each container and rule.
pub(super) fn write(out: &mut impl Write, drops: &[DryDrops]) -> io::Result<()> {
    for DryDrops { container, key, value, lines } in drops {
        let whose =
            container.as_ref().map_or("other containers".to_owned(), |name| format!("container {name}"));
        writeln!(out, "{lines} lines of {whose} dropped by {key} ({value})")?;
    }
    Ok(())
}

/// The same for programs.
pub(super) fn object(drops: &[DryDrops]) -> Value {
    let object = |DryDrops { container, key, value, lines }: &DryDrops| json!({"container": container, "key": key, "value": value, "lines": lines});
    drops.iter().map(object).collect()
}
