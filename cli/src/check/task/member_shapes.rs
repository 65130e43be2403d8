//! What is inside the maps and lists of a task definition.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html> and the types that it names,
//! read 2026-11.

/// What a member holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum MemberType {
    Text,
    Number,
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Checked elsewhere, or by nobody.
    Any,
}

use MemberType::{Any, Flag, Number, Text, Word};

/// The members of the maps in one place.
pub(super) struct Shape {
    /// Names of members from the container, or from the task, on.
    pub(super) place: &'static [&'static str],
    /// Members without which ECS refuses the map.
    pub(super) needed: &'static [&'static str],
    pub(super) members: &'static [(&'static str, MemberType)],
}

pub(super) const OF_CONTAINER: [Shape; 15] = [
    Shape {
        place: &["portMappings"],
        needed: &[],
        members: &[
            ("containerPort", Number),
            ("hostPort", Number),
            ("protocol", Word(&["tcp", "udp"])),
            ("name", Text),
            ("appProtocol", Word(&["http", "http2", "grpc"])),
            ("containerPortRange", Text),
        ],
    },
    Shape {
        place: &["mountPoints"],
        needed: &["sourceVolume", "containerPath"],
        members: &[("sourceVolume", Text), ("containerPath", Text), ("readOnly", Flag)],
    },
    Shape {
        place: &["volumesFrom"],
        needed: &["sourceContainer"],
        members: &[("sourceContainer", Text), ("readOnly", Flag)],
    },
    Shape {
        place: &["environmentFiles"],
        needed: &["value", "type"],
        members: &[("value", Text), ("type", Word(&["s3"]))],
    },
    Shape {
        place: &["healthCheck"],
        needed: &["command"],
        members: &[
            ("command", Any),
            ("interval", Number),
            ("timeout", Number),
            ("retries", Number),
            ("startPeriod", Number),
        ],
    },
    Shape {
        place: &["ulimits"],
        needed: &["name", "softLimit", "hardLimit"],
        members: &[("name", Word(&LIMITS)), ("softLimit", Number), ("hardLimit", Number)],
    },
    Shape {
        place: &["linuxParameters"],
        needed: &[],
        members: &[
            ("capabilities", Any),
            ("devices", Any),
            ("initProcessEnabled", Flag),
            ("sharedMemorySize", Number),
            ("tmpfs", Any),
            ("maxSwap", Number),
            ("swappiness", Number),
        ],
    },
    Shape {
        place: &["linuxParameters", "capabilities"],
        needed: &[],
        members: &[("add", Any), ("drop", Any)],
    },
    Shape {
        place: &["linuxParameters", "devices"],
        needed: &["hostPath"],
        members: &[("hostPath", Text), ("containerPath", Text), ("permissions", Any)],
    },
    Shape {
        place: &["linuxParameters", "tmpfs"],
        needed: &["containerPath", "size"],
        members: &[("containerPath", Text), ("size", Number), ("mountOptions", Any)],
    },
    Shape {
        place: &["restartPolicy"],
        needed: &["enabled"],
        members: &[("enabled", Flag), ("ignoredExitCodes", Any), ("restartAttemptPeriod", Number)],
    },
    Shape {
        place: &["systemControls"],
        needed: &["namespace", "value"],
        members: &[("namespace", Text), ("value", Text)],
    },
    Shape {
        place: &["resourceRequirements"],
        needed: &["type", "value"],
        members: &[("type", Word(&["GPU", "InferenceAccelerator", "NeuronDevice"])), ("value", Text)],
    },
    Shape {
        place: &["extraHosts"],
        needed: &["hostname", "ipAddress"],
        members: &[("hostname", Text), ("ipAddress", Text)],
    },
    Shape {
        place: &["repositoryCredentials"],
        needed: &["credentialsParameter"],
        members: &[("credentialsParameter", Text)],
    },
];

pub(super) const OF_TASK: [Shape; 8] = [
    Shape {
        place: &["volumes"],
        needed: &[],
        members: &[
            ("name", Text),
            ("host", Any),
            ("dockerVolumeConfiguration", Any),
            ("efsVolumeConfiguration", Any),
            ("fsxWindowsFileServerVolumeConfiguration", Any),
            ("s3filesVolumeConfiguration", Any),
            ("configuredAtLaunch", Flag),
        ],
    },
    Shape {
        place: &["volumes", "efsVolumeConfiguration"],
        needed: &["fileSystemId"],
        members: &[
            ("fileSystemId", Text),
            ("rootDirectory", Text),
            ("transitEncryption", Word(&["ENABLED", "DISABLED"])),
            ("transitEncryptionPort", Number),
            ("authorizationConfig", Any),
        ],
    },
    Shape {
        place: &["volumes", "efsVolumeConfiguration", "authorizationConfig"],
        needed: &[],
        members: &[("accessPointId", Text), ("iam", Word(&["ENABLED", "DISABLED"]))],
    },
    Shape {
        place: &["runtimePlatform"],
        needed: &[],
        members: &[("cpuArchitecture", Any), ("operatingSystemFamily", Any)],
    },
    Shape { place: &["ephemeralStorage"], needed: &["sizeInGiB"], members: &[("sizeInGiB", Number)] },
    Shape {
        place: &["placementConstraints"],
        needed: &["type"],
        members: &[("type", Word(&["memberOf"])), ("expression", Text)],
    },
    Shape { place: &["tags"], needed: &["key"], members: &[("key", Text), ("value", Text)] },
    Shape {
        place: &["proxyConfiguration"],
        needed: &["containerName"],
        members: &[("type", Word(&["APPMESH"])), ("containerName", Text), ("properties", Any)],
    },
];

const LIMITS: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// The map of a container that has this member.
pub(super) fn of_container(member: &str) -> Option<&'static str> {
    map_with(&OF_CONTAINER, member)
}

/// The map of the task that has this member.
pub(super) fn of_task(member: &str) -> Option<&'static str> {
    map_with(&OF_TASK, member)
}

fn map_with(shapes: &[Shape], member: &str) -> Option<&'static str> {
    let has = |shape: &&Shape| shape.members.iter().any(|(name, _)| same(name, member));
    match shapes.iter().find(has)?.place {
        [place] => Some(place),
        _ => None,
    }
}

/// Whether it is this name, in whatever case.
pub(super) fn same(name: &str, key: &str) -> bool {
    name.eq_ignore_ascii_case(key)
}
