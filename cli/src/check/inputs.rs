//! Inputs whose records reach the output: who can send to them, and whether the stops that they bring are believed.
//!
//! The plugin believes an event that its own watchers or its queue brought, and one under a tag that
//! `stop.trusted_tags` names; a tag with `-firelens-` in it is never believed.

use super::finding::Finding;
use super::tags;
use crate::config::{Configuration, Section, matches};

const TRUSTED_TAGS: &str = "stop.trusted_tags";

/// Inputs that listen on all addresses unless told otherwise, and their ports.
const LISTENERS: [(&str, u16); 7] = [
    ("forward", 24224),
    ("http", 9880),
    ("tcp", 5170),
    ("udp", 5170),
    ("opentelemetry", 4318),
    ("splunk", 8088),
    ("elasticsearch", 9200),
];

/// The folder of the agent's own log and of its events.
const AGENT_LOG: &str = "ecs-agent";

/// Reports inputs on the way to an output of the plugin.
pub(super) fn check(output: &Section, configuration: &Configuration, findings: &mut Vec<Finding>) {
    let trusted = trusted(output);
    let inputs: Vec<&Section> = configuration.inputs.iter().filter(|input| reaches(input, output)).collect();
    findings.extend(inputs.iter().filter_map(|input| open_to_others(input)));
    if takes_stops(output) {
        findings.extend(inputs.iter().filter_map(|input| unbelieved(input, output, &trusted)));
        findings.extend(any_tag(output, configuration));
    }
    findings.extend(trusted.iter().filter_map(|pattern| believed_by_mistake(pattern, output, &inputs)));
}

/// The patterns of `stop.trusted_tags`.
fn trusted(output: &Section) -> Vec<&str> {
    let text = output.text(TRUSTED_TAGS).unwrap_or_default();
    text.split(',').map(str::trim).filter(|pattern| !pattern.is_empty()).collect()
}

fn takes_stops(output: &Section) -> bool {
    let mut routes = output.settings.iter().filter(|setting| {
        ["route.stop", "route.stop.expected", "route.default"]
            .iter()
            .any(|key| setting.key.eq_ignore_ascii_case(key))
    });
    routes.any(|route| route.value.text() != Some("drop"))
}

fn name(input: &Section) -> String {
    input.text("name").unwrap_or_default().to_ascii_lowercase()
}

/// The tags that the input gives; the senders choose those of `forward`.
pub(super) fn given_tags(input: &Section) -> String {
    let name = name(input);
    match (input.text("tag"), name.as_str()) {
        (Some(tag), _) => tag.to_owned(),
        (None, "forward" | "http") => "*".to_owned(),
        (None, name) => format!("{name}.*"),
    }
}

fn reaches(input: &Section, output: &Section) -> bool {
    tags::intersect(&[&given_tags(input), tags::pattern(output)])
}

/// The port of an input that other machines can reach; one that asks for a shared key knows who sends.
fn open_port(input: &Section) -> Option<String> {
    let name = name(input);
    let default = LISTENERS.iter().find(|(listener, _)| *listener == name)?.1;
    let listen = input.get("listen").map(|setting| setting.value.text());
    let is_local = match listen {
        None => input.open,
        Some(None) => true,
        Some(Some(address)) => !matches!(address, "0.0.0.0" | "::"),
    };
    let is_guarded =
        ["unix_path", "shared_key", "tls.verify_client_cert"].iter().any(|key| input.get(key).is_some());
    let port = input.get("port").map_or(Some(""), |setting| setting.value.text());
    let port = port.filter(|port| !port.is_empty()).map_or_else(|| default.to_string(), str::to_owned);
    (!is_local && !is_guarded).then_some(port)
}

fn open_to_others(input: &Section) -> Option<Finding> {
    let port = open_port(input)?;
    let what = match input.get("listen") {
        Some(_) => "is every address of the machine",
        None => "is not set and every address of the machine by default",
    };
    let tag = match given_tags(input).as_str() {
        "*" => "under any tag".to_owned(),
        tag => format!("under the tag {tag}"),
    };
    let message = format!("{what}: whoever reaches port {port} can send records {tag}");
    let instead = match name(input).as_str() {
        "forward" => {
            "write Listen 127.0.0.1, or Shared_Key and a security group that admits the senders only"
        }
        _ => {
            "write Listen 127.0.0.1, or tls.verify_client_cert and a security group that admits the senders only"
        }
    };
    Some(Finding::warn(input, "Listen", message, instead))
}

/// Whether ECS events may come this way. FireLens's own socket and port bring lines of applications only.
fn may_bring_events(input: &Section) -> bool {
    match name(input).as_str() {
        "http" | "docker_events" | "tcp" | "opentelemetry" => true,
        "forward" => input.text("tag").is_some(),
        "tail" => input.text("path").is_some_and(|path| path.contains(AGENT_LOG)),
        _ => false,
    }
}

/// Reports an input whose events would be taken for plain output.
fn unbelieved(input: &Section, output: &Section, trusted: &[&str]) -> Option<Finding> {
    let is_known = output.get(TRUSTED_TAGS).is_none_or(|setting| setting.value.text().is_some());
    if !may_bring_events(input) || !is_known || output.open {
        return None;
    }
    let written = input.text("tag");
    let tag = written.map_or_else(|| default_tag(input), str::to_owned);
    if tag.contains("-firelens-") || trusted.iter().any(|pattern| matches(pattern, &tag)) {
        return None;
    }
    let input_name = name(input);
    let message = format!(
        "{} does not name the tag {tag} of the {input_name} input at line {}, so that a stop event from there is taken for \
         plain output",
        if trusted.is_empty() { "is not set and" } else { "is set but" },
        input.location.line
    );
    let instead = match written {
        Some(tag) => format!("write {TRUSTED_TAGS} {tag} if only senders of ECS events have that tag"),
        None => format!("write Tag ecs-events in that input, and {TRUSTED_TAGS} ecs-events here"),
    };
    Some(Finding::warn(output, TRUSTED_TAGS, message, instead))
}

fn default_tag(input: &Section) -> String {
    format!("{}.0", name(input))
}

/// Reports an output that takes whatever tag a container of the task sends to FireLens's own forward input.
fn any_tag(output: &Section, configuration: &Configuration) -> Option<Finding> {
    let setting = output.get("match").filter(|setting| setting.value.text() == Some("*"))?;
    let forward = configuration.inputs.iter().find(|input| name(input) == "forward");
    // A file without inputs is one that FireLens includes.
    if forward.is_none() && !configuration.inputs.is_empty() {
        return None;
    }
    let input = match forward {
        Some(forward) => format!("the forward input at line {}", forward.location.line),
        None => "the forward input on port 24224 that ECS adds".to_owned(),
    };
    let message = format!("takes every tag, also those that an application makes up and sends to {input}");
    let instead = "write Match *-firelens-*, and Match_Regex where inputs of your own come to it";
    Some(Finding::warn_of(setting, message, instead))
}

/// Reports a pattern that believes applications or strangers.
fn believed_by_mistake(pattern: &str, output: &Section, inputs: &[&Section]) -> Option<Finding> {
    let open_forward = inputs.iter().find(|input| name(input) == "forward" && open_port(input).is_some());
    let reached = open_forward.filter(|input| tags::intersect(&[pattern, &given_tags(input)]));
    let message = if pattern.trim_matches('*').is_empty() {
        format!("'{pattern}' believes whoever can send a record, and everybody can forge a stop")
    } else {
        let line = reached?.location.line;
        format!("'{pattern}' can be sent by everybody who reaches the forward input at line {line}")
    };
    Some(Finding::warn(output, TRUSTED_TAGS, message, "name only tags that ECS events alone come under"))
}

#[cfg(test)]
mod tests;
