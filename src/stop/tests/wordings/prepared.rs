//! What the agent prepares before a task, and what Docker says of log options, networks and control groups.

use super::{At, Wording};
use crate::stop::{Category, Cause};

use At::{Agent, Container, Fargate};
use Category::{
    ContainerStart, ImagePull, Logging, Network as NetworkTrouble, Oom, Platform, Secret, Storage,
};
use Cause::{DiskFull, Invalid, Network, NotFound, Permission, PlatformMismatch, Timeout};

#[rustfmt::skip]
pub(super) const WORDINGS: &[Wording] = &[
    (Fargate, "CannotPullContainerError: failed to find a descriptor for platform {arm64 linux [] v8}", ImagePull, Some(PlatformMismatch), "runtimePlatform"),
    (Fargate, "CannotPullContainerError: failed to find a descriptor for platform linux/arm64 in the index", ImagePull, Some(PlatformMismatch), "runtimePlatform"),
    (Container, "CannotPullContainerError: inactivity time exceeded timeout while pulling image", ImagePull, Some(Timeout), "image's size"),
    (Agent, "rpc error: code = Unknown desc = credentials-fetcher: could not renew the krb ticket of webapp01", Secret, None, "credentials fetcher"),
    (Agent, "credSpec does not contain correct contents after domainless gMSA write", Secret, None, "gMSA"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: splunk: failed to verify connection - 502 Bad Gateway -", Logging, Some(Network), "splunk-url"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: splunk: failed to verify connection - 400 Bad Request - {\"text\":\"Incorrect index\",\"code\":7}", Logging, Some(Invalid), "splunk"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: splunk: expected format scheme://host:port for splunk-url", Logging, Some(Invalid), "splunk-url"),
    (Container, "CannotCreateContainerError: Error response from daemon: gelf: please provide gelf-address as proto://host:port", Logging, Some(Invalid), "gelf-address"),
    (Container, "CannotCreateContainerError: Error response from daemon: gelf: endpoint needs to be TCP", Logging, Some(Invalid), "gelf-address"),
    (Container, "CannotCreateContainerError: Error response from daemon: syslog: unsupported protocol in syslog-address", Logging, Some(Invalid), "syslog-address"),
    (Container, "CannotCreateContainerError: Error response from daemon: invalid 'max-size': '10x'", Logging, Some(Invalid), "logConfiguration"),
    (Container, "CannotCreateContainerError: Error response from daemon: compress cannot be true when max-file is less than 2", Logging, Some(Invalid), "logConfiguration"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: gcplogs: unable to connect or authenticate", Logging, Some(Network), "log driver"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: awslogs cannot determine region", Logging, Some(Invalid), "logConfiguration"),
    (Agent, "Bridge IP not available to use for firelens", Logging, None, "Docker's bridge"),
    (Agent, "firelens resource: unable to create config directory: mkdir /data/firelens/7c: no space left on device", Logging, Some(DiskFull), "disk"),
    (Fargate, "CannotCreateVolumeError: unable to copy contents to volume on host: containerd: failed to open snapshot: context deadline exceeded", Storage, Some(Timeout), "volume's path took too long"),
    (Container, "CannotStartContainerError: Error response from daemon: error while mounting volume '': get cache: no such volume", Storage, Some(NotFound), "`volumes`"),
    (Agent, "unable to validate the bind mount", Storage, None, "volume"),
    (Agent, "fsxwindowsfileserver resource: unable to find execution role credentials", Storage, Some(Permission), "executionRoleArn"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to create task for container: OCI runtime create failed: error running hook #0: error running hook: exit status 1, stdout: , stderr: nvidia-container-cli: initialization error: driver rpc error: timed out", ContainerStart, Some(Timeout), "nvidia-persistenced"),
    (Agent, "TaskDependencyError: Task dependencies cannot be resolved, taskArn: arn:aws:ecs:eu-west-1:111122223333:task/prod/0", ContainerStart, Some(Invalid), "dependsOn"),
    (Agent, "CgroupError: Agent could not create task's platform resources", Platform, None, "control group"),
    (Agent, "cgroup create: unable to create controller: v1: mkdir /sys/fs/cgroup/memory/ecs: cannot allocate memory", Platform, None, "control group"),
    (Agent, "cgroup spec validator: empty linux resource spec", Platform, None, "control group"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to set up container networking: network shared not found", NetworkTrouble, Some(NotFound), "networkMode"),
    (Agent, "failed to connect HNS endpoint to container 77ab: The object already exists", NetworkTrouble, None, "Docker on the instance"),
    (Agent, "awsvpc mode task does not have a primary ENI", NetworkTrouble, None, "what the text names"),
    (Agent, "task config: unknown interface association type: trunk", NetworkTrouble, None, "what the text names"),
    (Container, "CannotStartContainerError: Error response from daemon: OCI runtime create failed: runc create failed: unable to start container process: container init was OOM-killed (memory limit too low?)", Oom, None, "memory"),
];
