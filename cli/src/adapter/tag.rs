//! Records that a tag of FireLens does not vouch for, so that the plugin does not believe their fields.

use ecs_router::classify::provenance::{ChunkOrigin, Provenance};
use ecs_router::input::decode;
use ecs_router::input::record::Record;

/// What does not fit the tag.
#[derive(Debug, Default)]
pub(crate) struct TagConflict {
    /// Lines of another container or task.
    lines: u64,
    /// Events, which FireLens never brings.
    events: u64,
    /// The tag that FireLens would have given the first line.
    own: Option<String>,
}

impl TagConflict {
    /// Counts those of a chunk.
    pub(crate) fn add(&mut self, tag: &str, chunk: &[u8]) {
        let origin = ChunkOrigin::from_tag(tag.as_bytes(), &[]);
        decode::records(chunk, |record| {
            if Provenance::new(record, origin).lacks_marks() {
                self.add_record(record);
            }
        });
    }

    fn add_record(&mut self, record: &Record<'_, '_>) {
        match (record.text(b"ecs_task_arn"), record.text(b"detail-type")) {
            (Some(arn), _) => {
                self.lines += 1;
                self.own = self.own.take().or_else(|| own_tag(record, arn));
            }
            (None, Some(_)) => self.events += 1,
            (None, None) => {}
        }
    }

    /// Why records have the class `other`, in one line; `None` when all of them fit.
    pub(crate) fn describe(&self, tag: &str) -> Option<String> {
        let own = self.own.as_deref().map(|own| format!("; their own tag is {own}")).unwrap_or_default();
        let lines = format!(
            "{} record(s) name another container or task than the tag '{tag}', so that the plugin does not believe their \
             source{own}",
            self.lines
        );
        let events = format!(
            "{} event(s) under the tag '{tag}' are an application's output to the plugin, never stops",
            self.events
        );
        let parts = [(self.lines, lines), (self.events, events)].into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|(_, text)| text).collect();
        (!parts.is_empty())
            .then(|| format!("{}; leave --tag out to replay them as they are", parts.join("; ")))
    }
}

/// `<container>-firelens-<task id>`; `None` where Docker's name of the container does not tell the one of ECS.
fn own_tag(record: &Record<'_, '_>, arn: &[u8]) -> Option<String> {
    let container = String::from_utf8_lossy(record.text(b"container_name")?);
    let container = container.trim_start_matches('/');
    let arn = String::from_utf8_lossy(arn);
    let task = arn.rsplit('/').next()?;
    (!container.starts_with("ecs-")).then(|| format!("{container}-firelens-{task}"))
}
