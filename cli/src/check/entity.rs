//! `entity`: services that it cannot name.

use super::finding::Finding;
use crate::config::{Section, Setting};

/// Reports an entity that is not the service's.
pub(super) fn check(section: &Section, findings: &mut Vec<Finding>) {
    for setting in &section.settings {
        findings.extend(without_metadata(section, setting));
        findings.extend(one_for_each_task(setting));
    }
}

/// Whether the key is `<destination>.<name>`.
fn is_named(setting: &Setting, name: &str) -> bool {
    setting.key.split_once('.').is_some_and(|(_, key)| key.eq_ignore_ascii_case(name))
}

/// Only the metadata tell the ECS service of a task.
fn without_metadata(section: &Section, setting: &Setting) -> Option<Finding> {
    let is_auto = setting.value.text().is_some_and(|value| value.eq_ignore_ascii_case("auto"));
    let metadata_off = section.text("task_metadata").is_some_and(|value| value.eq_ignore_ascii_case("off"));
    if !is_named(setting, "entity") || !is_auto || !metadata_off || section.get("queue.url").is_some() {
        return None;
    }
    let destination = setting.key.split_once('.')?.0;
    if section.get(&format!("{destination}.entity_service")).is_some() {
        return None;
    }
    let message = "learns the ECS service from the task's metadata, and task_metadata is off, so that the task \
                   definition's family is taken for the service";
    let instead = format!("leave task_metadata out, or write {destination}.entity_service web");
    Some(Finding::warn_of(setting, message, instead))
}

/// One entity for each task or line is not a service of anybody's.
fn one_for_each_task(setting: &Setting) -> Option<Finding> {
    let is_name = ["entity_service", "entity_environment"].iter().any(|name| is_named(setting, name));
    let text = setting.value.text().filter(|_| is_name)?;
    let fields = ["$(ecs_task_id", "$(ecs_task_arn", "$(container_id", "$(log", "$(uuid"];
    let field = fields.iter().find(|field| text.contains(*field))?;
    let message = format!("holds {field}), so that every task or line gets a service of its own");
    Some(Finding::warn_of(setting, message, "write $(ecs_service) or a name"))
}

#[cfg(test)]
mod tests {
    use crate::check::tests::of_lines;

    fn of(lines: &str) -> Vec<String> {
        let text = format!(
            "    route.default logs\n    logs.type cloudwatch\n    logs.region eu-west-1\n    logs.log_group g\n    {}\n",
            lines.replace('|', "\n    ")
        );
        of_lines(&text).into_iter().filter(|line| line.contains("logs.entity")).collect()
    }

    #[test]
    fn a_service_that_nobody_tells_is_warned_of() {
        let told = of("logs.entity auto|task_metadata off");
        assert!(told.len() == 1 && told[0].contains("write logs.entity_service web"), "{told:?}");
        for fine in [
            "logs.entity auto",
            "logs.entity off|task_metadata off",
            "logs.entity auto|task_metadata off|logs.entity_service web",
            "logs.entity auto|task_metadata off|queue.url https://sqs.eu-west-1.amazonaws.com/111122223333/stops",
        ] {
            assert_eq!(of(fine), [""; 0], "{fine}");
        }
    }

    #[test]
    fn a_service_for_each_task_is_warned_of() {
        let told = of("logs.entity auto|logs.entity_service web-$(ecs_task_id)");
        assert!(told.len() == 1 && told[0].contains("write $(ecs_service) or a name"), "{told:?}");
        assert_eq!(of("logs.entity auto|logs.entity_environment $(ecs_cluster)-prod"), [""; 0]);
    }

    #[test]
    fn keys_without_effect_and_unknown_words_are_errors() {
        assert!(of("logs.entity_service web")[0].contains("has no effect unless entity is auto"));
        assert!(of("logs.entity on")[0].contains("auto"));
    }
}
