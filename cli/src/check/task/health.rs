//! `healthCheck`: a command that ECS can run, and times that it allows.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html>, read 2026-11.

use super::{ContainerView, TaskFindings};
use crate::config::{MapEntry, Node, Tree};

/// Least and most of each number.
const RANGES: [(&str, u64, u64); 4] =
    [("interval", 5, 300), ("timeout", 2, 60), ("retries", 1, 10), ("startPeriod", 0, 300)];

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    for container in &findings.view.containers {
        let Some(health) = container.node.set("healthCheck").filter(|node| !node.is_function()) else {
            continue;
        };
        if let Some(entry) = health.entry("command") {
            check_command(findings, container, entry);
            check_netcat(findings, container, entry);
        }
        for (key, least, most) in RANGES {
            let Some(entry) = health.entry(key) else { continue };
            check_range(findings, container, entry, least, most);
        }
    }
}

/// Reports a router whose health is asked for with a program that its image need not have.
fn check_netcat(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>, entry: &MapEntry) {
    let words = entry.value.items().iter().filter_map(Node::text);
    let runs_netcat = words.flat_map(str::split_whitespace).any(|word| word == "nc" || word.ends_with("/nc"));
    if runs_netcat && container.firelens().is_some() {
        let message = "of the healthCheck runs nc, which aws-for-fluent-bit has no more since version 3: the router never \
                       becomes healthy";
        let instead = "write [\"CMD\", \"/ecs-router/ecs-router\", \"health\"]";
        findings.container_warning(container, entry.line, &entry.key, message, instead);
    }
}

fn check_range(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    entry: &MapEntry,
    least: u64,
    most: u64,
) {
    let Some(number) = entry.value.text().and_then(|text| text.parse::<u64>().ok()) else { return };
    if number < least || number > most {
        let message = format!("of the healthCheck is {number}, and ECS allows {least} to {most}");
        findings.container_error(container, entry, message, format!("write a number from {least} to {most}"));
    }
}

fn check_command(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>, entry: &MapEntry) {
    let words: Vec<Option<&str>> = entry.value.items().iter().map(Node::text).collect();
    let message = match (&entry.value.tree, words.as_slice()) {
        (Tree::Text(_), _) => "of the healthCheck must be a list, and is a text",
        (_, [Some("CMD-SHELL"), Some(_), Some(_), ..]) => {
            "of the healthCheck has several words behind CMD-SHELL, and the shell runs the first alone"
        }
        (_, [Some("CMD"), rest @ ..])
            if rest.iter().flatten().any(|word| matches!(*word, "||" | "&&" | "|" | ";")) =>
        {
            "of the healthCheck hands ||, && or | to the program as a word: only CMD-SHELL has a shell"
        }
        (_, [Some("CMD"), Some(only)]) if only.contains(' ') => {
            "of the healthCheck runs a program whose name is the whole line: CMD wants a word each"
        }
        (_, [Some("CMD" | "CMD-SHELL" | "NONE"), ..] | [None, ..] | []) => return,
        _ => "of the healthCheck does not begin with CMD or CMD-SHELL",
    };
    let instead = "write [\"CMD\", \"/ecs-router/ecs-router\", \"health\"], or [\"CMD-SHELL\", \"…\"]";
    findings.container_error(container, entry, message, instead);
}

#[cfg(test)]
mod tests {
    use crate::check::task::tests::{assert_says, said, task};

    #[test]
    fn a_router_is_not_asked_with_a_program_that_its_image_lacks() {
        let health = |command: &str| task("", "", &format!(r#""healthCheck": {{"command": [{command}]}},"#));
        let netcat = r#""CMD-SHELL", "echo '{\"health\":\"check\"}' | nc 127.0.0.1 8877 || exit 1""#;
        assert_says(&health(netcat), "warning", "runs nc");
        for right in [
            r#""CMD", "/ecs-router/ecs-router", "health""#,
            r#""CMD-SHELL", "curl -f localhost:2020/api/v1/health""#,
        ] {
            assert_eq!(said(&health(right)), [""; 0], "{right}");
        }
    }
}
