//! A task definition as a whole: its containers, the log router among them, roles, start and stop.
//!
//! Source: the API reference of ECS, `TaskDefinition` and `ContainerDefinition`, and what `register-task-definition`
//! and the agent refuse.

mod case;
mod clear_text;
mod container;
mod dependencies;
mod environment;
mod fargate;
mod health;
mod hosts;
mod identifiers;
mod images;
mod keys;
mod launch;
mod levels;
mod limits;
mod logging;
mod member_shapes;
mod members;
mod mounts;
mod names;
mod pairs;
mod partitions;
mod ports;
mod roles;
mod router;
mod router_process;
mod shapes;
mod size;

use std::rc::Rc;

use super::finding::{Finding, FindingSeverity};
use crate::config::{Configuration, Location, MapEntry, Node, Section, TaskDefinition, TaskDialect};

pub(super) use self::health::fails_on_errors;
pub(super) use self::names::capitalised;
pub(super) use self::partitions::REGION_VARIABLES;
pub(super) use self::router::stop_timeout;

/// A task definition and its containers.
#[derive(Debug)]
pub(super) struct TaskView<'t> {
    task: &'t TaskDefinition,
    pub(super) containers: Vec<ContainerView<'t>>,
    /// Not only a list of containers: roles and the launch type are known.
    is_whole: bool,
    is_fargate: bool,
}

/// One container.
#[derive(Debug, Clone, Copy)]
pub(super) struct ContainerView<'t> {
    pub(super) node: &'t Node,
    pub(super) name: Option<&'t str>,
}

impl<'t> ContainerView<'t> {
    fn new(node: &'t Node) -> Self {
        Self { node, name: node.set("name").and_then(Node::text) }
    }

    /// A key of the container.
    fn at<'p>(&self, line: usize, key: &'p str) -> TaskPlace<'p>
    where
        't: 'p,
    {
        TaskPlace { container: self.name, line, key }
    }

    /// The key of an entry of the container, at its line.
    fn at_entry<'p>(&self, entry: &'p MapEntry) -> TaskPlace<'p>
    where
        't: 'p,
    {
        self.at(entry.line, &entry.key)
    }

    fn log_driver(&self) -> Option<&'t str> {
        let logging = self.node.get("logConfiguration")?;
        // A list in the place of the map is reported.
        logging.items().first().unwrap_or(logging).get("logDriver")?.text()
    }

    pub(super) fn uses_firelens(&self) -> bool {
        self.log_driver() == Some("awsfirelens")
    }

    /// Whether it runs Fluent Bit with the plugin, but takes no logs of the task.
    fn is_collector(&self) -> bool {
        let names_it = |node: &Node| node.text().is_some_and(|text| text.contains("/ecs-router/"));
        let health = self.node.get("healthCheck").and_then(|health| health.get("command"));
        let commands = [self.node.get("entryPoint"), self.node.get("command"), health].into_iter().flatten();
        self.firelens().is_none() && commands.flat_map(Node::items).any(names_it)
    }

    /// The output that the options of its log driver name, for Fluent Bit or for Fluentd.
    pub(super) fn output_name(&self) -> Option<&'t str> {
        let options = self.node.get("logConfiguration")?.get("options")?;
        options.get("Name").or_else(|| options.get("@type"))?.text()
    }

    /// Whether a router has a configuration beside what FireLens generates.
    pub(super) fn reads_file(&self) -> bool {
        let options = self.firelens().and_then(|node| node.get("options"));
        options.is_some_and(|options| options.is_function() || options.get("config-file-value").is_some())
    }

    /// The file that a router reads beside what FireLens generates, where it is known before deployment.
    pub(super) fn configuration_file(&self) -> Option<&'t str> {
        self.firelens()?.get("options")?.get("config-file-value")?.text()
    }

    pub(super) fn firelens(&self) -> Option<&'t Node> {
        self.node.set("firelensConfiguration")
    }
}

impl<'t> TaskView<'t> {
    pub(super) fn new(task: &'t TaskDefinition) -> Self {
        let listed = task.node.get("containerDefinitions");
        let is_whole = listed.is_some();
        let list = listed.unwrap_or(&task.node);
        let compatible = task.node.items_of("requiresCompatibilities");
        Self {
            task,
            containers: list
                .items()
                .iter()
                .filter(|item| !item.is_function())
                .map(ContainerView::new)
                .collect(),
            is_whole,
            is_fargate: compatible.iter().any(|item| item.text() == Some("FARGATE")),
        }
    }

    /// Every log router; there should be one.
    pub(super) fn routers(&self) -> impl Iterator<Item = &ContainerView<'t>> {
        self.containers.iter().filter(|container| container.firelens().is_some())
    }

    /// The names of the containers that log through FireLens.
    pub(super) fn logging_names(&self) -> Vec<&'t str> {
        let logging = self.containers.iter().filter(|container| container.uses_firelens());
        logging.filter_map(|container| container.name).collect()
    }

    /// Whether the task collects events for others and has no log router.
    pub(super) fn has_collector(&self) -> bool {
        self.routers().next().is_none() && self.containers.iter().any(ContainerView::is_collector)
    }

    /// The containers that run the plugin.
    pub(super) fn with_plugin(&self) -> impl Iterator<Item = &ContainerView<'t>> {
        self.containers.iter().filter(|container| container.firelens().is_some() || container.is_collector())
    }

    /// The file that it is in.
    pub(super) fn file(&self) -> Rc<str> {
        Rc::clone(&self.task.file)
    }

    fn location(&self, line: usize) -> Location {
        Location { file: self.file(), line }
    }

    /// Whether it has nothing to do with FireLens, or all that log through it have an output of somebody else's.
    fn is_foreign(&self) -> bool {
        let list = self.set("containerDefinitions");
        if list.is_some_and(|entry| !entry.value.entries().is_empty() && !entry.value.is_function()) {
            return false;
        }
        let logging = self.containers.iter().filter(|container| container.uses_firelens());
        let names: Vec<Option<&str>> = logging.map(ContainerView::output_name).collect();
        if names.is_empty() {
            return self.with_plugin().next().is_none();
        }
        let is_others =
            |name: &Option<&str>| name.is_some_and(|name| !name.eq_ignore_ascii_case("ecs_router"));
        !self.routers().any(ContainerView::reads_file) && names.iter().all(is_others)
    }

    /// The value of a key of the task that is set.
    fn set(&self, key: &str) -> Option<&'t MapEntry> {
        self.task.node.entry(key).filter(|entry| !entry.value.is_null())
    }

    /// Whether the task certainly has no such key. A plan of Terraform leaves out what is known after apply only, and
    /// prints null for what is not set.
    fn lacks(&self, key: &str) -> bool {
        let merges = |entry: &MapEntry| entry.is_intrinsic();
        let is_open = !self.is_whole || self.task.node.entries().iter().any(merges);
        let entry = self.task.node.entry(key);
        let is_absent = entry.is_none() && self.task.dialect != TaskDialect::Terraform;
        !is_open && (is_absent || entry.is_some_and(|entry| entry.value.is_null()))
    }

    /// Whether containers share a network interface of their own.
    fn is_awsvpc(&self) -> bool {
        self.set("networkMode").is_some_and(|entry| entry.value.text() == Some("awsvpc"))
    }

    /// Whether some of its containers are only known when it is deployed.
    pub(super) fn is_open(&self) -> bool {
        let list = self.task.node.get("containerDefinitions").unwrap_or(&self.task.node);
        list.is_function() || list.items().iter().any(Node::is_function)
    }
}

/// Where in a task definition a finding is.
#[derive(Debug, Clone, Copy)]
struct TaskPlace<'p> {
    container: Option<&'p str>,
    line: usize,
    key: &'p str,
}

impl<'p> TaskPlace<'p> {
    /// A key of this container, or of the task itself.
    fn new(container: Option<&ContainerView<'p>>, line: usize, key: &'p str) -> Self {
        Self { container: container.and_then(|container| container.name), line, key }
    }

    /// A key of the task itself.
    fn of_task(line: usize, key: &'p str) -> Self {
        Self { container: None, line, key }
    }

    /// The key of an entry of the task itself, at its line.
    fn of_entry(entry: &'p MapEntry) -> Self {
        Self::of_task(entry.line, &entry.key)
    }
}

/// Findings about one task, with its name beside the key.
#[derive(Debug)]
struct TaskFindings<'f, 't> {
    view: &'t TaskView<'t>,
    findings: &'f mut Vec<Finding>,
}

impl TaskFindings<'_, '_> {
    fn error(&mut self, place: TaskPlace<'_>, message: impl Into<String>, instead: impl Into<String>) {
        self.add(FindingSeverity::Error, place, message, instead);
    }

    fn warning(&mut self, place: TaskPlace<'_>, message: impl Into<String>, instead: impl Into<String>) {
        self.add(FindingSeverity::Warning, place, message, instead);
    }

    fn note(&mut self, place: TaskPlace<'_>, message: impl Into<String>, instead: impl Into<String>) {
        self.add(FindingSeverity::Note, place, message, instead);
    }

    fn add(
        &mut self,
        severity: FindingSeverity,
        place: TaskPlace<'_>,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) {
        let location = self.view.location(place.line);
        let finding = Finding::new(severity, &location, place.key, message, instead);
        self.findings.push(finding.in_container(place.container).in_task(self.view.task.name.as_deref()));
    }
}

/// Checks every task definition of a file. `ours` are the plugin's outputs of the whole deployment.
pub(super) fn check(configuration: &Configuration, ours: &[&Section], findings: &mut Vec<Finding>) {
    for task in &configuration.tasks {
        let view = TaskView::new(task);
        if view.is_foreign() {
            continue;
        }
        let mut findings = TaskFindings { view: &view, findings };
        case::check(&mut findings);
        names::check(&mut findings);
        identifiers::check(&mut findings);
        shapes::check(&mut findings);
        members::check(&mut findings);
        pairs::check(&mut findings);
        mounts::check(ours, &mut findings);
        container::check(&mut findings);
        environment::check(&mut findings);
        hosts::check(&mut findings);
        clear_text::check(ours, &mut findings);
        dependencies::check(&mut findings);
        launch::check(&mut findings);
        size::check(&mut findings);
        limits::check(&mut findings);
        fargate::check(&mut findings);
        ports::check(&mut findings);
        images::check(&mut findings);
        health::check(&mut findings);
        logging::check(&mut findings);
        router::check(ours, &mut findings);
        router_process::check(&mut findings);
        roles::check(ours, &mut findings);
        partitions::check(&mut findings);
    }
}

/// A value that must be text and is a number or a boolean, where the file's reader does not turn it into text.
fn is_untyped_text(dialect: TaskDialect, node: &Node) -> bool {
    dialect != TaskDialect::CloudFormation
        && matches!(node.tree, crate::config::Tree::Word(_))
        && !node.is_null()
}

/// What to write for a number in quotation marks, without the unit that people put after it.
fn written_number(text: &str) -> String {
    let digits: String = text.trim().chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    if digits.is_empty() { "write a number".to_owned() } else { format!("write {digits}") }
}

#[cfg(test)]
pub(super) mod tests;
