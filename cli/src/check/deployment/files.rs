//! Files: a configuration that nothing reads, and secrets in the place of a file's path.

use crate::check::environment::AskedVariable;
use crate::check::finding::{Finding, FindingSeverity};
use crate::check::task::{ContainerView, TaskView};
use crate::config::{Configuration, Location, Origin};

/// Keys whose value is the path of a file or folder.
const PATH_KEYS: [&str; 6] = ["tls_cert_file", "tls_key_file", "ca_file", "spool_dir", "path", "state_path"];

/// How the `init` images of aws-for-fluent-bit are told which files to read.
const INIT_FILES: &str = "aws_fluent_bit_init_";

/// Reports a secret that a key gets instead of the path of the file that holds it.
pub(super) fn check_secrets(
    asked: &[AskedVariable],
    router: &ContainerView<'_>,
    file: &str,
    findings: &mut Vec<Finding>,
) {
    let secrets = router.node.items_of("secrets");
    for secret in secrets {
        let Some(name) = secret.text_of("name") else { continue };
        let is_used = |variable: &&AskedVariable| variable.name == name && wants_path(&variable.key);
        let Some(variable) = asked.iter().find(is_used) else { continue };
        let location = Location { file: file.into(), line: secret.line };
        let message =
            format!("{name} is the text of a secret, and {} wants the path of a file", variable.key);
        let instead =
            "write the text to a file of the image or of a volume, and give its path in environment";
        let finding = Finding::new(FindingSeverity::Error, &location, "secrets", message, instead);
        findings.push(finding.in_container(router.name));
    }
}

fn wants_path(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key);
    PATH_KEYS.iter().any(|name| last.eq_ignore_ascii_case(name))
}

/// Reports a configuration beside a task whose router is told of no file.
pub(super) fn unread(deployment: &Configuration, tasks: &[TaskView<'_>]) -> Option<Finding> {
    let section = deployment.ours().find(|section| section.origin == Origin::FluentBit)?;
    let (task, router) = tasks.iter().find_map(|task| Some((task, task.routers().next()?)))?;
    let reads = |task: &TaskView<'_>| {
        task.routers().any(|router| router.reads_file() || names_a_type(router) || reads_by_init(router))
    };
    // Options of a driver can hold the whole configuration, and the file be another's.
    let has_options = deployment.ours().any(|section| section.origin == Origin::FireLens);
    if task.is_open() || has_options || tasks.iter().any(reads) {
        return None;
    }
    let firelens = router.node.entry("firelensConfiguration")?;
    let location = Location { file: task.file(), line: firelens.line };
    let message = format!("names no file, so that the router does not read {}", section.location.file);
    let instead = "write config-file-type file, and config-file-value with its path in the image, in options";
    let finding = Finding::new(FindingSeverity::Warning, &location, &firelens.key, message, instead);
    Some(finding.in_container(router.name))
}

/// A type without a file has been reported already.
fn names_a_type(router: &ContainerView<'_>) -> bool {
    let options = router.firelens().and_then(|node| node.get("options"));
    options.is_some_and(|options| options.get("config-file-type").is_some())
}

fn reads_by_init(router: &ContainerView<'_>) -> bool {
    let variables = router.node.items_of("environment");
    variables.iter().any(|item| {
        let name = item.text_of("name");
        name.is_none_or(|name| name.starts_with(INIT_FILES))
    })
}

#[cfg(test)]
mod tests {
    use crate::check::check_deployment;
    use crate::config::read_as;

    const HEAD: &str = "[SERVICE]\n    Grace 30\n    Plugins_File p\n[OUTPUT]\n    Name ecs_router\n    Match *-firelens-*\n    Workers 2\n    Retry_Limit no_limits\n    exit_timeout 5s\n    route.default otlp\n    otlp.endpoint https://x\n";
    const FILE: &str = r#""config-file-type": "file", "config-file-value": "/extra.conf""#;

    fn said(router: &str, options: &str, lines: &str) -> Vec<String> {
        let task = format!(
            r#"[{{"name": "app", "image": "x", "logConfiguration": {{"logDriver": "awsfirelens"}}}},
{{"name": "router", "image": "x", "stopTimeout": 60, {router} "firelensConfiguration": {{"type": "fluentbit", "options": {{{options}}}}}}}]"#
        );
        let files = vec![read_as("task.json", &task), read_as("extra.conf", &format!("{HEAD}{lines}"))];
        let found = check_deployment(files).iter().map(ToString::to_string).collect::<Vec<_>>();
        found.into_iter().filter(|line| !line.contains(": note: ")).collect()
    }

    #[test]
    fn the_router_is_told_of_the_file() {
        let found = said("", "", "");
        assert!(
            matches!(found.as_slice(), [one] if one.contains("firelensConfiguration: names no file, so that the router does not read extra.conf")),
            "{found:?}"
        );
        let init =
            r#""environment": [{"name": "aws_fluent_bit_init_s3_1", "value": "arn:aws:s3:::c/extra.conf"}],"#;
        assert_eq!(said("", FILE, ""), [""; 0]);
        let found = said("", r#""config-file-type": "file""#, "");
        assert!(
            matches!(found.as_slice(), [one] if one.contains("has no effect without config-file-value")),
            "{found:?}"
        );
        assert_eq!(said(init, "", ""), [""; 0]);
    }

    #[test]
    fn a_secret_is_not_a_path() {
        let secrets = r#""secrets": [{"name": "KEY", "valueFrom": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:k-AbCdEf"}],"#;
        let paths = "    otlp.tls_cert_file /c.pem\n    otlp.tls_key_file ${KEY}\n";
        let found = said(secrets, FILE, paths);
        assert!(
            matches!(found.as_slice(), [one] if one.contains("KEY is the text of a secret, and otlp.tls_key_file wants the path of a file")),
            "{found:?}"
        );
        assert_eq!(said(secrets, FILE, "    otlp.headers api-key=${KEY}\n"), [""; 0]);
        let path = r#""environment": [{"name": "KEY", "value": "/etc/ssl/client.key"}],"#;
        assert_eq!(said(path, FILE, paths), [""; 0]);
    }
}
