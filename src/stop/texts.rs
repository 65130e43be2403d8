//! Every text of a report, so that somebody else can mask them.

use super::StopEvent;

impl StopEvent {
    /// Visits every text of the report that is not a name of this library's: what ECS, the user and the applications wrote.
    pub fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        visit(&mut self.summary);
        visit(&mut self.hint);
        self.optional_texts().into_iter().flatten().for_each(&mut *visit);
        self.last_lines.iter_mut().for_each(&mut *visit);
        self.revision_changes.iter_mut().flatten().for_each(&mut *visit);
        if let Some(tag) = self.failed_revision.as_mut().and_then(|failed| failed.image_tag.as_mut()) {
            visit(tag);
        }
        for container in &mut self.containers {
            visit(&mut container.name);
            [&mut container.image, &mut container.reason].into_iter().flatten().for_each(&mut *visit);
        }
        self.event.for_each_text(visit);
    }

    fn optional_texts(&mut self) -> [&mut Option<String>; 19] {
        [
            &mut self.cluster,
            &mut self.service,
            &mut self.group,
            &mut self.task_id,
            &mut self.task_arn,
            &mut self.task_definition,
            &mut self.launch_type,
            &mut self.availability_zone,
            &mut self.region,
            &mut self.account,
            &mut self.stop_code,
            &mut self.stopped_reason,
            &mut self.attachment_reason,
            &mut self.container,
            &mut self.container_reason,
            &mut self.image,
            &mut self.image_tag,
            &mut self.health,
            &mut self.incident_id,
        ]
    }
}
