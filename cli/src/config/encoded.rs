//! Containers that are written as a text with JSON, as Terraform and Pulumi keep them, and texts that nobody takes apart.

use std::rc::Rc;

use super::tree::{MapEntry, Node, Tree};
use super::{Configuration, Location, json};

/// Names of the list of containers. What Pulumi writes is like ECS's, inside a map of its own.
const KEYS: [&str; 3] = ["container_definitions", "containerDefinitions", "ContainerDefinitions"];

/// Puts the containers in the place of the text, and reports one that is read otherwise than it was meant.
pub(super) fn expand(file: &Rc<str>, tree: &mut Node, configuration: &mut Configuration) {
    expand_at(file, tree, &mut Vec::new(), configuration);
}

fn expand_at(file: &Rc<str>, node: &mut Node, path: &mut Vec<String>, configuration: &mut Configuration) {
    match &mut node.tree {
        Tree::List(items) => items.iter_mut().for_each(|item| expand_at(file, item, path, configuration)),
        Tree::Function(_, value) => expand_at(file, value, path, configuration),
        Tree::Map(entries) => {
            for entry in entries {
                if let Some(text) = encoded(entry) {
                    replace(file, entry, &text, path, configuration);
                    continue;
                }
                path.push(entry.key.clone());
                expand_at(file, &mut entry.value, path, configuration);
                path.pop();
            }
        }
        Tree::Text(_) | Tree::Word(_) => {}
    }
}

fn encoded(entry: &MapEntry) -> Option<String> {
    match &entry.value.tree {
        Tree::Text(text) if KEYS.contains(&entry.key.as_str()) => Some(text.clone()),
        _ => None,
    }
}

fn replace(
    file: &Rc<str>,
    entry: &mut MapEntry,
    text: &str,
    path: &[String],
    configuration: &mut Configuration,
) {
    let location = Location { file: Rc::clone(file), line: entry.line };
    let (read, levels) = match decoded(text) {
        // CloudFormation puts it in place when it deploys.
        Err(_) if entry.key.starts_with('C') => return,
        Err(message) => {
            let message = format!("{}: {message}", entry.key);
            return configuration.error(location, message, "write jsonencode([…])");
        }
        Ok(read) => read,
    };
    if let Some((message, instead)) = mistaken(&entry.key, path, levels) {
        configuration.error(location, format!("{}: {message}", entry.key), instead);
    }
    entry.value = read.on_line(entry.line);
}

/// What a text with JSON says, and how often it is encoded.
fn decoded(text: &str) -> Result<(Node, usize), String> {
    let node = json::parse(text).map_err(|error| error.message)?;
    match &node.tree {
        Tree::Text(inner) => decoded(inner).map(|(node, levels)| (node, levels + 1)),
        _ => Ok((node, 1)),
    }
}

/// What is wrong with a text in this place, and what to write.
fn mistaken(key: &str, path: &[String], levels: usize) -> Option<(&'static str, &'static str)> {
    let is_alone = path.iter().all(|name| name.eq_ignore_ascii_case("taskDefinition"));
    match key {
        "ContainerDefinitions" => Some((
            "is a text with JSON in it, and CloudFormation wants a list",
            "write the list itself, without quotation marks around it",
        )),
        "containerDefinitions" if is_alone => Some((
            "is a text with JSON in it, and register-task-definition wants a list",
            "write the list itself, without the quotation marks around it and the \\ inside; jq makes it of the text with \
             '.containerDefinitions |= fromjson'",
        )),
        _ if levels > 1 => Some((
            "is encoded as JSON twice, so that ECS gets a text instead of a list of containers",
            "write jsonencode([…]) once: what comes from a variable or a file may be JSON already",
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::config::read_as;

    fn errors(text: &str) -> Vec<String> {
        let read = read_as("x.json", text);
        read.errors.iter().map(|error| format!("{}; {}", error.message, error.instead)).collect()
    }

    const LIST: &str = r#"[{"name": "app", "image": "web", "logConfiguration": {"logDriver": "awsfirelens", "options": {"Name": "ecs_router"}}}]"#;

    fn quoted(text: &str) -> String {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }

    #[test]
    fn containers_are_encoded_as_often_as_their_reader_decodes_them() {
        let plan = |containers: &str| {
            format!(
                r#"{{"terraform_version": "1.9.5", "planned_values": {{"resources": [{{"address": "a.b", "type": "aws_ecs_task_definition", "values": {{"container_definitions": {containers}}}}}]}}}}"#
            )
        };
        assert_eq!(errors(&plan(&quoted(LIST))), [""; 0]);
        let twice = errors(&plan(&quoted(&quoted(LIST))));
        assert!(matches!(twice.as_slice(), [one] if one.contains("is encoded as JSON twice")), "{twice:?}");
        assert_eq!(read_as("x.json", &plan(&quoted(&quoted(LIST)))).outputs.len(), 1);
        let task = |containers: &str| format!(r#"{{"family": "web", "containerDefinitions": {containers}}}"#);
        assert_eq!(errors(&task(LIST)), [""; 0]);
        for text in [quoted(LIST), quoted(&quoted(LIST))] {
            let found = errors(&task(&text));
            assert!(
                matches!(found.as_slice(), [one] if one.contains("register-task-definition wants a list")),
                "{found:?}"
            );
        }
        let described = format!(r#"{{"taskDefinition": {}}}"#, task(&quoted(LIST)));
        assert_eq!(errors(&described).len(), 1);
        let pulumi = format!(r#"{{"resources": [{{"outputs": {}}}]}}"#, task(&quoted(LIST)));
        assert_eq!(errors(&pulumi), [""; 0]);
        let template = |containers: &str| {
            format!(
                r#"{{"Resources": {{"Task": {{"Type": "AWS::ECS::TaskDefinition", "Properties": {{"ContainerDefinitions": {containers}}}}}}}}}"#
            )
        };
        let found = errors(&template(&quoted(LIST)));
        assert!(
            matches!(found.as_slice(), [one] if one.contains("CloudFormation wants a list")),
            "{found:?}"
        );
        assert_eq!(errors(&template(r#""{{resolve:ssm:/containers}}""#)), [""; 0]);
    }
}
