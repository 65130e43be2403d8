//! `stop.fetch_logs` and `stop.fetch_changes`: outputs that get no stop to read for, and names that several tasks share.

use super::finding::Finding;
use super::templates::written;
use crate::config::Section;

/// Reports keys about what is read for reports that do not do what they look like.
pub(super) fn check(section: &Section, findings: &mut Vec<Finding>) {
    let of_lines = "no stop of another task arrives here, and a router hears the lines of its own";
    findings.extend(without_stops(section, "stop.fetch_logs", of_lines));
    let of_changes = "no event about a deployment arrives here";
    findings.extend(without_stops(section, "stop.fetch_changes", of_changes));
    findings.extend(shared_stream(section));
}

/// In a sidecar, nobody brings the stops of other tasks, and no event about a service.
fn without_stops(section: &Section, key: &str, why: &str) -> Option<Finding> {
    let setting = section.get(key)?;
    let is_on = setting
        .value
        .text()
        .is_some_and(|text| !matches!(&*text.to_ascii_lowercase(), "off" | "false" | "no" | "auto"));
    let brings_stops = ["queue.url", "stop.trusted_tags"].iter().any(|key| section.get(key).is_some());
    if !is_on || brings_stops || section.open {
        return None;
    }
    let message = format!("has no effect: {why}");
    Some(Finding::warn_of(setting, &message, "write it in the collector, beside queue.url"))
}

/// Reports a stream that does not tell tasks apart.
fn shared_stream(section: &Section) -> Option<Finding> {
    let setting = section.get("stop.fetch_logs_stream")?;
    let text = written(&setting.value)?;
    let names_task = ["$(ecs_task_id", "$(ecs_task_arn", "${"].iter().any(|part| text.contains(part));
    let message = "does not name the task, so that a report may show the last lines of another one";
    (!names_task).then(|| Finding::warn_of(setting, message, "write $(ecs_task_id) into it"))
}

#[cfg(test)]
mod tests {
    use crate::check::tests::of_lines;

    fn of(lines: &str) -> Vec<String> {
        about(lines, " stop.fetch_logs")
    }

    fn of_changes(lines: &str) -> Vec<String> {
        about(lines, " stop.fetch_changes")
    }

    fn about(lines: &str, key: &str) -> Vec<String> {
        let text = format!("    route.default stdout\n    {}\n", lines.replace('|', "\n    "));
        of_lines(&text).into_iter().filter(|line| line.contains(key)).collect()
    }

    #[test]
    fn only_a_collector_has_something_to_read() {
        let queue = "queue.url https://sqs.eu-west-1.amazonaws.com/111122223333/stops";
        assert!(of("stop.fetch_logs on")[0].contains("write it in the collector"));
        assert_eq!(of(&format!("stop.fetch_logs on|{queue}")), [""; 0]);
        assert_eq!(of("stop.fetch_logs off"), [""; 0]);
        assert!(of_changes("stop.fetch_changes on|incident on")[0].contains("write it in the collector"));
        assert_eq!(of_changes(&format!("stop.fetch_changes on|incident on|{queue}")), [""; 0]);
        assert_eq!(of_changes("stop.fetch_changes auto"), [""; 0]);
    }

    #[test]
    fn changes_are_told_of_incidents_only() {
        let queue = "queue.url https://sqs.eu-west-1.amazonaws.com/111122223333/stops";
        for incident in ["incident off", "incident auto"] {
            let found = of_changes(&format!("stop.fetch_changes on|{incident}|{queue}"));
            assert!(found[0].contains("has no effect without incidents"), "{incident}: {found:?}");
        }
    }

    #[test]
    fn a_stream_names_its_task() {
        let of_stream =
            |stream: &str| of(&format!("stop.fetch_logs_group g|stop.fetch_logs_stream {stream}"));
        assert!(of_stream("$(ecs_service)")[0].contains("write $(ecs_task_id) into it"));
        assert_eq!(of_stream("$(container_name)/$(ecs_task_id)"), [""; 0]);
        let alone = of("stop.fetch_logs_group g");
        assert!(
            alone[0].contains("stop.fetch_logs_stream: is missing beside stop.fetch_logs_group"),
            "{alone:?}"
        );
    }
}
