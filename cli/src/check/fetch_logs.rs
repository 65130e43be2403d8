//! `stop.fetch_logs`: outputs that get no stop to read lines for, and names that several tasks share.

use super::finding::Finding;
use super::templates::written;
use crate::config::Section;

/// Reports keys under `stop.fetch_logs` that do not do what they look like.
pub(super) fn check(section: &Section, findings: &mut Vec<Finding>) {
    findings.extend(without_stops(section));
    findings.extend(shared_stream(section));
}

/// In a sidecar, nobody brings the stops of tasks without a router.
fn without_stops(section: &Section) -> Option<Finding> {
    let setting = section.get("stop.fetch_logs")?;
    let is_on = setting
        .value
        .text()
        .is_some_and(|text| !matches!(&*text.to_ascii_lowercase(), "off" | "false" | "no"));
    let brings_stops = ["queue.url", "stop.trusted_tags"].iter().any(|key| section.get(key).is_some());
    if !is_on || brings_stops || section.open {
        return None;
    }
    let message =
        "has no effect: no stop of another task arrives here, and a router hears the lines of its own";
    Some(Finding::warn_of(setting, message, "write it in the collector, beside queue.url"))
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
        let text = format!("    route.default stdout\n    {}\n", lines.replace('|', "\n    "));
        of_lines(&text).into_iter().filter(|line| line.contains(" stop.fetch_logs")).collect()
    }

    #[test]
    fn only_a_collector_has_something_to_read() {
        let queue = "queue.url https://sqs.eu-west-1.amazonaws.com/111122223333/stops";
        assert!(of("stop.fetch_logs on")[0].contains("write it in the collector"));
        assert_eq!(of(&format!("stop.fetch_logs on|{queue}")), [""; 0]);
        assert_eq!(of("stop.fetch_logs off"), [""; 0]);
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
