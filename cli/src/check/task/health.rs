//! `healthCheck`: a command that ECS can run, and times that it allows.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html>, read 2026-11.

use super::{ContainerView, TaskFindings};
use crate::config::{MapEntry, Node, Tree};
use crate::suggest::closest;

/// What asks the router's plugin.
const OWN: &str = "write [\"CMD\", \"/ecs-router/ecs-router\", \"health\"]";

/// Where Fluent Bit's server listens unless told otherwise.
const SERVER_PORT: &str = "2020";

/// What Fluent Bit's server answers.
const ENDPOINTS: [&str; 12] = [
    "",
    "/api/v1/health",
    "/api/v1/metrics",
    "/api/v1/metrics/prometheus",
    "/api/v1/plugins",
    "/api/v1/storage",
    "/api/v1/uptime",
    "/api/v2/health",
    "/api/v2/metrics",
    "/api/v2/metrics/prometheus",
    "/api/v2/reload",
    "/api/v2/uptime",
];

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
            check_router(findings, container, entry);
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
        findings.warning(container.at_entry(entry), message, OWN);
    }
}

fn check_range(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    entry: &MapEntry,
    least: u64,
    most: u64,
) {
    let Some(number) = entry.value.number() else { return };
    if number < least || number > most {
        let message = format!("of the healthCheck is {number}, and ECS allows {least} to {most}");
        findings.error(container.at_entry(entry), message, format!("write a number from {least} to {most}"));
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
    let instead = match container.firelens() {
        Some(_) => format!("{OWN}, or [\"CMD-SHELL\", \"…\"]"),
        None => format!("write [\"CMD-SHELL\", \"{}\"]", line(&entry.value).replace('"', "\\\"")),
    };
    findings.error(container.at_entry(entry), message, instead);
}

/// What the command was meant to run.
fn line(command: &Node) -> String {
    let mut words: Vec<&str> = command.text().into_iter().collect();
    words.extend(command.items().iter().filter_map(Node::text));
    let rest = words.strip_prefix(&["CMD"]).or_else(|| words.strip_prefix(&["CMD-SHELL"]));
    rest.unwrap_or(&words).join(" ")
}

/// Reports a router whose health check cannot succeed, whatever Fluent Bit does.
fn check_router(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>, entry: &MapEntry) {
    if container.firelens().is_none() {
        return;
    }
    let line = line(&entry.value);
    let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches(['"', '\'', ';'])).collect();
    let found = own_command(&words).or_else(|| {
        let fails = fails_on_errors(&words);
        words.iter().find_map(|word| unanswered(word, fails))
    });
    if let Some((message, instead)) = found {
        let message = format!("of the healthCheck {message}: the router never becomes healthy");
        findings.warning(container.at_entry(entry), &message, &instead);
    }
}

/// Another command than `ecs-router health`.
fn own_command(words: &[&str]) -> Option<(String, String)> {
    let (program, rest) = words.iter().enumerate().find_map(|(index, word)| {
        let program = word.rsplit('/').next()?;
        closest(program, ["ecs-router"])?;
        Some((program, words.get(index + 1..).unwrap_or_default()))
    })?;
    let command = rest.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default();
    if program == "ecs-router" && matches!(command, "health") {
        return None;
    }
    let ran = format!("{program} {command}");
    Some((format!("runs {}, which is not ecs-router health", ran.trim_end()), OWN.to_owned()))
}

/// Whether the command tells an answer such as 404 from a good one.
pub(in crate::check) fn fails_on_errors(words: &[&str]) -> bool {
    let is_flag = |word: &&str| {
        word.starts_with("--fail") || (word.starts_with('-') && !word.starts_with("--") && word.contains('f'))
    };
    let runs = |program: &str| words.iter().any(|word| word.rsplit('/').next() == Some(program));
    runs("wget") || (runs("curl") && words.iter().any(is_flag))
}

/// An address at which Fluent Bit's server does not answer, or not as the command wants it.
fn unanswered(word: &str, fails: bool) -> Option<(String, String)> {
    let (scheme, rest) = word.split_once("://").unwrap_or(("http", word));
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (host, port) = authority.rsplit_once(':')?;
    if port != SERVER_PORT || word.contains('$') {
        return None;
    }
    let right = format!("write http://127.0.0.1:{SERVER_PORT}{path}");
    let is_local = matches!(host, "localhost" | "ip6-localhost" | "0.0.0.0" | "[::1]" | "[::]");
    if !is_local && !host.starts_with("127.") {
        return Some((format!("asks {host} and not the container itself"), right));
    }
    if scheme == "https" {
        return Some(("asks with https, and Fluent Bit's server has no TLS".to_owned(), right));
    }
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    if !fails || ENDPOINTS.contains(&path) || path.starts_with("/api/v1/trace") {
        return None;
    }
    let instead = "write /, or /api/v1/health with Health_Check On in [SERVICE]";
    Some((format!("asks {path}, which Fluent Bit's server does not have"), instead.to_owned()))
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

    #[test]
    fn a_router_is_asked_what_it_can_answer() {
        let health = |command: &str| task("", "", &format!(r#""healthCheck": {{"command": [{command}]}},"#));
        for (command, part) in [
            (r#""CMD-SHELL", "curl -f http://localhost:2020/health || exit 1""#, "asks /health, which"),
            (r#""CMD-SHELL", "wget -q -O- localhost:2020/api/v1/healthy""#, "asks /api/v1/healthy, which"),
            (r#""CMD", "curl", "-f", "https://127.0.0.1:2020/api/v1/health""#, "has no TLS"),
            (
                r#""CMD-SHELL", "curl -sf http://log_router:2020/""#,
                "asks log_router and not the container itself",
            ),
            (r#""CMD", "/ecs-router/ecs-router", "check""#, "runs ecs-router check, which is not"),
            (r#""CMD", "/ecs-router/ecs-router", "healthy""#, "runs ecs-router healthy"),
            (r#""CMD", "/ecs-router/ecs_router", "health""#, "runs ecs_router health"),
        ] {
            assert_says(&health(command), "warning", part);
        }
        for right in [
            r#""CMD-SHELL", "curl -f http://localhost:2020/ || exit 1""#,
            r#""CMD-SHELL", "curl -s http://localhost:2020/health""#,
            r#""CMD-SHELL", "curl -f http://localhost:8080/health || exit 1""#,
            r#""CMD-SHELL", "curl -f http://$HOST:2020/api/v1/uptime || exit 1""#,
            r#""CMD-SHELL", "/ecs-router/ecs-router health || exit 1""#,
            r#""CMD", "/ecs-router/ecs-router", "health", "--address", "127.0.0.1:2020""#,
        ] {
            assert_eq!(said(&health(right)), [""; 0], "{right}");
        }
    }

    #[test]
    fn another_container_is_not_told_to_ask_the_router() {
        let found = said(&task("", r#""healthCheck": {"command": "curl -f \"localhost\""},"#, ""));
        let told = r#"write ["CMD-SHELL", "curl -f \"localhost\""]"#;
        assert!(found.iter().any(|line| line.contains(told)), "{found:?}");
    }
}
