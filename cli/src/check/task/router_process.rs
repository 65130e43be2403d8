//! How the log router runs: its user, its command, its ports.

use super::{ContainerView, TaskFindings};
use crate::config::{Node, Tree};

/// The port of the forward input that ECS adds.
const FORWARD_PORT: &str = "24224";

/// Where FireLens puts the configuration that it generates.
const GENERATED: &str = "/fluent-bit/etc/fluent-bit.conf";

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    for router in findings.view.routers() {
        check_user(findings, router);
        check_command(findings, router);
        check_program(findings, router);
        check_ports(findings, router);
    }
}

fn check_user(findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>) {
    let Some(entry) = router.node.entry("user") else { return };
    let Some(user) = entry.value.text().and_then(|text| text.split(':').next()) else { return };
    if matches!(user, "" | "0" | "root" | "null" | "~") || user.contains(['$', '{']) {
        return;
    }
    let message = "is not root: older container agents do not start such a router, and where objects are kept until they \
                   are sent this user must be able to write";
    let instead = "leave it out, or mount a volume that this user can write at /var/spool/ecs_router";
    findings.note(router.at_entry(entry), message, instead);
}

/// Reports a command that starts Fluent Bit without the configuration that connects it to the task.
fn check_command(findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>) {
    let Some(entry) = router.node.entry("command").filter(|_| router.node.set("entryPoint").is_none()) else {
        return;
    };
    let Tree::List(items) = &entry.value.tree else { return };
    let words: Vec<&str> = items.iter().filter_map(Node::text).collect();
    let is_known = words.len() == items.len() && words.iter().any(|word| word.ends_with("fluent-bit"));
    if is_known && !words.iter().any(|word| word.contains(GENERATED)) {
        let message =
            format!("does not read {GENERATED}, where FireLens puts the inputs and outputs of the task");
        let instead = format!("leave the command out, or add \"-c\", \"{GENERATED}\"");
        findings.warning(router.at_entry(entry), message, instead);
    }
}

/// Reports what is not a program to run: options alone, for the images have no entry point, and an entry point alone, which
/// takes the image's command away.
fn check_program(findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>) {
    let first = |key: &str| router.node.set(key).and_then(|node| node.items().first());
    let (command, entry_point) = (router.node.entry("command"), router.node.entry("entryPoint"));
    let begins_with_option = first("command").and_then(Node::text).is_some_and(|word| word.starts_with('-'));
    match (command, entry_point) {
        (Some(command), None) if begins_with_option => {
            let message = "begins with an option, and images of Fluent Bit for ECS have no entry point: there is no program to run";
            let instead = "leave the command out, or begin it with /fluent-bit/bin/fluent-bit";
            findings.warning(router.at_entry(command), message, instead);
        }
        (None, Some(entry_point)) if first("entryPoint").is_some() => {
            let message = "replaces what the image runs, its command too, and there is no command";
            let instead = "leave the entry point out, or add the command with which Fluent Bit starts";
            findings.warning(router.at_entry(entry_point), message, instead);
        }
        _ => {}
    }
}

/// FireLens itself needs no port: containers reach the router over a socket, and under 127.0.0.1.
fn check_ports(findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>) {
    for mapping in router.node.items_of("portMappings") {
        let port = |key: &str| mapping.text_of(key);
        if port("containerPort") != Some(FORWARD_PORT) {
            continue;
        }
        let message = "opens port 24224: whoever reaches it can send records under any tag; FireLens itself needs no port";
        findings.warning(router.at(mapping.line, "portMappings"), message, "leave the port out");
    }
}

#[cfg(test)]
mod tests {
    use crate::check::task::tests::{assert_says, said, task};

    #[test]
    fn a_router_runs_as_firelens_wants_it() {
        let command = r#""command": ["/fluent-bit/bin/fluent-bit", "-c", "/etc/own.conf"],"#;
        assert_says(&task("", "", command), "warning", "does not read /fluent-bit/etc/fluent-bit.conf");
        let ports = r#""portMappings": [{"containerPort": 24224}],"#;
        assert_says(&task("", "", ports), "warning", "opens port 24224");
        let options = r#""command": ["-c", "/ecs-router/extra.conf"],"#;
        assert_says(&task("", "", options), "warning", "there is no program to run");
        let shell = r#""entryPoint": ["/bin/sh", "-c"],"#;
        assert_says(&task("", "", shell), "warning", "replaces what the image runs");
        for right in [
            r#""entryPoint": ["/bin/sh", "-c"], "command": ["exec /entrypoint.sh"],"#,
            r#""command": ["/fluent-bit/bin/fluent-bit", "-e", "/x.so", "-c", "/fluent-bit/etc/fluent-bit.conf"],"#,
            r#""portMappings": [{"containerPort": 2020}], "user": "0:0","#,
            r#""user": "1000","#,
        ] {
            assert_eq!(said(&task("", "", right)), [""; 0], "{right}");
        }
    }

    #[test]
    fn names_of_variables_and_places_of_secrets_are_checked() {
        let twice = r#""environment": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}],"#;
        assert_says(&task("", twice, ""), "warning", "A is there twice");
        let arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/x";
        let both = format!(
            r#""environment": [{{"name": "A", "value": "1"}}], "secrets": [{{"name": "A", "valueFrom": "{arn}"}}],"#
        );
        assert_says(&task("", &both, ""), "error", "in environment and in secrets");
        let clear = r#""secrets": [{"name": "A", "valueFrom": "p4ss w0rd!"}],"#;
        assert_says(&task("", clear, ""), "error", "neither an ARN nor the name of a parameter");
        let right =
            r#""secrets": [{"name": "A", "valueFrom": "/prod/key"}, {"name": "B", "valueFrom": "${B}"}],"#;
        assert_eq!(said(&task("", right, "")), [""; 0]);
    }

    #[test]
    fn roles_are_two_and_options_ones_that_firelens_has() {
        let execution = "arn:aws:iam::111122223333:role/web-execution";
        assert_says(
            &task(&format!(r#""taskRoleArn": "{execution}","#), "", ""),
            "warning",
            "is the execution role as well",
        );
        let other = r#""taskRoleArn": "arn:aws:iam::111122223333:role/ecsTaskExecutionRole","#;
        assert_says(&task(other, "", ""), "warning", "is an execution role by its name");
        let gov = r#""taskRoleArn": "arn:aws-gov:iam::111122223333:role/web","#;
        assert_says(&task(gov, "", ""), "warning", "is not the ARN of a role");
        let option = |name: &str| {
            task("", "", "").replace(
                r#""config-file-type": "file","#,
                &format!(r#""config-file-type": "file", "{name}": "x","#),
            )
        };
        assert_says(
            &option("log-level"),
            "warning",
            "an option that FireLens does not know, so that it has no effect",
        );
        assert_says(&option("EnableEcsLogMetadata"), "error", "did you mean enable-ecs-log-metadata?");
    }
}
