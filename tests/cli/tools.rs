//! What others wrote to judge templates and Terraform: cfn-lint, and terraform or what formats as it does.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// The virtual environment that `.ci/run` and `examples/check` make.
fn tools() -> PathBuf {
    let named = std::env::var_os("CI_TOOLS").map(PathBuf::from);
    named.unwrap_or_else(|| test_support::root().join("target/ci-tools"))
}

/// A tool of that environment, or of the machine.
fn tool(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(tools().join("bin")).chain(std::env::split_paths(&paths));
    folders.map(|folder| folder.join(name)).find(|path| path.exists())
}

fn assert_passes(mut command: Command) {
    let output = command.output().expect("the tool starts");
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{command:?}\n{}", said.concat());
}

/// No finding in any template of the folder. Skipped where there is no cfn-lint, unless somebody has named the tools.
pub(crate) fn assert_cfn_lint_is_content(folder: &Path) {
    let Some(cfn_lint) = tool("cfn-lint") else {
        assert!(std::env::var_os("CI_TOOLS").is_none(), "no cfn-lint in {}", tools().display());
        eprintln!("skipped: there is no cfn-lint; examples/check makes target/ci-tools with it");
        return;
    };
    let mut command = Command::new(cfn_lint);
    command.args(["--regions", "eu-west-1", "--format", "parseable", "--", "*.json"]).current_dir(folder);
    assert_passes(command);
}

/// A template with this task definition.
pub(crate) fn task_template(task: &Value) -> Value {
    let task = json!({"Type": "AWS::ECS::TaskDefinition", "Properties": capitalised(task)});
    json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Task": task}})
}

/// The same task definition as CloudFormation spells it; what users name (options) stays.
fn capitalised(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(capitalised).collect(),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                let (head, tail) = key.split_at(1);
                let value = if key == "options" { value.clone() } else { capitalised(value) };
                (head.to_ascii_uppercase() + tail, value)
            };
            Value::Object(map.iter().map(entry).collect())
        }
        value => value.clone(),
    }
}

/// Formats each file with the Go library of terraform, compiled for Node, and names those that change.
const FORMAT: &str = r#"
const { format } = require(process.argv[1] + "/node_modules/@cdktn/hcl-tools");
const { readdirSync, readFileSync } = require("fs");
(async () => {
    const files = readdirSync(".").filter((name) => name.endsWith(".tf"));
    let changed = 0;
    for (const name of files) {
        const text = readFileSync(name, "utf8");
        if ((await format(text)) !== text) { console.error(name + " is not formatted"); changed += 1; }
    }
    process.exit(files.length > 0 && changed === 0 ? 0 : 1);
})();
"#;

/// `terraform fmt` would change no file of the folder. Where there is nothing that formats, the files are only parsed.
pub(crate) fn assert_is_formatted(folder: &Path) {
    if let Some(terraform) = tool("terraform").or_else(|| tool("tofu")) {
        let mut command = Command::new(terraform);
        command.args(["fmt", "-check", "-diff"]).env("TF_CLI_CONFIG_FILE", "/dev/null");
        command.env("CHECKPOINT_DISABLE", "1").current_dir(folder);
        assert_passes(command);
    } else if let Some(node) = tool("node").filter(|_| tools().join("node_modules/@cdktn/hcl-tools").exists())
    {
        let mut command = Command::new(node);
        command.args(["-e", FORMAT]).arg(tools()).current_dir(folder);
        assert_passes(command);
    } else {
        eprintln!("skipped: there is no terraform; the files are only parsed, where python-hcl2 is");
        let Some(parser) = tool("hcl2tojson") else { return };
        let mut command = Command::new(parser);
        command.args([".", "out"]).current_dir(folder);
        assert_passes(command);
    }
}
