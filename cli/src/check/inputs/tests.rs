use crate::check::tests::said;

/// What is said of inputs before an output with these lines.
fn of(inputs: &str, lines: &str) -> Vec<String> {
    let inputs: String =
        inputs.split('|').map(|line| format!("    {line}\n").replace("    [", "[")).collect();
    let lines: String = lines.split('|').map(|line| format!("    {line}\n")).collect();
    let text = format!(
        "[SERVICE]\n    Grace 30\n    Plugins_File p\n{inputs}[OUTPUT]\n    Name ecs_router\n    Workers 1\n    \
         Retry_Limit no_limits\n    route.stop stdout\n    route.default stdout\n{lines}"
    );
    let about = |line: &String| {
        ["trusted_tags", "Listen", "Match"]
            .iter()
            .any(|key| line.contains(&format!(" {key}:")) || line.contains(&format!(" stop.{key}: ")))
    };
    said("x", &text).into_iter().filter(about).collect()
}

#[test]
fn an_input_of_events_wants_its_tag_trusted() {
    let http = "[INPUT]|Name http|Listen 127.0.0.1|Tag ecs_events";
    let found = of(http, "Match ecs_events");
    assert!(
        matches!(found.as_slice(), [one] if one.contains("the http input at line 4") && one.contains("; write stop.trusted_tags ecs_events")),
        "{found:?}"
    );
    assert_eq!(of(http, "Match ecs_events|stop.trusted_tags ecs_*, x"), [""; 0]);
    assert_eq!(of(http, "Match ecs_events|stop.trusted_tags ${TAGS}"), [""; 0]);
    assert_eq!(of(http, "Match *-firelens-*"), [""; 0], "its records go elsewhere");
    let untagged = of("[INPUT]|Name docker_events", "Match docker_events.*");
    assert!(untagged[0].contains("write Tag ecs-events in that input"), "{untagged:?}");
    let agent = "[INPUT]|Name tail|Path /var/log/ecs/ecs-agent.log|Tag agent";
    assert_eq!(of(agent, "Match agent").len(), 1);
    assert_eq!(of(&agent.replace("ecs-agent.log", "audit.log"), "Match agent"), [""; 0]);
}

#[test]
fn who_listens_to_everybody_is_told() {
    let open = of("[INPUT]|Name forward|Port 24225", "Match *-firelens-*");
    assert!(open[0].contains("x:4: warning: Listen: is not set and every address"), "{open:?}");
    assert!(open[0].contains("port 24225"), "{open:?}");
    for closed in
        ["Listen 127.0.0.1", "Unix_Path /var/run/fluent.sock", "Shared_Key ${KEY}", "Listen ${ADDRESS}"]
    {
        assert_eq!(of(&format!("[INPUT]|Name forward|{closed}"), "Match *-firelens-*"), [""; 0], "{closed}");
    }
    let everywhere = of("[INPUT]|Name http|Listen 0.0.0.0|Tag e", "Match e|stop.trusted_tags e");
    assert!(
        matches!(everywhere.as_slice(), [one] if one.contains("Listen: is every address")),
        "{everywhere:?}"
    );
}

#[test]
fn patterns_that_believe_applications_are_reported() {
    let input = "[INPUT]|Name dummy";
    for (pattern, expected) in [("*", "everybody can forge a stop"), ("web-firelens-*", "never trusted")] {
        let found = of(input, &format!("Match dummy.*|stop.trusted_tags {pattern}"));
        assert!(matches!(found.as_slice(), [one] if one.contains(expected)), "{found:?}");
    }
    let found = of("[INPUT]|Name forward", "Match e|stop.trusted_tags e");
    assert!(found.iter().any(|line| line.contains("the forward input at line 4")), "{found:?}");
}

#[test]
fn an_output_for_every_tag_is_open_to_made_up_ones() {
    let forward = of("[INPUT]|Name forward|Unix_Path /f", "Match *");
    assert!(forward.iter().any(|line| line.contains("the forward input at line 4")), "{forward:?}");
    let included = of("[FILTER]|Name grep|Match x", "Match *");
    assert!(included.iter().any(|line| line.contains("port 24224 that ECS adds")), "{included:?}");
    assert!(!of("[INPUT]|Name dummy", "Match *").iter().any(|line| line.contains("makes up")));
}
