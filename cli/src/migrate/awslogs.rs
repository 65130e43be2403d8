//! Task definitions whose containers log with the driver `awslogs`.

use serde_json::{Map, Value, json};

use super::conf::aligned;
use super::steps::TaskSteps;
use super::{MigratedFile, Migration, intrinsics, owner};
use crate::config::{Configuration, Location, MapEntry, Node, TaskDefinition, TaskDialect};
use crate::init::{self, Owner, PLUGINS, SidecarParts, sidecar};

/// What `describe-task-definition` adds, and `register-task-definition` refuses.
const READ_ONLY: [&str; 9] = [
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
];

/// Options that may become a variable of the router.
const VARIABLE_OPTIONS: [&str; 3] = ["awslogs-group", "awslogs-region", "awslogs-stream-prefix"];

/// A container and the options of its driver.
struct Container<'n> {
    name: String,
    options: &'n [MapEntry],
    location: Location,
}

/// Translates every task of the file.
pub(super) fn migrate(text: &str, configuration: &Configuration) -> Migration {
    let mut migration = Migration::default();
    for task in &configuration.tasks {
        let is_only = configuration.tasks.len() == 1;
        let prefix = match task.name.as_deref().filter(|_| !is_only) {
            Some(name) => format!("{}-", name.replace(|c: char| !c.is_ascii_alphanumeric(), "-")),
            None => String::new(),
        };
        migrate_task(text, task, &prefix, &mut migration);
    }
    migration
}

fn migrate_task(text: &str, task: &TaskDefinition, prefix: &str, migration: &mut Migration) {
    let nodes = match task.node.get("containerDefinitions") {
        Some(list) => list.items(),
        None => task.node.items(),
    };
    let containers: Vec<Container<'_>> = nodes.iter().filter_map(|node| container(task, node)).collect();
    report_others(task, nodes, migration);
    let Some(first) = containers.first() else { return };
    let mut targets: Vec<Target> = Vec::new();
    for container in &containers {
        add_target(&mut targets, container, migration);
    }
    let own_family = task.node.text_of("family");
    let family = own_family.map(str::to_owned).or(task.name.clone()).unwrap_or_else(|| first.name.clone());
    add_file(migration, format!("{prefix}extra.conf"), configuration(&family, &targets), true);
    let region = targets.iter().find_map(|target| target.region.clone()).filter(|one| !one.contains('$'));
    let known = owner::of(text);
    let owner = Owner { region: region.clone().or(known.region), ..known };
    let is_fargate = task.node.text_of("networkMode") == Some("awsvpc");
    let mut parts = sidecar(&family, &owner, is_fargate);
    if task.dialect == TaskDialect::CloudFormation {
        intrinsics::resolve(&mut parts, region.as_deref(), own_family.is_some());
    }
    intrinsics::add_variables(&mut parts, &variables(&containers));
    let has_router = nodes.iter().any(|node| node.get("firelensConfiguration").is_some());
    let rewritten = Some(task)
        .filter(|task| task.dialect == TaskDialect::Ecs)
        .and_then(|_| rewritten_task(text, &parts, has_router));
    let is_whole = rewritten.is_some();
    let file = format!("{prefix}task-definition{}.json", if is_whole { "" } else { "-parts" });
    let made = rewritten.unwrap_or_else(|| listed_parts(task, &parts));
    add_file(migration, file.clone(), pretty(&made), is_whole);
    add_image_files(migration, prefix, &parts);
    migration.remarks.push(permissions(&first.location, &targets, &parts));
    let stops = targets.first().map(|target| format!("{}/stops", target.group));
    let groups: Vec<String> = stops.into_iter().chain([parts.router_group.clone()]).collect();
    let steps = TaskSteps {
        parts: &parts,
        owner: &owner,
        dialect: task.dialect,
        prefix,
        file: &file,
        is_whole,
        groups: &groups,
    };
    migration.steps.extend(steps.list());
}

fn add_file(migration: &mut Migration, name: String, text: String, is_checked: bool) {
    migration.files.push(MigratedFile { name, text, is_checked });
}

/// What puts `extra.conf` into an image of the service's own: the base image has another one.
fn add_image_files(migration: &mut Migration, prefix: &str, parts: &SidecarParts) {
    let copy = match prefix {
        "" => "extra.conf plugins.conf /ecs-router/".to_owned(),
        _ => format!("{prefix}extra.conf /ecs-router/extra.conf\nCOPY plugins.conf /ecs-router/"),
    };
    add_file(migration, format!("{prefix}Dockerfile"), init::dockerfile(&parts.base_image, &copy), false);
    if !migration.files.iter().any(|file| file.name == "plugins.conf") {
        add_file(migration, "plugins.conf".to_owned(), PLUGINS.to_owned(), false);
    }
}

/// Which role needs what, and the groups that it is for.
fn permissions(location: &Location, targets: &[Target], parts: &SidecarParts) -> String {
    let groups: Vec<&str> = targets.iter().map(|target| target.group.as_str()).collect();
    let creates = targets.iter().any(|target| target.keys.iter().any(|(key, _)| *key == "auto_create_group"));
    let create = if creates { ", logs:CreateLogGroup (for auto_create_group)" } else { "" };
    format!(
        "{}: the task role, no longer the execution role, needs logs:CreateLogStream, logs:PutLogEvents{create} on {} and \
         on the group of stop reports, {}/stops, which has to be made; the execution role needs logs:CreateLogStream and \
         logs:PutLogEvents on the router's own group, {}, and to pull {}",
        location,
        groups.join(", "),
        groups.first().copied().unwrap_or_default(),
        parts.router_group,
        parts.image
    )
}

/// A container that logs with `awslogs`. The router keeps it: somebody has to say what is wrong with the router.
fn container<'n>(task: &TaskDefinition, node: &'n Node) -> Option<Container<'n>> {
    let log = node.get("logConfiguration")?;
    let is_router = node.get("firelensConfiguration").is_some();
    log.text_of("logDriver").filter(|driver| *driver == "awslogs" && !is_router)?;
    Some(Container {
        name: node.text_of("name").unwrap_or("app").to_owned(),
        options: log.get("options").map(Node::entries).unwrap_or_default(),
        location: Location { file: task.file.clone(), line: log.line },
    })
}

/// Names containers that log with something else.
fn report_others(task: &TaskDefinition, nodes: &[Node], migration: &mut Migration) {
    for node in nodes {
        let driver = node.get("logConfiguration").and_then(|log| log.get("logDriver")).and_then(Node::text);
        let name = node.text_of("name").unwrap_or_default();
        if let Some(driver) = driver.filter(|driver| !["awslogs", "awsfirelens"].contains(driver)) {
            let at = Location { file: task.file.clone(), line: node.line };
            migration.is_partial = true;
            migration.remarks.push(format!("{}: container {name} logs with {driver}, and goes on so", at));
        }
    }
}

/// Where the lines of some containers go.
struct Target {
    name: String,
    containers: Vec<String>,
    group: String,
    region: Option<String>,
    keys: Vec<(&'static str, String)>,
}

fn add_target(targets: &mut Vec<Target>, container: &Container<'_>, migration: &mut Migration) {
    let group = value(container, "awslogs-group", migration).unwrap_or_else(|| "/ecs/unknown".to_owned());
    let region = value(container, "awslogs-region", migration);
    let prefix = value(container, "awslogs-stream-prefix", migration);
    let mut keys = vec![("log_group", group.clone())];
    keys.extend(region.clone().map(|region| ("region", region)));
    let stream = match prefix {
        Some(prefix) => format!("{prefix}/$(container_name)/$(ecs_task_id)"),
        // What the driver itself takes without a prefix.
        None => "$(container_id)".to_owned(),
    };
    keys.push(("log_stream", stream));
    keys.push(("log_key", "log".to_owned()));
    for entry in container.options {
        add_option(entry, container, &mut keys, migration);
    }
    if let Some(target) = targets.iter_mut().find(|target| target.keys == keys) {
        target.containers.push(container.name.clone());
        return;
    }
    let number = targets.len() + 1;
    let name = if number == 1 { "lines".to_owned() } else { format!("lines_{number}") };
    targets.push(Target { name, containers: vec![container.name.clone()], group, region, keys });
}

/// The value of an option; a variable of the router for what is known only at deployment.
fn value(container: &Container<'_>, key: &str, migration: &mut Migration) -> Option<String> {
    let entry = container.options.iter().find(|entry| entry.key == key)?;
    if let Some(text) = entry.value.text() {
        return Some(text.to_owned());
    }
    let variable = variable(&container.name, key);
    let place = Location { file: container.location.file.clone(), line: entry.line };
    migration.remarks.push(format!(
        "{place}: {key} is known only at deployment; the router takes it from the variable {variable}, which its environment \
         sets to the same value"
    ));
    Some(format!("${{{variable}}}"))
}

/// The router's variable for an option of a container: `WEB_GROUP`.
fn variable(container: &str, key: &str) -> String {
    let name = format!("{container}_{}", key.trim_start_matches("awslogs-"));
    name.to_ascii_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

/// Every such variable with what the file says instead of a value.
fn variables<'n>(containers: &[Container<'n>]) -> Vec<(String, &'n Node)> {
    let options = containers.iter().flat_map(|container| {
        let unknown = container.options.iter().filter(|entry| entry.value.text().is_none());
        unknown.map(|entry| (variable(&container.name, &entry.key), entry))
    });
    let used = options.filter(|(_, entry)| VARIABLE_OPTIONS.contains(&entry.key.as_str()));
    used.map(|(name, entry)| (name, &entry.value)).collect()
}

fn add_option(
    entry: &MapEntry,
    container: &Container<'_>,
    keys: &mut Vec<(&'static str, String)>,
    migration: &mut Migration,
) {
    let MapEntry { key, line, value } = entry;
    let why = match key.as_str() {
        "awslogs-group" | "awslogs-region" | "awslogs-stream-prefix" => return,
        "awslogs-create-group" => {
            if value.text().is_some_and(|text| text == "true") {
                keys.push(("auto_create_group", "on".to_owned()));
            }
            return;
        }
        "awslogs-endpoint" => match value.text() {
            Some(text) => return keys.push(("endpoint", text.to_owned())),
            None => "is known only at deployment",
        },
        "mode" | "max-buffer-size" => {
            "has no counterpart: the driver of awsfirelens never waits, and Fluent Bit buffers (docs/buffers.md)"
        }
        "awslogs-multiline-pattern" | "awslogs-datetime-format" => {
            "has no counterpart in the plugin: join lines with Fluent Bit's multiline filter"
        }
        _ => "has no counterpart",
    };
    let place = Location { file: container.location.file.clone(), line: *line };
    migration.remarks.push(format!("{place}: {key} of container {} {why}", container.name));
    migration.is_partial |= key.starts_with("awslogs-");
}

fn configuration(family: &str, targets: &[Target]) -> String {
    let mut lines: Vec<(String, String)> = Vec::new();
    let mut line = |key: &str, value: &str| lines.push((key.to_owned(), value.to_owned()));
    for (key, value) in [
        ("Name", "ecs_router"),
        ("Match", "*-firelens-*"),
        ("Workers", "2"),
        ("Retry_Limit", "no_limits"),
        ("", ""),
        ("route.stop", "stops"),
    ] {
        line(key, value);
    }
    let others = targets.get(1..).unwrap_or_default();
    if !others.is_empty() {
        let names: Vec<String> = others.iter().map(class_of).collect();
        line("classes", &names.join(", "));
    }
    for target in others {
        let names: Vec<String> = target.containers.iter().map(|name| regex::escape(name)).collect();
        line(
            &format!("class.{}.match", class_of(target)),
            &format!("container_name ^/?({})$", names.join("|")),
        );
        line(&format!("route.{}", class_of(target)), &target.name);
    }
    line("route.default", "lines");
    for target in targets {
        line("", "");
        line(
            "#",
            &format!("The groups and streams that awslogs wrote to, of {}.", target.containers.join(", ")),
        );
        line(&format!("{}.type", target.name), "cloudwatch");
        target.keys.iter().for_each(|(key, value)| line(&format!("{}.{key}", target.name), value));
    }
    line("", "");
    line("#", "New: why tasks stopped. The group has to be made.");
    line("stops.type", "cloudwatch");
    if let Some(first) = targets.first() {
        first.region.iter().for_each(|region| line("stops.region", region));
        line("stops.log_group", &format!("{}/stops", first.group));
    }
    line("stops.log_stream", "$(ecs_cluster)/$(ecs_service:-no-service)");
    format!(
        "# The log router beside {family}; made from its awslogs options. log_key log sends the line alone, as the driver\n\
         # did.\n\n{SERVICE}\n[OUTPUT]\n{}",
        aligned(&lines)
    )
}

const SERVICE: &str = "[SERVICE]\n    Flush        1\n    Grace        30\n    Plugins_File /ecs-router/plugins.conf\n    \
    HTTP_Server  On\n    HTTP_Listen  127.0.0.1\n    HTTP_Port    2020\n";

/// The class of the lines of some containers.
fn class_of(target: &Target) -> String {
    format!("of_{}", target.name)
}

/// The task definition with the router; `None` when the text is not JSON.
fn rewritten_task(text: &str, parts: &SidecarParts, has_router: bool) -> Option<Value> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    if let Some(inner) = value.get_mut("taskDefinition") {
        value = inner.take();
    }
    if let Some(task) = value.as_object_mut() {
        READ_ONLY.iter().for_each(|key| drop(task.remove(*key)));
        add_volume(task, parts);
    }
    let containers = match &mut value {
        Value::Array(containers) => containers,
        task => task.get_mut("containerDefinitions")?.as_array_mut()?,
    };
    for container in containers.iter_mut() {
        rewrite_container(container);
    }
    if !has_router {
        containers.push(parts.container.clone());
    }
    Some(value)
}

fn add_volume(task: &mut Map<String, Value>, parts: &SidecarParts) {
    let volumes = task.entry("volumes").or_insert_with(|| json!([]));
    let Some(volumes) = volumes.as_array_mut() else { return };
    if !volumes.iter().any(|volume| volume["name"] == "spool") {
        volumes.push(parts.volume.clone());
    }
}

fn rewrite_container(container: &mut Value) {
    let is_ours = container["logConfiguration"]["logDriver"] == "awslogs"
        && container.get("firelensConfiguration").is_none();
    let Some(container) = container.as_object_mut().filter(|_| is_ours) else { return };
    container.insert("logConfiguration".to_owned(), json!({"logDriver": "awsfirelens"}));
    let depends = container.entry("dependsOn").or_insert_with(|| json!([]));
    if let Some(depends) = depends.as_array_mut() {
        depends.push(json!({"containerName": "log_router", "condition": "HEALTHY"}));
    }
}

/// What to put into a template that is not rewritten.
fn listed_parts(task: &TaskDefinition, parts: &SidecarParts) -> Value {
    let parts = json!({
        "logConfiguration": {"logDriver": "awsfirelens"},
        "dependsOn": [{"containerName": "log_router", "condition": "HEALTHY"}],
        "router": parts.container,
        "volume": parts.volume,
    });
    if task.dialect == TaskDialect::CloudFormation { intrinsics::capitalised(&parts) } else { parts }
}

fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("{text}\n")
}
