//! Reasons: the words of ECS, its agents, Docker and containerd, and the category of each. `cause` reads the cause off
//! the same words.
//!
//! The order of the rules matters. Prefixes nest and mislead (a start error wraps an initialisation error that wraps a
//! missing log group), so the innermost statement stands first and its wrappings last. Fargate cuts long texts, often
//! before the decisive word, so no rule needs the end of one.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html>

use crate::stop::kind::Category;

/// Words of a reason, and their meaning.
#[derive(Debug)]
pub(in crate::stop) struct Rule {
    /// Lower-case parts of a statement, any of which matches; a leading `=` asks for the whole statement.
    patterns: &'static [&'static str],
    pub(in crate::stop) category: Category,
    /// Set where these words tell more than their category.
    pub(in crate::stop) hint: Option<&'static str>,
}

const fn rule(category: Category, patterns: &'static [&'static str]) -> Rule {
    Rule { patterns, category, hint: None }
}

const fn hinted(category: Category, patterns: &'static [&'static str], hint: &'static str) -> Rule {
    Rule { patterns, category, hint: Some(hint) }
}

const OUT_OF_MEMORY: &[&str] = &["outofmemory", "killed due to memory usage", "oom-killed"];

#[rustfmt::skip]
const RULES: &[Rule] = &[
    rule(Category::Oom, OUT_OF_MEMORY),

    // The login to a registry stands under "secrets or registry auth", though no secret is involved.
    rule(Category::ImagePull, &["ecr registry auth", "registry auth from amazon ecr", "ecr auth token", "getauthorizationtoken"]),
    hinted(Category::Secret, &["json key"],
        "The secret exists but lacks the key that `valueFrom` names; compare the spelling, or add the key."),
    rule(Category::Secret, &["unable to retrieve secret", "unable to fetch secret", "fetching secret data", "cannot pull secrets",
        "retrieve the secret", "retrieved secret", "registry auth from asm", "invalid ssm parameter", "getsecretvalue", "ssm:getparameter"]),
    rule(Category::ImagePull, &["cannotpull", "can't pull the image", "cannot pull the image", "pull image manifest", "ref pull has been",
        "descriptor matching platform", "failed to resolve ref", "unable to pull image", "failed to pull image", "image pull failed"]),
    rule(Category::Secret, &["unable to pull secrets"]),

    hinted(Category::Logging, &["fluent.sock", ":24224"],
        "The log router was not there yet or has died: read its own log, and let the container depend on it (START or HEALTHY)."),
    rule(Category::Logging, &["logger args", "logging driver", "log driver", "log stream", "cloudwatch log group", "log group does not exist",
        "logs:create", "missing output key"]),

    hinted(Category::Storage, &["ebs volume", "elasticblockstorage"],
        "Check the ECS infrastructure role (trust and permissions), the volume's KMS key, its quota, and that the file system type fits the snapshot."),
    hinted(Category::Storage, &["efs utils", "efs volume", "mount.nfs", ".efs.", "elasticfilesystem"],
        "Check a mount target in the task's zone, port 2049 between both security groups, DNS names in the VPC, and the access point's and task role's permissions."),
    hinted(Category::Storage, &["env file", "envfile", "environment file"],
        "Check that the environment file exists in S3, that the execution role may read it (s3:GetObject, s3:GetBucketLocation), and that the subnet reaches S3."),
    hinted(Category::Storage, &["ephemeralstorage", "ephemeral storage"],
        "AWS could not provide the disk in time; the service tries again. If it goes on, try another zone or a smaller disk."),
    rule(Category::Storage, &["cannotcreatevolume", "cannotinspectvolume", "cannotremovevolume", "invalidvolume", "volumedriver.",
        "mounting volume", "failed to mount", "/var/lib/ecs/volumes", "bind source path"]),

    hinted(Category::Network, &["insufficientfreeaddresses", "public ip assignment"],
        "The subnet has run out of free addresses, as a rule: check them, and add a subnet or a larger one."),
    rule(Category::Network, &["network interface", "containernetworking", "resource:eni", "configure eni", "netplugin", "network namespace"]),

    hinted(Category::Capacity, &["=agent"],
        "The agent on the container instance is disconnected: check ecs-agent.log there, the instance's role and its way to the ECS endpoints."),
    hinted(Category::Capacity, &["not compatible with the selected compute"],
        "Let the task definition's `requiresCompatibilities` fit the launch type or capacity provider it is started on."),
    hinted(Category::Capacity, &["capacity is unavailable", "capacity unavailable", "insufficient capacity", "reached the limit on the number"],
        "AWS had no capacity or the account's vCPU quota is used up: spread over more zones, add a fallback capacity provider, or raise the quota."),
    rule(Category::Capacity, &["resource:cpu", "resource:memory", "resource:gpu", "resource:port", "resource:disk", "resource:fargate", "=attribute",
        "=location", "empty capacity provider", "no active instances", "no container instances", "unable to place", "insufficient cpu", "insufficient memory"]),

    // A deadline in a start error is the local runtime's: those of remote calls have been caught above.
    rule(Category::Platform, &["deadline exceeded", "could not transition to", "timed out after waiting"]),
    hinted(Category::ContainerStart, &["port is already allocated", "address already in use"],
        "Another task holds the host port: use dynamic ports (hostPort 0) or awsvpc mode."),
    rule(Category::ContainerStart, &["exec format error", "executable file not found", "permission denied", "cannotstartcontainer",
        "cannotcreatecontainer", "oci runtime", "runc create", "shim task", "container runtime task", "container process", "hostconfigerror"]),

    hinted(Category::Platform, &["unable to assume the"],
        "Let the role trust ecs-tasks.amazonaws.com (for volumes: ecs.amazonaws.com) and whoever starts the task pass it (iam:PassRole); a new role needs a minute."),
    rule(Category::Platform, &["resourceinit", "internalerror", "containerruntime", "dockertimeout", "dockerstate", "dockerclient", "cannotinspect",
        "cannotdescribe", "cannotremove", "cannotlist", "cannotget", "taskstateerror", "could not progress", "containervanished",
        "nosuchcontainer", "impossiblestate", "unknownerror", "api error (500)"]),
];

/// Words about a container that only waited for another one.
const WAITING: &[&str] =
    &["dependency graph", "ordering dependency", "dependency did not", "dependency failed", "taskdependency"];

/// Words about the course of a stop rather than its reason.
const ABOUT_STOPPING: &[&str] = &["cannotstopcontainer", "transition to stopped", "taskstoppedbeforepull"];

/// Phrases that ECS puts in front of a reason, or in its place, and that only repeat the stop code.
const STOP_CODE_PHRASES: [&str; 4] = [
    "essential container in task exited",
    "task failed to start",
    "task failed to reach running status",
    "taskfailedtostart",
];

/// Words about a process that never ran.
const ABOUT_STARTING: &[&str] = &[
    "cannotstart",
    "cannotcreate",
    "cannotpull",
    "resourceinit",
    "transition to running",
    "transition to created",
];

/// Bounds the work on one reason; ECS writes at most 1024 characters.
const MAX_REASON_CHARS: usize = 4096;

/// Makes a reason a statement, as the tables expect it: lower case, with a plain apostrophe (the agent writes ’),
/// without phrases that only repeat the stop code.
pub(in crate::stop) fn normalize(text: &str) -> String {
    let lower = text.chars().take(MAX_REASON_CHARS).flat_map(char::to_lowercase);
    let plain: String = lower.map(|letter| if letter == '’' { '\'' } else { letter }).collect();
    let mut bare = plain.as_str();
    while let Some(rest) = STOP_CODE_PHRASES.iter().find_map(|words| bare.strip_prefix(words)) {
        bare = rest.trim_start_matches([' ', ':', '-', '.', ',']);
    }
    bare.trim().trim_end_matches('.').to_owned()
}

/// Finds the innermost statement that a rule knows, with that rule.
pub(in crate::stop) fn find(statements: &[String]) -> Option<(&'static Rule, &str)> {
    RULES
        .iter()
        .find_map(|rule| Some((rule, statements.iter().find(|statement| rule.matches(statement))?.as_str())))
}

impl Rule {
    fn matches(&self, statement: &str) -> bool {
        self.patterns.iter().any(|words| match words.strip_prefix('=') {
            Some(whole) => statement == whole,
            None => statement.contains(words),
        })
    }
}

/// Like the four below, takes a statement as [`normalize`] makes it.
pub(in crate::stop) fn is_out_of_memory(statement: &str) -> bool {
    contains_any(statement, OUT_OF_MEMORY)
}

pub(in crate::stop) fn is_waiting(statement: &str) -> bool {
    contains_any(statement, WAITING)
}

pub(in crate::stop) fn is_uninformative(statement: &str) -> bool {
    statement.is_empty() || is_waiting(statement) || is_about_stopping(statement)
}

pub(in crate::stop) fn is_about_stopping(statement: &str) -> bool {
    contains_any(statement, ABOUT_STOPPING)
}

pub(in crate::stop) fn is_about_starting(statement: &str) -> bool {
    contains_any(statement, ABOUT_STARTING)
}

fn contains_any(statement: &str, words: &[&str]) -> bool {
    words.iter().any(|word| statement.contains(word))
}

#[cfg(test)]
mod tests;
