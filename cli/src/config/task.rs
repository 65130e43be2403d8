//! Task definitions and the templates that hold them: the tasks, and the `awsfirelens` log drivers.
//!
//! They are found anywhere in the file, so that it does not matter what is around them: a service's template, the
//! answer of `describe-task-definition`, a list of containers alone, the branches of an `Fn::If`, the plan of Terraform.
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html>

use std::rc::Rc;

use ecs_router::config::keys::{DestinationKind, KEYS, Scope};

use super::tree::{MapEntry, Node, Tree};
use super::{Configuration, Location, Origin, Section, Setting, SettingValue, encoded, infrastructure};
use crate::suggest::closest;

/// Keys by which a task definition or a template is recognised.
const TEMPLATE_KEYS: [&str; 5] =
    ["containerDefinitions", "taskDefinition", "Resources", "AWSTemplateFormatVersion", "logConfiguration"];

/// Who reads the file, which decides how its keys are written and how strictly values are typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskDialect {
    /// `register-task-definition`: camel case, and texts must be texts.
    Ecs,
    /// Pascal case; numbers become texts where texts are wanted.
    CloudFormation,
    /// What `terraform show -json` prints: snake case around, and the containers as ECS writes them.
    Terraform,
}

/// A task definition, or a list of containers alone.
#[derive(Debug, Clone)]
pub(crate) struct TaskDefinition {
    pub(crate) file: Rc<str>,
    /// The map with `containerDefinitions`, or the list.
    pub(crate) node: Node,
    pub(crate) dialect: TaskDialect,
    /// The name of the template's resource or the family.
    pub(crate) name: Option<String>,
}

/// A CloudFormation template, or what has been given the shape of one.
#[derive(Debug, Clone)]
pub(crate) struct CloudFormationTemplate {
    pub(crate) file: Rc<str>,
    pub(crate) node: Node,
    pub(crate) form: TemplateForm,
}

/// What a template was made of, which decides how much of it can be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TemplateForm {
    CloudFormation,
    /// The plan or the state of Terraform: its properties have other names, and the provider has checked them.
    Plan,
    /// One policy or event pattern.
    Document,
}

/// Reads a whole file into the configuration. Returns whether it is one of those described above.
pub(super) fn read(file: &Rc<str>, tree: Node, configuration: &mut Configuration) -> bool {
    let is_terraform = tree.get("terraform_version").is_some();
    let mut tree = tree;
    if is_terraform {
        tree = planned_values(tree);
        report_unplanned(file, &tree, configuration);
        configuration.templates.extend(infrastructure::of_plan(file, &tree));
    }
    encoded::expand(file, &mut tree, configuration);
    let dialect = match () {
        () if is_terraform => TaskDialect::Terraform,
        () if is_cloudformation(&tree) => TaskDialect::CloudFormation,
        () => TaskDialect::Ecs,
    };
    if dialect == TaskDialect::CloudFormation {
        tree.resolve_later();
    }
    report_form(file, &tree, configuration);
    let outputs_before = configuration.outputs.len();
    add_outputs(file, &tree, None, configuration);
    add_tasks(file, &tree, None, dialect, configuration);
    let has_outputs = configuration.outputs.len() > outputs_before;
    let has_key = has_template_key(&tree) || tree.items().iter().any(has_template_key);
    if dialect == TaskDialect::CloudFormation {
        add_template(file, tree, configuration);
    }
    is_terraform || has_key || has_outputs
}

/// The part of a plan or a state of Terraform that holds the resources.
fn planned_values(tree: Node) -> Node {
    match tree.get("planned_values").or(tree.get("values")) {
        Some(values) => values.clone(),
        None => tree,
    }
}

/// Adds a template, unless it is only a part of one.
fn add_template(file: &Rc<str>, tree: Node, configuration: &mut Configuration) {
    if tree.get("Resources").is_some() {
        let form = TemplateForm::CloudFormation;
        configuration.templates.push(CloudFormationTemplate { file: Rc::clone(file), node: tree, form });
    } else if let Some(entry) = tree.entry("AWSTemplateFormatVersion") {
        let location = Location { file: Rc::clone(file), line: entry.line };
        let message = "the template has no Resources, and CloudFormation refuses it";
        configuration.error(location, message, "add Resources:");
    }
}

fn has_template_key(node: &Node) -> bool {
    TEMPLATE_KEYS.iter().any(|key| node.get(key).is_some())
}

/// Whether it is a template, or a part of one: its keys begin with capitals.
fn is_cloudformation(tree: &Node) -> bool {
    let is_template = tree.get("Resources").is_some() || tree.get("AWSTemplateFormatVersion").is_some();
    is_template
        || tree
            .entries()
            .iter()
            .any(|entry| matches!(entry.key.as_str(), "ContainerDefinitions" | "Properties"))
}

/// Reports a task definition that `register-task-definition` cannot read: in a list, or with CloudFormation's keys and
/// nothing of a template around it.
fn report_form(file: &Rc<str>, tree: &Node, configuration: &mut Configuration) {
    let location = |line| Location { file: Rc::clone(file), line };
    if let Some(first) = tree.items().iter().find(|item| item.get("containerDefinitions").is_some()) {
        let message = "the task definition is in a list, which register-task-definition refuses";
        configuration.error(location(first.line), message, "leave out the [ and ] around it");
    }
    let has = |key: &str| tree.entries().iter().any(|entry| entry.key == key);
    let is_whole = has("Family") && has("ContainerDefinitions");
    if is_whole && !tree.descendants().into_iter().any(Node::is_function) {
        let message = "the keys begin with capitals, as in a template of CloudFormation; register-task-definition refuses them";
        let instead = "write family, containerDefinitions and so on, or the resource around them";
        configuration.warn(location(tree.line), message, instead);
    }
}

fn is_container(node: &Node) -> bool {
    node.get("image").is_some() && node.get("name").is_some()
}

fn add_tasks(
    file: &Rc<str>,
    node: &Node,
    name: Option<&str>,
    dialect: TaskDialect,
    configuration: &mut Configuration,
) {
    let is_list = !node.items().is_empty() && node.items().iter().all(is_container);
    if is_list || node.get("containerDefinitions").is_some_and(|list| list.text().is_none()) {
        let family = node.text_of("family");
        let name = name.or(family).map(str::to_owned);
        configuration.tasks.push(TaskDefinition { file: Rc::clone(file), node: node.clone(), dialect, name });
        return;
    }
    node.items().iter().for_each(|item| {
        let address = item.text_of("address");
        add_tasks(file, item, address, dialect, configuration);
    });
    for entry in node.entries() {
        // A resource's name stands two levels above its containers, an address beside the values.
        let name = match entry.key.to_ascii_lowercase().as_str() {
            "properties" | "values" | "attributes" => name,
            _ => Some(entry.key.as_str()).filter(|_| dialect == TaskDialect::CloudFormation),
        };
        report_misspelt(file, entry, configuration);
        add_tasks(file, &entry.value, name, dialect, configuration);
    }
}

/// Reports task definitions whose containers depend on what does not exist yet, so that the plan does not show them.
fn report_unplanned(file: &Rc<str>, tree: &Node, configuration: &mut Configuration) {
    for resource in tree.descendants() {
        let is_task = resource.text_of("type") == Some("aws_ecs_task_definition");
        let Some(values) = resource.get("values").filter(|_| is_task) else { continue };
        if values.set("container_definitions").is_none() {
            let address = resource.text_of("address").unwrap_or("aws_ecs_task_definition");
            let message =
                format!("{address}: container_definitions are known only after apply, and were not checked");
            let instead =
                "run terraform apply and terraform show -json, or check the file that they are made from";
            configuration.warn(Location { file: Rc::clone(file), line: resource.line }, message, instead);
        }
    }
}

/// Reports a list of containers under a key that is almost `containerDefinitions`.
fn report_misspelt(file: &Rc<str>, entry: &MapEntry, configuration: &mut Configuration) {
    let logs =
        |node: &Node| node.get("logConfiguration").is_some() || node.get("firelensConfiguration").is_some();
    let items = entry.value.items();
    let is_short = entry.key.eq_ignore_ascii_case("containers") && items.iter().any(logs);
    let is_meant = is_short || closest(&entry.key, ["containerDefinitions"]).is_some();
    if items.iter().any(is_container) && is_meant {
        let location = Location { file: Rc::clone(file), line: entry.line };
        let message = format!("'{}' is a key that ECS does not know", entry.key);
        let is_capital = entry.key.starts_with('C');
        let instead = if is_capital { "write ContainerDefinitions" } else { "write containerDefinitions" };
        configuration.error(location, message, instead);
    }
}

fn add_outputs(file: &Rc<str>, node: &Node, container: Option<&Node>, configuration: &mut Configuration) {
    let driver = node.get("logDriver").and_then(Node::text);
    if driver.is_some_and(|driver| driver == "awsfirelens") {
        configuration.outputs.push(section(file, node, container));
    }
    let container = if node.get("logConfiguration").is_some() { Some(node) } else { container };
    match &node.tree {
        Tree::List(items) => items.iter().for_each(|item| add_outputs(file, item, container, configuration)),
        Tree::Map(entries) => {
            entries.iter().for_each(|entry| add_outputs(file, &entry.value, container, configuration));
        }
        Tree::Function(_, value) => add_outputs(file, value, container, configuration),
        Tree::Text(_) | Tree::Word(_) => {}
    }
}

fn section(file: &Rc<str>, node: &Node, container: Option<&Node>) -> Section {
    let options = node.get("options");
    let entries = options.map(Node::entries).unwrap_or_default();
    // In the options they are reported, and are read as they are meant.
    let secrets = node.get("secretOptions").or_else(|| options?.get("secretOptions"));
    let listed = secrets.map(Node::items).unwrap_or_default();
    let is_option = |entry: &&MapEntry| !entry.is_intrinsic() && !is_beside_options(&entry.key);
    let mut settings: Vec<Setting> =
        entries.iter().filter(is_option).map(|entry| option(file, entry)).collect();
    // So are those among the secrets of the container.
    let elsewhere = container.map(misplaced_secrets).unwrap_or_default();
    settings.extend(listed.iter().chain(elsewhere).filter_map(|secret| secret_option(file, secret)));
    let line = options.filter(|options| !options.entries().is_empty()).map_or(node.line, |node| node.line);
    Section {
        location: Location { file: Rc::clone(file), line },
        origin: Origin::FireLens,
        container: container.and_then(|node| node.get("name")).and_then(Node::text).map(str::to_owned),
        open: options.is_some_and(Node::is_function)
            || secrets.is_some_and(Node::is_function)
            || entries.iter().any(MapEntry::is_intrinsic)
            || listed.iter().any(|secret| secret.text_of("name").is_none()),
        settings,
    }
}

/// Secrets of a container that are keys of the output in its options: `slack.webhook_url`, which no application needs
/// under this name.
pub(crate) fn misplaced_secrets(container: &Node) -> Vec<&Node> {
    let logging = container.get("logConfiguration");
    let options = logging.and_then(|logging| logging.get("options")).map(Node::entries).unwrap_or_default();
    let is_ours = |entry: &MapEntry| entry.key == "Name" && entry.value.text() == Some("ecs_router");
    let secrets = container.get("secrets").map(Node::items).unwrap_or_default();
    if !options.iter().any(is_ours) {
        return Vec::new();
    }
    let secret_options = logging.and_then(|logging| logging.get("secretOptions"));
    let listed = secret_options.map(Node::items).unwrap_or_default();
    let given = listed.iter().filter_map(secret_name).chain(options.iter().map(|entry| entry.key.as_str()));
    let given: Vec<&str> = given.collect();
    let is_meant = |name: &str| is_secret_key(name, options) && !given.contains(&name);
    secrets.iter().filter(|secret| secret_name(secret).is_some_and(is_meant)).collect()
}

fn secret_name(secret: &Node) -> Option<&str> {
    secret.get("name")?.text()
}

/// Whether it is a key with a secret, of a destination that is called by its type or has options.
fn is_secret_key(name: &str, options: &[MapEntry]) -> bool {
    let Some((destination, key)) = name.rsplit_once('.') else { return false };
    let is_of = |entry: &MapEntry| entry.key.rsplit_once('.').is_some_and(|(of, _)| of == destination);
    let is_destination = DestinationKind::parse(destination).is_some() || options.iter().any(is_of);
    is_destination && KEYS.iter().any(|row| row.name == key && row.secret && row.scope != Scope::Output)
}

/// Whether it is a key of `logConfiguration`, and no name that an option of a driver has.
pub(crate) fn is_beside_options(key: &str) -> bool {
    ["logDriver", "secretOptions"].iter().any(|known| known.eq_ignore_ascii_case(key))
}

fn option(file: &Rc<str>, entry: &MapEntry) -> Setting {
    let value = match &entry.value.tree {
        // CloudFormation resolves the value when it deploys.
        Tree::Text(text) if text.contains("{{resolve:") => SettingValue::Unknown,
        Tree::Text(text) | Tree::Word(text) => SettingValue::new(text),
        Tree::Function(..) | Tree::Map(_) | Tree::List(_) => SettingValue::Unknown,
    };
    Setting { location: Location { file: Rc::clone(file), line: entry.line }, key: entry.key.clone(), value }
}

fn secret_option(file: &Rc<str>, secret: &Node) -> Option<Setting> {
    let name = secret.get("name")?;
    let location = Location { file: Rc::clone(file), line: name.line };
    Some(Setting { location, key: name.text()?.to_owned(), value: SettingValue::Unknown })
}
