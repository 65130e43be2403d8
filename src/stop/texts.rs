//! Every text of a report, so that somebody else can mask them, and their bounds.

use super::{StopEvent, StoppedContainer};

/// The longest name: an ARN of ECS has less than 400 bytes.
const MAX_NAME_BYTES: usize = 512;

/// The longest sentence of ECS's, of its agent's or of a registry's.
const MAX_SENTENCE_BYTES: usize = 2 << 10;

/// Containers of a task; ECS allows 10.
pub(super) const MAX_CONTAINERS: usize = 100;

/// What of a sentence is read: enough that the report's own cut shows.
const MAX_READ_BYTES: usize = 4 * MAX_SENTENCE_BYTES;

const ELLIPSIS: char = '…';

/// A name, unless it is longer than any of ECS's.
pub(super) fn short_name(text: &str) -> Option<&str> {
    Some(text).filter(|text| text.len() <= MAX_NAME_BYTES)
}

/// The beginning of a sentence that is longer than any of ECS's.
pub(super) fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_READ_BYTES)).unwrap_or(text)
}

fn cut(text: &mut String, max: usize) {
    if text.len() > max {
        let ends = (0..=max - ELLIPSIS.len_utf8()).rev();
        text.truncate(ends.into_iter().find(|end| text.is_char_boundary(*end)).unwrap_or_default());
        text.push(ELLIPSIS);
    }
}

fn cut_texts_of(container: &mut StoppedContainer) {
    cut(&mut container.name, MAX_NAME_BYTES);
    let names = [&mut container.image, &mut container.last_status, &mut container.runtime_id];
    names.into_iter().flatten().for_each(|name| cut(name, MAX_NAME_BYTES));
    container.reason.iter_mut().for_each(|reason| cut(reason, MAX_SENTENCE_BYTES));
}

/// The texts that a report may lack.
struct OptionalTexts<'s> {
    names: [&'s mut Option<String>; 19],
    sentences: [&'s mut Option<String>; 3],
}

/// A link that names what is not to be seen leads nowhere without it, so it is left out.
fn is_changed(link: &str, visit: &mut dyn FnMut(&mut String)) -> bool {
    let mut visited = link.to_owned();
    visit(&mut visited);
    visited != *link
}

impl StopEvent {
    /// Cuts texts that are longer than any of ECS's. Reports, and keys made of them, are remembered by the thousand, and
    /// whoever can send an event chooses them.
    pub(super) fn cut_texts(&mut self) {
        let OptionalTexts { names, sentences } = self.optional_texts();
        names.into_iter().flatten().for_each(|name| cut(name, MAX_NAME_BYTES));
        sentences.into_iter().flatten().for_each(|sentence| cut(sentence, MAX_SENTENCE_BYTES));
        let times = [&mut self.created_at, &mut self.started_at, &mut self.stopped_at];
        times.into_iter().flatten().for_each(|time| cut(time, MAX_NAME_BYTES));
        if let Some(memory) = &mut self.memory {
            cut(&mut memory.seen_at, MAX_NAME_BYTES);
        }
        if let Some((container, _)) = &mut self.run {
            cut(container, MAX_NAME_BYTES);
        }
        self.containers.truncate(MAX_CONTAINERS);
        self.containers.iter_mut().for_each(cut_texts_of);
    }

    /// Visits every text of the report that is not a name of this library's: what ECS, the user and the applications wrote.
    pub fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        visit(&mut self.summary);
        visit(&mut self.hint);
        let OptionalTexts { names, sentences } = self.optional_texts();
        names.into_iter().chain(sentences).flatten().for_each(&mut *visit);
        self.last_lines.iter_mut().for_each(&mut *visit);
        self.revision_changes.iter_mut().flatten().for_each(&mut *visit);
        if let Some(tag) = self.failed_revision.as_mut().and_then(|failed| failed.image_tag.as_mut()) {
            visit(tag);
        }
        for container in &mut self.containers {
            visit(&mut container.name);
            let texts = [
                &mut container.image,
                &mut container.reason,
                &mut container.last_status,
                &mut container.runtime_id,
            ];
            texts.into_iter().flatten().for_each(&mut *visit);
        }
        if let Some(incident) = &mut self.incident {
            incident.services.iter_mut().chain(&mut incident.revisions).for_each(&mut *visit);
        }
        for link in [&mut self.task_url, &mut self.logs_url] {
            link.take_if(|link| is_changed(link, visit));
        }
        self.event.for_each_text(visit);
    }

    fn optional_texts(&mut self) -> OptionalTexts<'_> {
        let names = [
            &mut self.cluster,
            &mut self.service,
            &mut self.group,
            &mut self.task_id,
            &mut self.task_arn,
            &mut self.task_definition,
            &mut self.launch_type,
            &mut self.capacity_provider,
            &mut self.container_instance,
            &mut self.started_by,
            &mut self.availability_zone,
            &mut self.region,
            &mut self.account,
            &mut self.stop_code,
            &mut self.container,
            &mut self.image,
            &mut self.image_tag,
            &mut self.health,
            &mut self.incident_id,
        ];
        let sentences = [&mut self.stopped_reason, &mut self.attachment_reason, &mut self.container_reason];
        OptionalTexts { names, sentences }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::stop::{self, IncidentReport, IncidentState};

    /// A name that is to be masked stands in more than its own field.
    #[test]
    fn a_text_is_visited_wherever_a_report_repeats_it() {
        let event = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "region": "eu-west-1", "detail": {
            "taskArn": "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123", "lastStatus": "STOPPED",
            "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/hunter2", "group": "service:hunter2",
            "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:hunter2",
            "containers": [{"name": "hunter2", "exitCode": 1, "runtimeId": "hunter2", "reason": "hunter2",
                "image": "hunter2:1", "lastStatus": "hunter2"}]}});
        let mut stop = stop::read(event).unwrap();
        stop.incident = Some(IncidentReport {
            state: IncidentState::Opened,
            count: 1,
            first_at: 0,
            last_at: 0,
            revisions: vec!["hunter2".to_owned()],
            services: vec!["hunter2".to_owned(), "api".to_owned()],
            ended_by: None,
            quiet_seconds: None,
            escalated: false,
            various: false,
            is_news: true,
        });
        assert!(stop.logs_url.as_ref().unwrap().contains("hunter2"));
        let with_others = |mut stop: stop::StopEvent, hidden: &str| {
            stop.for_each_text(&mut |text| *text = text.replace(hidden, "[redacted]"));
            serde_json::to_string(&stop).unwrap()
        };
        assert!(with_others(stop.clone(), "nothing").contains("/tasks/0123/logs"));
        let masked = with_others(stop, "hunter2");
        assert!(!masked.contains("hunter2"), "{masked}");
    }
}
