//! Reasons: the words of ECS, its agents, Docker and containerd, and the category of each. `cause` and `hint` read
//! theirs off the same words.
//!
//! The order of the rules matters. Prefixes nest and mislead (a start error wraps an initialisation error that wraps a
//! missing log group), so the innermost statement stands first and its wrappings last. Fargate cuts long texts, often
//! before the decisive word, so no rule needs the end of one.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html>

use super::words::{self, Words};
use crate::stop::kind::Category;

/// Words of a reason, and their category.
#[derive(Debug)]
pub(in crate::stop) struct Rule {
    patterns: Words,
    pub(in crate::stop) category: Category,
}

const fn rule(category: Category, patterns: Words) -> Rule {
    Rule { patterns, category }
}

const OUT_OF_MEMORY: Words = &["outofmemory", "killed due to memory usage", "oom-killed"];

#[rustfmt::skip]
const RULES: &[Rule] = &[
    rule(Category::Oom, OUT_OF_MEMORY),
    rule(Category::Platform, &["account is currently blocked", "account is blocked"]),
    // Whatever it was asked for.
    rule(Category::Platform, &["docker daemon running", "containerd.sock"]),

    // Managed Instances: no instance for the task, whatever error of EC2 or IAM stands behind it.
    rule(Category::Capacity, &["unable to launch instance", "launch & instance & capacity provider", "infrastructure role & capacity provider", "infrastructure role & managed instance",
        "instance requirements", "instance types & capacity provider",
        "not have sufficient & capacity", "vcpulimitexceeded", "instancelimitexceeded", "spotinstancecountexceeded", "insufficientinstancecapacity", "unfulfillablecapacity",
        "insufficientcapacity", "insufficienthostcapacity", "instance & did not register", "instance & failed to register"]),

    // The agent's own words for what it prepares before a task; none of them has a prefix.
    rule(Category::Storage, &["environmentfile", "envfile", "environment file", "env file", "credentialsparameter",
        "fsxwindowsfileserver", "fsx describing", "fsx credential", "fsx for windows", "fsx file system"]),
    // The login to a registry is under "secrets or registry auth", though no secret is involved.
    rule(Category::ImagePull, &["ecr registry auth", "registry auth from amazon ecr", "ecr auth token", "getauthorizationtoken"]),
    rule(Category::Secret, &["unable to retrieve secret", "unable to fetch secret", "fetching secret data", "cannot pull secrets",
        "retrieve the secret", "retrieved secret", "retrieve secret", "registry auth from asm", "invalid ssm parameter", "getsecretvalue",
        "ssm:getparameter", "json key", "secretsmanager secretid", "asm secret", "ssm secret", "asm fetching", "fetching secret from",
        "create asm client", "create ssm client", "task secret data", "ssm secrets", "asm secrets", "missing secret value", "task auth data",
        "secrets manager secret", "asm resource:", "resource [asm", "resource [ssm", "secrets manager", "parameter store", "systems manager"]),
    // A gMSA credential spec, and the account it names, come from S3, Parameter Store or Secrets Manager.
    rule(Category::Secret, &["credentialspec", "credential spec", "domainless gmsa", "the gmsa", "credentials fetcher", "credentials-fetcher", "kerberos", "gmsa", "krb ticket", "krb5", "resource [cred", "ssm parameter: & invalid format",
        "provided ssm parameter"]),
    rule(Category::ImagePull, &["cannotpull", "can't pull the image", "cannot pull the image", "pull image manifest", "ref pull has been",
        "transition to pulled", "descriptor matching platform", "descriptor for platform", "failed to resolve ref", "unable to pull image", "failed to pull image", "image pull failed",
        "repo digest", "pull access denied", "manifest unknown"]),
    rule(Category::Secret, &["unable to pull secrets"]),

    rule(Category::Logging, &["fluent.sock", ":24224", "awsfirelens", "/firelens/", "resource [firelens]", "firelens s3 config",
        "firelens config", "firelens log config", "firelens resource", "firelens container", "firelens bridge ip", "for firelens", "logger args", "logging driver", "log driver", "log stream",
        "cloudwatch log group", "log group does not exist", "log group & does not exist", "logs:create", "logs:put", "missing output key",
        "log opt", "logging plugin", "daemon: logger:", "daemon: awslogs", "daemon: gelf:", "daemon: splunk:", "daemon: syslog:", "daemon: fluentd:", "daemon: gcplogs:", "daemon: logentries:",
        "awslogs-", "gelf-", "splunk-", "syslog-", "fluentd-", "max-file", "max-size", "max-buffer-size", "execution credentials set for the task", "execution role credentials for task", "firelens user"]),

    rule(Category::Storage, &["ebs volume", "elasticblockstorage", "efs utils", "efs volume", "mount.nfs", "mount.efs", ".efs.",
        "elasticfilesystem", "s3files", "s3 files", "ephemeralstorage", "ephemeral storage"]),
    rule(Category::Storage, &["cannotcreatevolume", "cannotinspectvolume", "cannotremovevolume", "invalidvolume", "volumedriver.",
        "mounting volume", "failed to mount", "validate the bind mount", "/var/lib/ecs/volumes", "bind source path", "volume [", "initialize volume", "volume detection",
        "autoprovision", "volume mounts", "volume target", "invalid volume", "volume configuration", "volumeerror", "volume plugin",
        "csi driver", "smbglobalmapping", "volume type", "stage volume", "ebsnvme", "lsblk", "resource attachment", "in attachment properties", "file system type"]),

    // Neither a kernel setting refused in the host's network nor a port that is taken is trouble with the network.
    rule(Category::ContainerStart, &["sysctl", "port is already allocated", "address already in use", "specified port already exists"]),
    // Room that the scheduler did not find.
    rule(Category::Capacity, &["resource:eni"]),
    rule(Category::Network, &["network interface", "unexpected ec2 error", "containernetworking", "configure eni", "netplugin", "cni plugin",
        "setup network namespace", "task network namespace", "setup netns", "networkinterfacelimit", "eni attachment", "attach eni",
        "insufficientfreeaddresses", "invalidsubnet", "invalidsecuritygroup", "invalidgroup.notfound", "subnet & does not exist",
        "security group & does not exist", "iptables", "create endpoint", "address pool", "daemon: network & not found",
        "container networking", "primary eni", "eni message validation", "eni is ipv6-only", "interface association", "cni config", "mode pause container", "hns endpoint",
        // The agent's own network library, on Fargate and Managed Instances, too.
        "netns", "regular eni", "branch eni", "eni pull configuration", "eni network configuration", "app mesh network", "appmesh", "ipam", "loopback interface",
        "vpc-eni", "[ecscni]", "hcn namespace", "add network failed", "default network namespace", "interface tunnel", "interface veth", "vlan interface",
        "interfaces list", "dns config", "network mode is not awsvpc", "invalid network mode", "network builder", "task namespace", "daemon network", "network devices",
        "service connect network", "servicenet", "ipv4 forwarding", "ipv6 forwarding", "bridge plugin"]),

    rule(Category::ContainerStart, &["dependencies cannot be resolved", "taskdependencyerror"]),
    rule(Category::ContainerStart, &["taskdefinition & inactive", "task definition & inactive", "task definition & not active"]),
    // A refusal, for all that ECS says of the placement in front of it.
    rule(Category::Platform, &["unable to place & unable to assume", "unable to place & accessdenied", "unable to place & not authorized"]),
    rule(Category::Capacity, &["=agent", "missingattribute", "=attribute", "=location", "not compatible with the selected compute", "capacity is unavailable",
        "capacity unavailable", "insufficient capacity", "reached the limit on the number", "run concurrently", "resource:cpu", "resource:memory", "resource:gpu",
        "resource:port", "resource:disk", "resource:fargate", "resource:inference", "empty capacity provider", "no active instances",
        "no container instance", "no available instance", "unable to place", "placement constraint", "insufficient cpu", "insufficient memory", "agent & disconnected"]),

    // What the runtime says of itself, even where it wraps a start error.
    rule(Category::Platform, &["containerruntimeerror", "containerruntimetimeout"]),
    // A deadline in a start error is the local runtime's: those of remote calls have been caught above.
    rule(Category::Platform, &["deadline exceeded", "could not transition to", "timed out after waiting"]),
    // The machine has run out of what it needs to start any container.
    rule(Category::Platform, &["start shim", "too many open files", "resource temporarily unavailable", "paging file is too small", "session keyring"]),
    rule(Category::ContainerStart, &["exec format error", "executable file not found",
        "permission denied", "cannotstartcontainer", "cannotcreatecontainer", "oci runtime", "runc create", "shim task",
        "container runtime task", "container runtime container", "container process", "hostconfigerror", "dockerclientconfigerror",
        "no users found", "passwd file", "/etc/passwd", "/etc/group", "container name & already in use", "operating system does not match", "hcsshim", "select device driver", "task memory limit",
        "unparseableport", "unrecognizedtransport", "unable to decode", "link format", "container for link", "link target", "volume source container", "to gpu", "associating gpu",
        "host gpus", "neuron device", "containeroverrides", "container overrides", "proxy container", "container hostconfig", "can't find container"]),

    rule(Category::Platform, &["unable to assume", "iam:passrole", "resourceinit", "internalerror", "containerruntime", "dockertimeout", "dockerstate",
        "dockerclient", "cannotinspect", "cannotdescribe", "cannotremove", "cannotlist", "cannotget", "taskstateerror", "could not progress",
        "containervanished", "nosuchcontainer", "service connect attachment", "service connect config", "service connect container", "for service connect", "serviceconnect is only", "attachment handler", "impossiblestate", "unknownerror", "api error (500)", "cgroup", "platform resources"]),
];

/// An application that ended because another container did not get as far as it depends on in time.
const DEPENDENCY_TIMED_OUT: Words =
    &["dependency & timed out", "dependency & time out", "dependency & timeout"];

/// Words about a container that only waited for another one.
const WAITING: Words =
    &["dependency graph", "ordering dependency", "dependency did not", "dependency failed"];

/// Words about the course of a stop rather than its reason.
const ABOUT_STOPPING: Words = &["cannotstopcontainer", "transition to stopped", "taskstoppedbeforepull"];

/// Words about a container that the agent lost sight of, so that it does not know how it ended.
const OUT_OF_SIGHT: Words =
    &["cannotinspect", "cannotdescribe", "dockertimeout", "dockerstate", "containervanished"];

/// Phrases that ECS puts in front of a reason, or in its place, and that only repeat the stop code.
const STOP_CODE_PHRASES: [&str; 4] = [
    "essential container in task exited",
    "task failed to start",
    "task failed to reach running status",
    "taskfailedtostart",
];

/// Words about a process that never ran.
const ABOUT_STARTING: Words = &[
    "cannotstart",
    "cannotcreate",
    "cannotpull",
    "resourceinit",
    "containernetworking",
    "transition to running",
    "transition to created",
];

/// Bounds the work on one reason; ECS writes at most 1024 characters.
const MAX_REASON_CHARS: usize = 4096;

/// What wrappers say of themselves in words that mean something else in a table: Docker of every start that failed, and
/// the AWS SDK of every call that it repeated.
const MISLEADING: [&str; 2] = ["invalid header field value", "exceeded maximum number of attempts"];

/// Makes a reason a statement, as the tables expect it: lower case, on one line, with a plain apostrophe (the agent
/// writes ’), without phrases that mislead or only repeat the stop code.
pub(in crate::stop) fn normalize(text: &str) -> String {
    let lower = text.chars().take(MAX_REASON_CHARS).flat_map(char::to_lowercase);
    let plain: String = lower.map(|letter| if letter == '’' { '\'' } else { letter }).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = MISLEADING.iter().fold(line, |text, words| text.replace(words, ""));
    let mut bare = told.as_str();
    while let Some(rest) = STOP_CODE_PHRASES.iter().find_map(|words| bare.strip_prefix(words)) {
        bare = rest.trim_start_matches([' ', ':', '-', '.', ',']);
    }
    bare.trim().trim_end_matches('.').to_owned()
}

/// Finds the innermost statement that a rule knows, with that rule.
pub(in crate::stop) fn find(statements: &[String]) -> Option<(&'static Rule, &str)> {
    RULES.iter().find_map(|rule| {
        let known = statements.iter().find(|statement| words::any(rule.patterns, statement))?;
        Some((rule, known.as_str()))
    })
}

/// Like the others below, takes a statement as [`normalize`] makes it.
pub(in crate::stop) fn is_out_of_memory(statement: &str) -> bool {
    words::any(OUT_OF_MEMORY, statement)
}

pub(in crate::stop) fn is_waiting(statement: &str) -> bool {
    words::any(WAITING, statement)
}

pub(in crate::stop) fn is_timed_out_dependency(statement: &str) -> bool {
    words::any(DEPENDENCY_TIMED_OUT, statement)
}

pub(in crate::stop) fn is_uninformative(statement: &str) -> bool {
    statement.is_empty() || is_waiting(statement) || is_about_stopping(statement)
}

pub(in crate::stop) fn is_about_stopping(statement: &str) -> bool {
    words::any(ABOUT_STOPPING, statement)
}

pub(in crate::stop) fn is_out_of_sight(statement: &str) -> bool {
    words::any(OUT_OF_SIGHT, statement)
}

pub(in crate::stop) fn is_about_starting(statement: &str) -> bool {
    words::any(ABOUT_STARTING, statement)
}

#[cfg(test)]
mod tests;
