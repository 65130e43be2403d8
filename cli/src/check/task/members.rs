//! What is inside the maps and lists of a task definition: members that exist, of the type that ECS wants.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html> and the types that it names,
//! read 2026-11.

use super::levels::KeyLevel;
use super::names::check_key;
use super::shapes::{LINUX_LISTS, MAPS, TASK_LISTS};
use super::{ContainerView, TaskFindings, TaskPlace, pairs, written_number};
use crate::config::{MapEntry, Node, TaskDialect, Tree};
use crate::suggest::closest;

/// What a member holds.
#[derive(Debug, Clone, Copy)]
enum MemberType {
    Text,
    Number,
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Checked elsewhere, or by nobody.
    Any,
}

use MemberType::{Any, Flag, Number, Text, Word};

/// The members of the maps in one place.
struct Shape {
    /// Names of members from the container, or from the task, on.
    place: &'static [&'static str],
    /// Members without which ECS refuses the map.
    needed: &'static [&'static str],
    members: &'static [(&'static str, MemberType)],
}

const OF_CONTAINER: [Shape; 15] = [
    Shape {
        place: &["portMappings"],
        needed: &[],
        members: &[
            ("containerPort", Number),
            ("hostPort", Number),
            ("protocol", Word(&["tcp", "udp"])),
            ("name", Text),
            ("appProtocol", Word(&["http", "http2", "grpc"])),
            ("containerPortRange", Text),
        ],
    },
    Shape {
        place: &["mountPoints"],
        needed: &["sourceVolume", "containerPath"],
        members: &[("sourceVolume", Text), ("containerPath", Text), ("readOnly", Flag)],
    },
    Shape {
        place: &["volumesFrom"],
        needed: &["sourceContainer"],
        members: &[("sourceContainer", Text), ("readOnly", Flag)],
    },
    Shape {
        place: &["environmentFiles"],
        needed: &["value", "type"],
        members: &[("value", Text), ("type", Word(&["s3"]))],
    },
    Shape {
        place: &["healthCheck"],
        needed: &["command"],
        members: &[
            ("command", Any),
            ("interval", Number),
            ("timeout", Number),
            ("retries", Number),
            ("startPeriod", Number),
        ],
    },
    Shape {
        place: &["ulimits"],
        needed: &["name", "softLimit", "hardLimit"],
        members: &[("name", Word(&LIMITS)), ("softLimit", Number), ("hardLimit", Number)],
    },
    Shape {
        place: &["linuxParameters"],
        needed: &[],
        members: &[
            ("capabilities", Any),
            ("devices", Any),
            ("initProcessEnabled", Flag),
            ("sharedMemorySize", Number),
            ("tmpfs", Any),
            ("maxSwap", Number),
            ("swappiness", Number),
        ],
    },
    Shape {
        place: &["linuxParameters", "capabilities"],
        needed: &[],
        members: &[("add", Any), ("drop", Any)],
    },
    Shape {
        place: &["linuxParameters", "devices"],
        needed: &["hostPath"],
        members: &[("hostPath", Text), ("containerPath", Text), ("permissions", Any)],
    },
    Shape {
        place: &["linuxParameters", "tmpfs"],
        needed: &["containerPath", "size"],
        members: &[("containerPath", Text), ("size", Number), ("mountOptions", Any)],
    },
    Shape {
        place: &["restartPolicy"],
        needed: &["enabled"],
        members: &[("enabled", Flag), ("ignoredExitCodes", Any), ("restartAttemptPeriod", Number)],
    },
    Shape {
        place: &["systemControls"],
        needed: &["namespace", "value"],
        members: &[("namespace", Text), ("value", Text)],
    },
    Shape {
        place: &["resourceRequirements"],
        needed: &["type", "value"],
        members: &[("type", Word(&["GPU", "InferenceAccelerator", "NeuronDevice"])), ("value", Text)],
    },
    Shape {
        place: &["extraHosts"],
        needed: &["hostname", "ipAddress"],
        members: &[("hostname", Text), ("ipAddress", Text)],
    },
    Shape {
        place: &["repositoryCredentials"],
        needed: &["credentialsParameter"],
        members: &[("credentialsParameter", Text)],
    },
];

const OF_TASK: [Shape; 8] = [
    Shape {
        place: &["volumes"],
        needed: &[],
        members: &[
            ("name", Text),
            ("host", Any),
            ("dockerVolumeConfiguration", Any),
            ("efsVolumeConfiguration", Any),
            ("fsxWindowsFileServerVolumeConfiguration", Any),
            ("s3filesVolumeConfiguration", Any),
            ("configuredAtLaunch", Flag),
        ],
    },
    Shape {
        place: &["volumes", "efsVolumeConfiguration"],
        needed: &["fileSystemId"],
        members: &[
            ("fileSystemId", Text),
            ("rootDirectory", Text),
            ("transitEncryption", Word(&["ENABLED", "DISABLED"])),
            ("transitEncryptionPort", Number),
            ("authorizationConfig", Any),
        ],
    },
    Shape {
        place: &["volumes", "efsVolumeConfiguration", "authorizationConfig"],
        needed: &[],
        members: &[("accessPointId", Text), ("iam", Word(&["ENABLED", "DISABLED"]))],
    },
    Shape {
        place: &["runtimePlatform"],
        needed: &[],
        members: &[("cpuArchitecture", Any), ("operatingSystemFamily", Any)],
    },
    Shape { place: &["ephemeralStorage"], needed: &["sizeInGiB"], members: &[("sizeInGiB", Number)] },
    Shape {
        place: &["placementConstraints"],
        needed: &["type"],
        members: &[("type", Word(&["memberOf"])), ("expression", Text)],
    },
    Shape { place: &["tags"], needed: &["key"], members: &[("key", Text), ("value", Text)] },
    Shape {
        place: &["proxyConfiguration"],
        needed: &["containerName"],
        members: &[("type", Word(&["APPMESH"])), ("containerName", Text), ("properties", Any)],
    },
];

const LIMITS: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// The map of a container that has this member.
pub(super) fn of_container(member: &str) -> Option<&'static str> {
    map_with(&OF_CONTAINER, member)
}

/// The map of the task that has this member.
pub(super) fn of_task(member: &str) -> Option<&'static str> {
    map_with(&OF_TASK, member)
}

fn map_with(shapes: &[Shape], member: &str) -> Option<&'static str> {
    let has = |shape: &&Shape| shape.members.iter().any(|(name, _)| same(name, member));
    match shapes.iter().find(has)?.place {
        [place] => Some(place),
        _ => None,
    }
}

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    // In Terraform, those of the task are blocks with names of their own.
    if view.is_whole && view.task.dialect != TaskDialect::Terraform {
        OF_TASK.iter().for_each(|shape| check_shape(findings, None, &view.task.node, shape));
    }
    for container in &view.containers {
        OF_CONTAINER.iter().for_each(|shape| check_shape(findings, Some(container), container.node, shape));
    }
}

/// The members of a container's maps that begin with a small letter, where CloudFormation wants a capital.
pub(super) fn small(container: &Node) -> Vec<&MapEntry> {
    let mut found = Vec::new();
    for shape in &OF_CONTAINER {
        let maps = found_in(container, shape.place);
        let names: Vec<&str> = shape.members.iter().map(|(name, _)| *name).collect();
        found.extend(maps.into_iter().flat_map(|(_, map)| small_keys(map, &names)));
    }
    for (place, names) in &pairs::PAIRS {
        found.extend(pairs::items(container, place).flat_map(|item| small_keys(item, names)));
    }
    found
}

fn small_keys<'n>(map: &'n Node, names: &[&str]) -> Vec<&'n MapEntry> {
    let is_small = |entry: &&MapEntry| entry.key.starts_with(|first: char| first.is_ascii_lowercase());
    let known = |entry: &&MapEntry| names.iter().any(|name| same(name, &entry.key));
    map.entries().iter().filter(is_small).filter(known).collect()
}

fn check_shape(
    findings: &mut TaskFindings<'_, '_>,
    container: Option<&ContainerView<'_>>,
    node: &Node,
    shape: &Shape,
) {
    for (key, value) in found_in(node, shape.place) {
        if value.is_null() {
            continue;
        }
        match &value.tree {
            Tree::Map(members) if !members.iter().any(MapEntry::is_intrinsic) => {
                check_members(findings, container, key, value, shape);
            }
            Tree::Map(_) | Tree::Function(..) => {}
            tree => {
                let names: Vec<&str> = shape.members.iter().map(|(name, _)| *name).collect();
                let what = if matches!(tree, Tree::List(_)) { "list" } else { "text or a number" };
                let message = format!("must be a map, and is a {what}: ECS refuses the task");
                let instead = format!("write a map with {}", names.join(", "));
                findings.error(TaskPlace::new(container, value.line, key), message, instead);
            }
        }
    }
}

/// The maps under these names, and the items where one of them is a list.
fn found_in<'n>(node: &'n Node, place: &[&'static str]) -> Vec<(&'static str, &'n Node)> {
    let mut found = vec![("", node)];
    for key in place {
        let entries = found.iter().filter_map(|(_, node)| node.entry(key));
        found = entries.flat_map(|entry| flat(key, &entry.value)).map(|node| (*key, node)).collect();
    }
    found
}

/// A text in the place of a list is reported as such, and a list in the place of a map stays one.
fn flat<'n>(key: &str, node: &'n Node) -> Vec<&'n Node> {
    let is_list = MAPS.contains(&key) || TASK_LISTS.contains(&key);
    match &node.tree {
        Tree::List(items) if is_list || LINUX_LISTS.contains(&key) => items.iter().collect(),
        Tree::Text(_) | Tree::Word(_) if is_list => Vec::new(),
        _ => vec![node],
    }
}

fn check_members(
    findings: &mut TaskFindings<'_, '_>,
    container: Option<&ContainerView<'_>>,
    key: &str,
    value: &Node,
    shape: &Shape,
) {
    let names: Vec<&str> = shape.members.iter().map(|(name, _)| *name).collect();
    for member in value.entries() {
        check_key(findings, container, member, KeyLevel::map(key, &names));
        let known = shape.members.iter().find(|(name, _)| same(name, &member.key));
        if let Some((_, kind)) = known.filter(|(_, kind)| !matches!(kind, Any)) {
            check_type(findings, container, member, *kind);
        }
    }
    // A member of another name may be the one that is missing, and is reported.
    let is_known = |member: &MapEntry| names.iter().any(|name| same(name, &member.key));
    if !value.entries().iter().all(is_known) {
        return;
    }
    for needed in shape.needed.iter().filter(|needed| value.entry(needed).is_none()) {
        let message = format!("has no {needed}, and ECS refuses the task");
        findings.error(TaskPlace::new(container, value.line, key), message, format!("add {needed}"));
    }
}

/// CloudFormation begins each name with a capital.
fn same(name: &str, key: &str) -> bool {
    name.eq_ignore_ascii_case(key)
}

fn check_type(
    findings: &mut TaskFindings<'_, '_>,
    container: Option<&ContainerView<'_>>,
    member: &MapEntry,
    kind: MemberType,
) {
    if member.value.is_function() || member.value.is_null() {
        return;
    }
    let place = TaskPlace::new(container, member.line, &member.key);
    let Some(text) = member.value.text() else {
        let message = "must be a single value, and is a list or a map";
        return findings.error(place, message, "write the value alone");
    };
    // CloudFormation converts what is written in another type.
    let is_strict = findings.view.task.dialect != TaskDialect::CloudFormation;
    let is_string = matches!(member.value.tree, Tree::Text(_));
    let (message, instead) = match kind {
        Number if is_strict && is_string => {
            ("must be a number, not a string in quotation marks".to_owned(), written_number(text))
        }
        Flag if is_strict && is_string => {
            ("must be a boolean, not a string in quotation marks".to_owned(), format!("write {text}"))
        }
        Text if is_strict && !is_string => {
            ("must be a string, in quotation marks".to_owned(), format!("write \"{text}\""))
        }
        Word(words) if !words.contains(&text) && !text.contains(['$', '{']) => {
            let near = words.iter().find(|word| word.eq_ignore_ascii_case(text)).copied();
            let near = near.or_else(|| closest(text, words.iter().copied()));
            let instead = near
                .map_or_else(|| format!("write one of {}", words.join(", ")), |near| format!("write {near}"));
            (format!("'{text}' is not a value that ECS knows"), instead)
        }
        _ => return,
    };
    findings.error(place, message, instead);
}

#[cfg(test)]
mod tests;
