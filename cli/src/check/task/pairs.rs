//! Items of lists that ECS wants in its own spelling: `{"Name": …}` is right in a template and nowhere else.

use super::levels::KeyLevel;
use super::names::check_key;
use super::{ContainerView, TaskFindings};
use crate::config::{MapEntry, Node, TaskDialect, Tree, is_function_name};

/// A list, by the maps from the container on, and the members of each item.
type Pair = (&'static [&'static str], [&'static str; 2]);

pub(super) const PAIRS: [Pair; 4] = [
    (&["environment"], ["name", "value"]),
    (&["secrets"], ["name", "valueFrom"]),
    (&["logConfiguration", "secretOptions"], ["name", "valueFrom"]),
    (&["dependsOn"], ["containerName", "condition"]),
];

/// Reports members in another spelling, and those that no item has. Terraform takes both.
pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    if view.task.dialect != TaskDialect::Ecs {
        return;
    }
    for container in &view.containers {
        for (place, members) in &PAIRS {
            let items = items(container.node, place);
            items.for_each(|item| check_item(findings, container, item, place, members));
        }
    }
}

/// The items of a list that are maps without anything that a program fills in.
pub(super) fn items<'n>(container: &'n Node, place: &[&str]) -> impl Iterator<Item = &'n Node> + use<'n> {
    let list = place.iter().try_fold(container, |node, key| node.get(key));
    let is_open = |entry: &MapEntry| is_function_name(&entry.key) || entry.key == "<<";
    let items = list.map(Node::items).unwrap_or_default().iter();
    items.filter(move |item| matches!(item.tree, Tree::Map(_)) && !item.entries().iter().any(is_open))
}

/// An item without one of its members is reported as such.
fn check_item(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    item: &Node,
    place: &[&str],
    members: &[&str; 2],
) {
    if members.iter().any(|member| item.entry(member).is_none()) {
        return;
    }
    let level = KeyLevel::map(place.last().copied().unwrap_or_default(), members);
    item.entries().iter().for_each(|member| check_key(findings, Some(container), member, level));
}

#[cfg(test)]
mod tests {
    use crate::check::task::tests::{assert_says, said, task, template};

    #[test]
    fn members_are_spelt_as_ecs_spells_them() {
        let twice = |app: &str, first: &str, second: &str| {
            let found = said(&task("", app, ""));
            let says = |line: &str, part: &str| line.contains(": error: ") && line.contains(part);
            assert!(
                matches!(found.as_slice(), [one, other] if says(one, first) && says(other, second)),
                "{app}: {found:#?}"
            );
        };
        twice(
            r#""environment": [{"Name": "A", "Value": "b"}],"#,
            "did you mean name?",
            "did you mean value?",
        );
        twice(
            r#""secrets": [{"Name": "A", "ValueFrom": "arn:aws:ssm:eu-west-1:111122223333:parameter/a"}],"#,
            "did you mean name?",
            "did you mean valueFrom?",
        );
        twice(
            r#""dependsOn": [{"ContainerName": "log_router", "Condition": "START"}],"#,
            "did you mean containerName?",
            "did you mean condition?",
        );
        let options = r#""secretOptions": [{"Name": "http.bearer_token", "valueFrom": "token"}], "options""#;
        let url = r#""route.default": "http", "http.url": "https://a.example/in""#;
        let text =
            task("", "", "").replacen("\"options\"", options, 1).replace(r#""route.default": "stdout""#, url);
        assert_says(&text, "error", "Name: is a key that ECS does not know; did you mean name?");
        let typed = r#""environment": [{"name": "A", "value": "b", "type": "text"}],"#;
        assert_says(&task("", typed, ""), "warning", "type: is a key that ECS did not know");
        let alone = r#""dependsOn": [{"containerName": "log_router"}],"#;
        assert_says(&task("", alone, ""), "error", "has no condition");
    }

    #[test]
    fn a_template_has_capitals() {
        let with = |list: &str| {
            template("Properties", "http.url: https://x/")
                .replace("Image: x", &format!("Image: x\n          {list}"))
        };
        assert_eq!(said(&with("Environment: [{Name: A, Value: b}]")), [""; 0]);
        for list in [
            "Environment: [{name: A, value: b}]",
            "DependsOn: [{containerName: app, condition: START}]",
            "PortMappings: [{containerPort: 80}]",
        ] {
            let found = said(&with(list));
            let is_small = |line: &String| {
                line.contains(": error: ") && line.contains("begin every property with a capital")
            };
            assert!(found.iter().any(is_small), "{list}: {found:#?}");
        }
    }
}
