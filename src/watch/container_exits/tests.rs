use super::*;

fn container(name: &str, status: &str) -> TaskContainer {
    TaskContainer {
        docker_id: format!("{name}-id"),
        name: name.to_owned(),
        known_status: Some(status.to_owned()),
        started_at: Some("2026-11-21T10:00:00Z".to_owned()),
        ..TaskContainer::default()
    }
}

fn ended(name: &str, code: i64, at: &str) -> TaskContainer {
    TaskContainer {
        exit_code: Some(code),
        finished_at: Some(format!("2026-11-21T{at}Z")),
        ..container(name, "STOPPED")
    }
}

fn task(desired: &str, first_end: Option<&str>, containers: Vec<TaskContainer>) -> TaskMetadata {
    TaskMetadata {
        arn: Some("arn:aws:ecs:eu-west-1:111122223333:task/prod/0123".to_owned()),
        desired_status: Some(desired.to_owned()),
        execution_stopped_at: first_end.map(|at| format!("2026-11-21T{at}Z")),
        containers,
        ..TaskMetadata::default()
    }
}

fn exits() -> Exits {
    Exits::new(
        stop::EventReader::default(),
        Some("me-id".to_owned()),
        "2026-11-21T10:00:00Z".parse().unwrap(),
    )
}

/// Name, restarted, asked to stop.
fn seen(exits: &[ContainerExit]) -> Vec<(&str, bool, bool)> {
    let of = |exit| {
        let detail = &ContainerExit::event(exit)["detail"];
        let flag = |name: &str| detail[name].as_bool().unwrap();
        (detail["container"]["name"].as_str().unwrap(), flag("restarted"), flag("askedToStop"))
    };
    exits.iter().map(of).collect()
}

impl ContainerExit {
    fn event(this: &Self) -> &Value {
        &this.event
    }
}

#[test]
fn an_exit_is_seen_once_and_by_itself() {
    let mut exits = exits();
    let running = task("RUNNING", None, vec![container("app", "RUNNING"), container("me", "RUNNING")]);
    assert!(exits.update(&running).is_empty());
    let over = task("RUNNING", None, vec![ended("app", 137, "10:05:00")]);
    let found = exits.update(&over);
    assert_eq!(seen(&found), [("app", false, false)]);
    assert_eq!(found[0].finished, "2026-11-21T10:05:00Z".parse().ok());
    assert_eq!(found[0].event["detail"]["container"]["exitCode"], 137);
    assert_eq!(found[0].event["region"], "eu-west-1");
    assert!(exits.update(&over).is_empty());
}

#[test]
fn names_that_are_made_up_take_no_memory() {
    let mut exits = exits();
    for poll in 0..100 {
        let containers = (0..50).map(|nth| container(&format!("{poll}-{nth}"), "RUNNING")).collect();
        exits.update(&task("RUNNING", None, containers));
    }
    assert!(exits.known.len() <= MAX_KNOWN + 50, "{}", exits.known.len());
}

#[test]
fn who_ended_first_was_not_asked_and_the_others_were() {
    let mut exits = exits();
    exits.update(&task("RUNNING", None, vec![container("app", "RUNNING"), container("proxy", "RUNNING")]));
    let both = vec![ended("app", 1, "10:05:00"), ended("proxy", 143, "10:05:02")];
    let found = exits.update(&task("STOPPED", Some("10:05:00"), both));
    assert_eq!(seen(&found), [("app", false, false), ("proxy", false, true)]);
}

#[test]
fn who_lived_on_after_the_order_was_asked_even_when_killed() {
    let mut exits = exits();
    exits.update(&task("STOPPED", None, vec![container("app", "RUNNING")]));
    let found = exits.update(&task("STOPPED", Some("10:05:30"), vec![ended("app", 137, "10:05:30")]));
    assert_eq!(seen(&found), [("app", false, true)]);
}

#[test]
fn a_polite_end_between_two_looks_was_asked_for_and_a_crash_was_not() {
    for (code, asked) in [(0, true), (143, true), (137, false), (1, false)] {
        let mut exits = exits();
        exits.update(&task("RUNNING", None, vec![container("app", "RUNNING")]));
        let found = exits.update(&task("STOPPED", Some("10:05:00"), vec![ended("app", code, "10:05:00")]));
        assert_eq!(seen(&found), [("app", false, asked)], "{code}");
    }
}

#[test]
fn a_restart_is_an_exit_although_nothing_ever_stopped() {
    let mut exits = exits();
    exits.update(&task("RUNNING", None, vec![container("app", "RUNNING")]));
    let mut again = container("app", "RUNNING");
    again.restart_count = Some(1);
    again.started_at = Some("2026-11-21T10:09:00Z".to_owned());
    let found = exits.update(&task("RUNNING", None, vec![again.clone()]));
    assert_eq!(seen(&found), [("app", true, false)]);
    assert!(exits.update(&task("RUNNING", None, vec![again])).is_empty());
}

#[test]
fn the_router_itself_pauses_and_injected_containers_are_nobodys_exit() {
    let mut exits = exits();
    let mut pause = ended("~internal~ecs~pause", 0, "10:05:00");
    pause.kind = Some("CNI_PAUSE".to_owned());
    let containers = vec![pause, ended("me", 1, "10:05:00"), ended("ecs-service-connect-x", 1, "10:05:00")];
    assert!(exits.update(&task("RUNNING", None, containers)).is_empty());
}

#[test]
fn what_ended_before_the_router_was_there_is_old_news() {
    let mut exits = exits();
    let containers = vec![ended("init", 0, "09:59:59"), ended("early", 3, "10:00:01")];
    assert_eq!(seen(&exits.update(&task("RUNNING", None, containers))), [("early", false, false)]);
}
