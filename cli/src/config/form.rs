//! What a file is that is neither a configuration nor a task definition, and what to give `check` instead.

use std::path::Path;
use std::rc::Rc;

use super::infrastructure::DocumentKind;
use super::tree::{Node, ParseError};
use super::{Configuration, FileRemark, Location};

pub(super) const UNRECOGNIZED_FILE: &str =
    "the file is neither a Fluent Bit configuration nor a task definition nor a CloudFormation template";

/// What a file looks like, in words, and the supported way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FormAdvice {
    pub(super) looks_like: &'static str,
    pub(super) instead: &'static str,
    /// Lies beside the configuration of many deployments, and there is nothing wrong with that.
    pub(super) is_companion: bool,
    /// A document that a template could have inside.
    pub(super) document: Option<DocumentKind>,
}

const fn advice(looks_like: &'static str, instead: &'static str) -> FormAdvice {
    FormAdvice { looks_like, instead, is_companion: false, document: None }
}

const fn companion(looks_like: &'static str, instead: &'static str) -> FormAdvice {
    FormAdvice { looks_like, instead, is_companion: true, document: None }
}

pub(super) const TEMPLATE: FormAdvice = advice(
    "a template that has to be rendered first",
    "render it and check the result, for example: helm template . or jinja2 FILE or envsubst <FILE, piped into ecs-router check -",
);
const TERRAFORM: FormAdvice = advice(
    "Terraform's own language",
    "run terraform plan -out=plan && terraform show -json plan | ecs-router check -",
);
const BINARY_PLAN: FormAdvice = advice(
    "a binary plan of Terraform, or another archive",
    "run terraform show -json FILE | ecs-router check -",
);
const FLUENTD: FormAdvice = advice(
    "a configuration of Fluentd, which cannot load a plugin for Fluent Bit",
    "write it for Fluent Bit: [OUTPUT] with Name and Match instead of <match>",
);
const CDK_SOURCE: FormAdvice = advice("a program (CDK or the like)", "run cdk synth | ecs-router check -");
const DOCKERFILE: FormAdvice =
    companion("a Dockerfile", "check the configuration that it copies into the image");
const POLICY: FormAdvice = FormAdvice {
    document: Some(DocumentKind::Policy),
    ..companion("an IAM policy", "its words are checked, but not whether it allows enough")
};
const SCRIPT: FormAdvice = advice("a script", "check the configuration that it uses");
const MARKUP: FormAdvice = advice("XML or HTML", "save the raw file");
const ENVIRONMENT: FormAdvice =
    advice("a list of environment variables", "check the configuration that uses them");
const TOML: FormAdvice = advice("TOML", "write it in Fluent Bit's classic format or as YAML");
const COMPOSE: FormAdvice = advice(
    "a compose file",
    "check the Fluent Bit configuration that it mounts, and the task definition that is deployed",
);
const HELM_VALUES: FormAdvice =
    advice("the values of a Helm chart", "run helm template CHART -f FILE | ecs-router check -");
const KUBERNETES: FormAdvice = advice(
    "a Kubernetes manifest without a ConfigMap that holds a Fluent Bit configuration",
    "run kubectl get configmap NAME -o yaml | ecs-router check -",
);
const INSPECT: FormAdvice = advice(
    "the answer of docker inspect",
    "check the task definition: aws ecs describe-task-definition --task-definition NAME | ecs-router check -",
);
const DESCRIBE: FormAdvice = advice(
    "the answer of describe-tasks or describe-services",
    "check the task definition: aws ecs describe-task-definition --task-definition NAME | ecs-router check -",
);
pub(super) const EVENT: FormAdvice =
    advice("an event or a record", "ecs-router explain says what the plugin makes of it");
const PATTERN: FormAdvice = FormAdvice {
    document: Some(DocumentKind::Pattern),
    ..companion("an event pattern of EventBridge", "its words are checked")
};
const CDK_MANIFEST: FormAdvice =
    advice("a manifest of CDK", "check the template beside it: cdk.out/NAME.template.json");
const COPILOT: FormAdvice =
    advice("a manifest of Copilot", "run copilot svc package and check the template that it writes");
const PACKAGE: FormAdvice =
    advice("the description of a program's package", "check the configuration itself");

/// Recognises a text by its first line that says something, before it is parsed.
pub(super) fn of_text(path: &Path, text: &str) -> Option<FormAdvice> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
    let mut lines = text.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && (!line.starts_with('#') || line.starts_with("#!")))?;
    if first.starts_with("{{") || first.starts_with("{%") || first.starts_with("<%") {
        return Some(TEMPLATE);
    }
    if text.starts_with("PK\u{3}\u{4}") {
        return Some(BINARY_PLAN);
    }
    if first.starts_with("<?xml") || first.starts_with("<!") || first.starts_with("<html") {
        return Some(MARKUP);
    }
    if first.starts_with('<') {
        return Some(FLUENTD);
    }
    if first.starts_with("#!") {
        return Some(SCRIPT);
    }
    if [".tf", ".tfvars"].iter().any(|ending| name.ends_with(ending)) || is_hcl(first) {
        return Some(TERRAFORM);
    }
    if name.starts_with("dockerfile") || first.starts_with("FROM ") || first.starts_with("ARG ") {
        return Some(DOCKERFILE);
    }
    let is_program = ["import ", "from ", "const ", "package ", "using ", "export "];
    if is_program.iter().any(|word| first.starts_with(word)) {
        return Some(CDK_SOURCE);
    }
    if is_toml(first, text) {
        return Some(TOML);
    }
    is_variable(first).then_some(ENVIRONMENT)
}

/// Whether it begins a block of HCL: `resource "aws_ecs_task_definition" "web" {`.
fn is_hcl(line: &str) -> bool {
    const BLOCKS: [&str; 9] =
        ["resource", "terraform", "module", "variable", "data", "locals", "provider", "output", "moved"];
    let word = line.split([' ', '{', '"']).next().unwrap_or_default();
    BLOCKS.contains(&word) && line.ends_with('{')
}

/// Whether a header with dots or a pair with `=` follows: `[sources.app]`, `type = "file"`.
fn is_toml(first: &str, text: &str) -> bool {
    let header = first.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let has_pairs = || text.lines().any(|line| line.contains(" = "));
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "._-[]\"".contains(c));
    header.is_some_and(|name| name.contains('.') && is_name(name) && has_pairs())
}

fn is_variable(line: &str) -> bool {
    let line = line.strip_prefix("export ").unwrap_or(line);
    line.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    })
}

/// The line of the first mark of a template, such as `{{ x }}`; CloudFormation's `{{resolve:…}}` is none.
pub(super) fn template_line(text: &str) -> Option<usize> {
    let is_mark = |line: &str| {
        let line = line.replace("{{resolve:", "");
        (line.contains("{{") && line.contains("}}")) || (line.contains("{%") && line.contains("%}"))
    };
    text.lines().position(|line| !line.trim_start().starts_with('#') && is_mark(line)).map(|index| index + 1)
}

/// Recognises a tree by its keys.
pub(super) fn of_tree(tree: &Node) -> Option<FormAdvice> {
    let first = tree.items().first().unwrap_or(tree);
    let has = |key: &str| first.get(key).is_some();
    let found = [
        (is_policy(tree), POLICY),
        (is_terraform(tree), TERRAFORM),
        (has("apiVersion") && has("kind"), KUBERNETES),
        (has("services") && tree.get("services").is_some_and(|node| !node.entries().is_empty()), COMPOSE),
        (has("HostConfig") || has("RepoTags"), INSPECT),
        (is_pattern(tree), PATTERN),
        (has("tasks") || has("services") || has("taskArn") || has("lastStatus"), DESCRIBE),
        (has("detail-type") || has("Records") || has("log") || has("eventName"), EVENT),
        (has("artifacts") && has("version"), CDK_MANIFEST),
        (has("type") && (has("image") || has("http")), COPILOT),
        (has("scripts") || has("dependencies") || has("devDependencies"), PACKAGE),
        (has("config") || has("fluent-bit") || has("replicaCount"), HELM_VALUES),
    ];
    found.into_iter().find(|(is_it, _)| *is_it).map(|(_, advice)| advice)
}

/// Whether it is an event of EventBridge, or a list of them. Its `resources` are not those of a template.
pub(super) fn is_event(tree: &Node) -> bool {
    let first = tree.items().first().unwrap_or(tree);
    ["detail-type", "source"].iter().all(|key| first.get(key).is_some_and(|node| node.text().is_some()))
}

/// Whether a key that every event has is given a list of words.
fn is_pattern(tree: &Node) -> bool {
    let is_list =
        |key: &str| tree.get(key).is_some_and(|node| node.items().iter().any(|item| item.text().is_some()));
    is_list("detail-type") || (is_list("source") && tree.get("type").is_none())
}

/// Whether it is Terraform's own language as JSON: `{"resource": {"aws_iam_role": {…}}}`.
fn is_terraform(tree: &Node) -> bool {
    let blocks = ["resource", "data", "module", "terraform"].into_iter().filter_map(|key| tree.get(key));
    let is_block = |node: &Node| node.entries().iter().any(|entry| !entry.value.entries().is_empty());
    tree.get("terraform_version").is_none() && blocks.into_iter().any(is_block)
}

/// Whether it has statements that allow or deny.
fn is_policy(tree: &Node) -> bool {
    let Some(statement) = tree.entries().iter().find(|entry| entry.key.eq_ignore_ascii_case("Statement"))
    else {
        return false;
    };
    statement.value.items().first().unwrap_or(&statement.value).get("Effect").is_some()
}

/// Reports a file that is neither JSON nor YAML; a template says so itself.
pub(super) fn report_unreadable(
    file: Rc<str>,
    text: &str,
    error: ParseError,
    configuration: &mut Configuration,
) {
    if let Some(line) = template_line(text) {
        return report(Location { file, line }, TEMPLATE, configuration);
    }
    configuration.error(Location { file, line: error.line }, error.message, error.instead);
}

/// Makes a note of what is said of Terraform's own language where other files are given, as in the folder that `init`
/// wrote.
pub(crate) fn excuse_sources(configurations: &mut [Configuration]) {
    let is_source = |remark: &FileRemark| remark.instead == TERRAFORM.instead;
    if configurations.iter().all(|configuration| configuration.errors.iter().any(is_source)) {
        return;
    }
    for configuration in configurations {
        let (sources, errors): (Vec<FileRemark>, Vec<FileRemark>) =
            std::mem::take(&mut configuration.errors).into_iter().partition(is_source);
        configuration.errors = errors;
        configuration.notes.extend(sources);
    }
}

/// Reports the file; what lies beside many deployments gets a note.
pub(super) fn report(location: Location, advice: FormAdvice, configuration: &mut Configuration) {
    let message = format!("the file is {}", advice.looks_like);
    if advice.is_companion {
        configuration.has_content = true;
        return configuration.note(location, message, advice.instead);
    }
    configuration.error(location, message, advice.instead);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_kinds_are_known_by_their_first_line() {
        for (name, text, expected) in [
            ("x", "<source>\n  @type forward\n</source>\n", Some(FLUENTD)),
            ("x", "# c\nresource \"aws_ecs_task_definition\" \"web\" {\n", Some(TERRAFORM)),
            ("x", "locals {\n", Some(TERRAFORM)),
            ("plan", "PK\u{3}\u{4}\u{14}\0tfplan", Some(BINARY_PLAN)),
            ("main.tf", "x = 1\n", Some(TERRAFORM)),
            ("x", "{{- if .Values.x }}\n", Some(TEMPLATE)),
            ("x", "{% for x in y %}\n", Some(TEMPLATE)),
            ("x", "FROM debian\n", Some(DOCKERFILE)),
            ("x", "#!/bin/sh\n", Some(SCRIPT)),
            ("x", "import * as cdk from 'aws-cdk-lib';\n", Some(CDK_SOURCE)),
            ("x", "A_B=c\n", Some(ENVIRONMENT)),
            ("x", "[sources.app]\ntype = \"file\"\n", Some(TOML)),
            ("x", "[SERVICE]\n    Flush 1\n", None),
            ("x", "output: x\n", None),
            ("x", "{\"family\": \"web\"}", None),
            ("x", "", None),
        ] {
            assert_eq!(of_text(Path::new(name), text), expected, "{text}");
        }
    }

    #[test]
    fn references_of_cloudformation_are_no_template() {
        assert_eq!(template_line("a: '{{resolve:ssm:x}}'\n"), None);
        assert_eq!(template_line("# {{ x }}\na\nb {{ x }}\n"), Some(3));
    }
}
