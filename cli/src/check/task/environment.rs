//! `environment` and `secrets` as ECS wants them: lists of pairs, and texts.

use super::{ContainerView, TaskFindings, TaskPlace, is_untyped_text};
use crate::check::values::is_account;
use crate::config::{MapEntry, Node, TaskDialect, Tree, misplaced_secrets};

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    for container in &view.containers {
        for (key, value) in [("environment", "value"), ("secrets", "valueFrom")] {
            let entry = container.node.entry(key).filter(|entry| !entry.value.is_null());
            if let Some(entry) = entry {
                check_list(findings, container, entry, value);
            }
        }
        check_repeated(findings, container);
        check_options(findings, container);
        check_misplaced(findings, container);
    }
}

/// The secrets among the options of a log driver; that each has a name and a value is checked with the options.
fn check_options(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let options = container.node.get("logConfiguration").and_then(|logging| logging.get("secretOptions"));
    for secret in options.map(Node::items).unwrap_or_default() {
        let name = secret.text_of("name").unwrap_or("an item");
        if let Some(entry) = secret.entry("valueFrom") {
            check_secret(findings, container, entry, name, "secretOptions");
        }
    }
}

/// Reports keys of the output among the secrets of the application, which get them as variables.
fn check_misplaced(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let secrets = misplaced_secrets(container.node);
    let Some(first) = secrets.first() else { return };
    let names: Vec<&str> = secrets.iter().filter_map(|secret| secret.get("name")?.text()).collect();
    let message = format!(
        "gives {} to the application as variables, and the output in its logConfiguration goes without",
        names.join(", ")
    );
    let is_capital = findings.view.task.dialect == TaskDialect::CloudFormation;
    let place =
        if is_capital { "SecretOptions of LogConfiguration" } else { "secretOptions of logConfiguration" };
    let entry = MapEntry { key: "secrets".to_owned(), line: first.line, value: (*first).clone() };
    findings.error(container.at_entry(&entry), message, format!("move them into {place}"));
}

/// Reports a variable that is given twice.
fn check_repeated(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for key in ["environment", "secrets"] {
        for item in container.node.items_of(key) {
            let Some(name) = item.text_of("name") else { continue };
            let Some((_, first)) = seen.iter().find(|(known, _)| *known == name) else {
                seen.push((name, key));
                continue;
            };
            if *first == key {
                let message = format!("{name} is there twice, and one of the values has no effect");
                findings.warning(container.at(item.line, key), message, "keep one of them");
            } else {
                let message = format!("{name} is in environment and in secrets, and ECS refuses the task");
                findings.error(container.at(item.line, key), message, "keep it in secrets");
            }
        }
    }
}

fn check_list(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    entry: &MapEntry,
    value: &str,
) {
    match &entry.value.tree {
        Tree::List(items) => {
            items.iter().for_each(|item| check_pair(findings, container, entry, item, value))
        }
        Tree::Function(..) => {}
        Tree::Map(_) if entry.value.is_function() => {}
        _ => {
            let message = format!("must be a list of pairs with name and {value}, and is a map or a text");
            let instead = format!("write [{{\"name\": \"NAME\", \"{value}\": \"…\"}}]");
            findings.error(container.at_entry(entry), message, instead);
        }
    }
}

fn check_pair(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    list: &MapEntry,
    pair: &Node,
    value: &str,
) {
    if pair.is_function() || pair.get("name").is_some_and(Node::is_function) {
        return;
    }
    let (name, entry) = match pair_of(pair, list, value) {
        Ok(found) => found,
        Err(message) => {
            let instead = format!("write {{\"name\": \"NAME\", \"{value}\": \"…\"}}");
            return findings.error(container.at(pair.line, &list.key), message, instead);
        }
    };
    if value == "valueFrom" && check_secret(findings, container, entry, name, &list.key) {
        return;
    }
    if value != "valueFrom" {
        check_dynamic(findings, container, entry, name);
        check_placeholder(findings, container, entry, name);
    }
    if is_no_text(findings.view.task.dialect, &entry.value) {
        let message = format!("{name}: ECS wants a string, in quotation marks, and this is something else");
        let instead = match entry.value.text() {
            Some(text) => format!("write \"{text}\""),
            None => "write a string".to_owned(),
        };
        findings.error(container.at(entry.line, &list.key), message, instead);
    }
}

/// The name and the value of a pair, or what is wrong with it.
fn pair_of<'n>(pair: &'n Node, list: &MapEntry, value: &str) -> Result<(&'n str, &'n MapEntry), String> {
    let name = pair.text_of("name").ok_or_else(|| format!("an item of {} has no name", list.key))?;
    if name.is_empty() || name.contains(['=', ' ']) {
        return Err(format!("'{name}' cannot be the name of a variable"));
    }
    let entry = pair.entry(value).ok_or_else(|| format!("{name} has no {value}"))?;
    Ok((name, entry))
}

fn is_no_text(dialect: TaskDialect, value: &Node) -> bool {
    let is_text = matches!(value.tree, Tree::Text(_) | Tree::Word(_)) || value.is_function();
    let is_null = dialect == TaskDialect::Ecs && value.is_null();
    !is_text || is_null || is_untyped_text(dialect, value)
}

/// Where a secret lies; returns whether that cannot be.
fn check_secret(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    entry: &MapEntry,
    name: &str,
    list: &str,
) -> bool {
    let place = container.at(entry.line, list);
    if let Some(text) = entry.value.text().filter(|text| text.is_empty() || !is_arn_or_name_of_secret(text)) {
        let message = format!("{name}: '{text}' is not the ARN of a secret or a parameter");
        let instead = "write for example arn:aws:secretsmanager:eu-west-1:111122223333:secret:name-AbCdEf";
        findings.error(place, message, instead);
        return true;
    }
    if let Some((message, meant)) = entry.value.text().and_then(impossible) {
        findings.error(place, format!("{name}: {message}"), format!("write {meant}"));
        return true;
    }
    check_parameter_name(findings, place, entry, name);
    check_colons(findings, place, entry, name);
    false
}

fn check_colons(findings: &mut TaskFindings<'_, '_>, place: TaskPlace<'_>, entry: &MapEntry, name: &str) {
    let Some(text) = entry.value.text().filter(|text| has_some_colons(text) && !text.contains(['$', '{']))
    else {
        return;
    };
    let arn: Vec<&str> = text.split(':').take(7).collect();
    let message =
        format!("{name}: what stands behind the secret's ARN needs three colons, and ECS refuses the task");
    let instead = format!("write {}:KEY::", arn.join(":"));
    findings.error(place, message, instead);
}

/// `{{resolve:secretsmanager:…}}`, which CloudFormation replaces, and only in a template.
fn check_dynamic(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    entry: &MapEntry,
    name: &str,
) {
    let texts = entry.value.descendants();
    let has = |part: &str| texts.iter().filter_map(|node| node.text()).any(|text| text.contains(part));
    let message = match findings.view.task.dialect {
        _ if !has("{{resolve:") => return,
        TaskDialect::CloudFormation if has("{{resolve:secretsmanager:") || has("{{resolve:ssm-secure:") => {
            format!("{name}: the secret stands in the task definition for everybody to read")
        }
        // A plain parameter is no secret.
        TaskDialect::CloudFormation => return,
        _ => format!(
            "{name}: only CloudFormation replaces {{{{resolve:…}}}}; the container gets the text itself"
        ),
    };
    let instead = "write the ARN of the secret as valueFrom in secrets";
    findings.warning(container.at(entry.line, "environment"), message, instead);
}

/// `<bucket>` of an example, which the router would take literally.
fn check_placeholder(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    entry: &MapEntry,
    name: &str,
) {
    let runs_plugin = findings.view.with_plugin().any(|router| std::ptr::eq(router.node, container.node));
    let text = entry.value.text().filter(|_| runs_plugin);
    let Some(placeholder) = text.and_then(placeholder) else { return };
    let message = format!("{name}: <{placeholder}> was to be replaced, and the router gets it as it is");
    findings.error(container.at(entry.line, "environment"), message, "write the value in its place");
}

/// The words in `<…>`; a group of a regular expression is none.
pub(super) fn placeholder(text: &str) -> Option<&str> {
    let (before, rest) = text.split_once('<')?;
    let (inside, after) = rest.split_once('>')?;
    let is_group = before.ends_with(['?', 'P', 'k', 'g']);
    let is_words = inside.starts_with(|c: char| c.is_ascii_alphabetic())
        && inside.chars().all(|c| c.is_ascii_alphanumeric() || " _-.".contains(c));
    if is_words && !is_group { Some(inside) } else { placeholder(after) }
}

/// Reports what is neither an ARN nor the name of a parameter: often the secret itself.
fn check_parameter_name(
    findings: &mut TaskFindings<'_, '_>,
    place: TaskPlace<'_>,
    entry: &MapEntry,
    name: &str,
) {
    let Some(text) = entry.value.text().filter(|text| !text.starts_with("arn:")) else { return };
    if text.contains("${") {
        let message =
            format!("{name}: nobody fills in {text} in a task definition, unless a program does before");
        findings.note(place, message, "write the ARN of the secret");
        return;
    }
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "/_.-".contains(letter);
    if findings.view.task.dialect == TaskDialect::Ecs && !text.chars().all(is_name) {
        let message = format!("{name}: the value is neither an ARN nor the name of a parameter");
        let instead = "write the ARN of the secret, not the secret";
        findings.error(place, message, instead);
    }
}

/// `ARN:json-key:version-stage:version-id`; whoever writes one of them writes all colons.
fn has_some_colons(text: &str) -> bool {
    let parts = text.split(':').count();
    text.contains(":secretsmanager:") && parts != 7 && parts != 10
}

/// Whether it is the ARN of a secret or a parameter, or the name of a parameter.
fn is_arn_or_name_of_secret(text: &str) -> bool {
    if !text.starts_with("arn:") || text.contains(['$', '{']) {
        return true;
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "secretsmanager" | "ssm", _, account, _] => is_account(account),
        _ => false,
    }
}

/// What is wrong with an ARN whose last part its service does not write, and what was meant.
fn impossible(text: &str) -> Option<(&'static str, String)> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, service, region, account, resource] = parts.as_slice() else { return None };
    if resource.contains(['$', '{', '<']) {
        return None;
    }
    let arn =
        |service: &str, resource: &str| format!("arn:{partition}:{service}:{region}:{account}:{resource}");
    match (*service, resource.strip_prefix("secret:"), resource.strip_prefix("parameter/")) {
        ("secretsmanager", Some(_), _) => None,
        ("ssm", _, Some(name)) if !name.is_empty() && !name.starts_with('/') => None,
        ("ssm", Some(_), _) => {
            Some(("the ARN of a secret has secretsmanager, not ssm, in it", arn("secretsmanager", resource)))
        }
        ("secretsmanager", _, Some(_)) => {
            Some(("the ARN of a parameter has ssm, not secretsmanager, in it", arn("ssm", resource)))
        }
        ("ssm", ..) => {
            let name = resource.trim_start_matches("parameter").trim_start_matches([':', '/']);
            let name = if name.is_empty() { "NAME" } else { name };
            Some((
                "the ARN of a parameter ends in parameter/ and its name, with one slash",
                arn("ssm", &format!("parameter/{name}")),
            ))
        }
        _ => {
            let name = resource.trim_start_matches("secret").trim_start_matches([':', '/']);
            let name = if name.is_empty() { "NAME-AbCdEf" } else { name };
            Some((
                "the ARN of a secret ends in secret: and its name",
                arn("secretsmanager", &format!("secret:{name}")),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::task::tests::{assert_says, said, task};

    #[test]
    fn an_arn_of_a_secret_is_one_that_its_service_writes() {
        let with = |service: &str, resource: &str| {
            let arn = format!("arn:aws:{service}:eu-west-1:111122223333:{resource}");
            task("", &format!(r#""secrets": [{{"name": "A", "valueFrom": "{arn}"}}],"#), "")
        };
        for (service, resource, meant) in [
            ("ssm", "/pd", "write arn:aws:ssm:eu-west-1:111122223333:parameter/pd"),
            ("ssm", "parameter//pd", "111122223333:parameter/pd"),
            ("ssm", "parameter/", "111122223333:parameter/NAME"),
            ("ssm", "parameter:pd", "111122223333:parameter/pd"),
            (
                "ssm",
                "secret:pd-AbCdEf",
                "write arn:aws:secretsmanager:eu-west-1:111122223333:secret:pd-AbCdEf",
            ),
            ("secretsmanager", "parameter/pd", "write arn:aws:ssm:eu-west-1:111122223333:parameter/pd"),
            ("secretsmanager", "pd-AbCdEf", "111122223333:secret:pd-AbCdEf"),
        ] {
            assert_says(&with(service, resource), "error", meant);
        }
        for (service, resource) in [
            ("ssm", "parameter/pd"),
            ("ssm", "parameter/prod/pd"),
            ("ssm", "parameter/prod/pd:3"),
            ("secretsmanager", "secret:pd-AbCdEf"),
            ("secretsmanager", "secret:prod/pd-AbCdEf:key::"),
            ("ssm", "${PARAMETER}"),
        ] {
            assert_eq!(said(&with(service, resource)), [""; 0], "{service}:{resource}");
        }
    }

    #[test]
    fn secrets_of_the_output_are_not_those_of_the_application() {
        let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:web-AbCdEf";
        let with = |names: &[&str], options: &str| {
            let secrets: Vec<String> =
                names.iter().map(|name| format!(r#"{{"name": "{name}", "valueFrom": "{arn}"}}"#)).collect();
            let app = format!(r#""secrets": [{}],"#, secrets.join(", "));
            task("", &app, "").replace(r#""route.default": "stdout""#, options)
        };
        let slack = r#""route.default": "stdout", "route.stop": "slack""#;
        assert_says(
            &with(&["slack.webhook_url"], slack),
            "error",
            "secrets: gives slack.webhook_url to the application as variables",
        );
        let dog = r#""route.default": "dog", "dog.type": "datadog""#;
        assert_says(
            &with(&["dog.api_key"], dog),
            "error",
            "move them into secretOptions of logConfiguration",
        );
        for names in [["spring.datasource.password"], ["db.password"], ["API_KEY"]] {
            assert_eq!(said(&with(&names, r#""route.default": "stdout""#)), [""; 0], "{names:?}");
        }
    }
}
