//! What only CloudFormation knows, in JSON, and the router's parts with it.

use serde_json::{Map, Value, json};

use crate::config::{DYNAMIC_REFERENCE, Node, Tree, is_function_name};
use crate::init::SidecarParts;

/// A value of the template with its functions in the long form: `{"Ref": "X"}`.
pub(super) fn value(node: &Node) -> Value {
    match &node.tree {
        Tree::Text(text) => json!(text),
        Tree::Word(word) => serde_json::from_str(word).unwrap_or_else(|_| json!(word)),
        Tree::List(items) => items.iter().map(value).collect(),
        Tree::Map(entries) => {
            let entries = entries.iter().map(|entry| (entry.key.clone(), value(&entry.value)));
            Value::Object(entries.collect())
        }
        Tree::Function(name, argument) if name == DYNAMIC_REFERENCE => value(argument),
        Tree::Function(name, argument) => function(name, value(argument)),
    }
}

fn function(name: &str, argument: Value) -> Value {
    let argument = match (name, argument.as_str().and_then(|text| text.split_once('.'))) {
        ("GetAtt", Some((resource, attribute))) => json!([resource, attribute]),
        _ => argument,
    };
    let key = match name {
        "Ref" | "Condition" => name.to_owned(),
        _ => format!("Fn::{name}"),
    };
    Value::Object(Map::from_iter([(key, argument)]))
}

/// Image, region and log group of the router as the template's own account and region have them.
pub(super) fn resolve(parts: &mut SidecarParts, region: Option<&str>, has_family: bool) {
    let region = region.map_or_else(|| json!({"Ref": "AWS::Region"}), |region| json!(region));
    let repository = parts.image.rsplit('/').next().unwrap_or_default();
    let image = format!("${{AWS::AccountId}}.dkr.ecr.${{AWS::Region}}.${{AWS::URLSuffix}}/{repository}");
    let container = &mut parts.container;
    container["image"] = json!({"Fn::Sub": image});
    container["environment"] = json!([{"name": "AWS_REGION", "value": region}]);
    let options = &mut container["logConfiguration"]["options"];
    options["awslogs-region"] = region;
    if !has_family {
        "/ecs/${AWS::StackName}/router".clone_into(&mut parts.router_group);
        options["awslogs-group"] = json!({"Fn::Sub": parts.router_group});
    }
}

/// Gives the router the variables that its configuration uses.
pub(super) fn add_variables(parts: &mut SidecarParts, variables: &[(String, &Node)]) {
    if let Some(environment) = parts.container["environment"].as_array_mut() {
        environment.extend(variables.iter().map(|(name, node)| json!({"name": name, "value": value(node)})));
    }
}

/// As CloudFormation spells it; what users name (options) and what functions are given stays.
pub(super) fn capitalised(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(capitalised).collect(),
        Value::Object(map) if map.keys().any(|key| is_function_name(key)) => value.clone(),
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| {
                let mut letters = key.chars();
                let first = letters.next().map(|first| first.to_ascii_uppercase());
                let value = if key == "options" { value.clone() } else { capitalised(value) };
                (first.into_iter().chain(letters).collect::<String>(), value)
            });
            Value::Object(entries.collect())
        }
        value => value.clone(),
    }
}
