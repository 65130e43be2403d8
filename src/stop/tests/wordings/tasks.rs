//! What keeps a task from starting: network, room, the container itself, the platform; and what ends it.

use super::{At, Wording};
use crate::stop::{Category, Cause};

use At::{Agent, Container, Exited, Exits, Fargate, Instances, NoContainers};
use Category::{AppError, AppSignal, Capacity, ContainerStart, Network, Oom, Platform, Unknown};
use Cause::{DiskFull, Invalid, NotFound, Permission, PlatformMismatch, Quota, RateLimit, Timeout};

#[rustfmt::skip]
pub(super) const WORDINGS: &[Wording] = &[
    // Network.
    (NoContainers, "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in subnet 'subnet-0123': InvalidSubnetID.NotFound", Network, Some(NotFound), "subnet"),
    (NoContainers, "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-0123': InvalidSecurityGroupID.NotFound: The security group 'sg-0123' does not exist", Network, Some(NotFound), "security group"),
    (NoContainers, "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in subnet 'subnet-0123': RequestLimitExceeded", Network, Some(RateLimit), "at once"),
    (NoContainers, "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-0123': NetworkInterfaceLimitExceeded", Network, Some(Quota), "quota"),
    (NoContainers, "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in subnet 'subnet-0123': InsufficientFreeAddressesInSubnet", Network, None, "free addresses"),
    (NoContainers, "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-0123': UnauthorizedOperation: You are not authorized to perform this operation.", Network, Some(Permission), "service control"),
    (Container, "ContainerNetworkingError: container resource provisioning: failed to setup network namespace: add eni: netplugin failed", Network, None, "ecs-agent.log"),
    (Container, "ContainerNetworkingError: startContainer: cni plugin invocation failed: exit status 1", Network, None, "ecs-agent.log"),

    // Room.
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider acme-managed. MaxSpotInstanceCountExceeded: Max spot instance count exceeded. RequestId: 3495893a", Capacity, Some(Quota), "quota"),
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider acme-managed. VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the specified instance type belongs to.", Capacity, Some(Quota), "quota"),
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider acme-managed. UnfulfillableCapacity: Unable to fulfill capacity due to your request configuration. Please adjust your request and try again.", Capacity, None, "instance types"),
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider acme-managed. InsufficientInstanceCapacity: We currently do not have sufficient c7g.large capacity in the Availability Zone you requested", Capacity, None, "instance types"),
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider acme-managed. UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/ecsInfrastructureRole/ECSManagedInstances is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/ecsInstanceRole", Capacity, Some(Permission), "infrastructure role"),
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider acme-managed. RequestLimitExceeded: Request limit exceeded.", Capacity, Some(RateLimit), "at once"),
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider acme-managed. InvalidSubnetID.NotFound: The subnet ID 'subnet-0123' does not exist", Capacity, Some(NotFound), "subnet"),
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider acme-managed.", Capacity, None, "infrastructure role"),
    (Instances, "ResourceInitializationError: ECS was unable to assume the infrastructure role arn:aws:iam::111122223333:role/ecsInfrastructureRole of capacity provider acme-managed", Capacity, Some(Permission), "infrastructure role"),
    (Instances, "ResourceInitializationError: The instance launched for capacity provider acme-managed did not register with the cluster: timed out", Capacity, Some(Timeout), "register"),
    (NoContainers, "You've reached the limit on the number of tasks you can run concurrently", Capacity, Some(Quota), "quota"),
    (NoContainers, "RESOURCE:FARGATE_SPOT", Capacity, None, "Spot"),
    (Agent, "service web was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance x) has insufficient memory available.", Capacity, None, "memory"),
    (NoContainers, "Capacity is unavailable at this time. Please try again later or in a different availability zone", Capacity, None, "zones"),

    // The container itself.
    (Container, "CannotStartContainerError: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: open /proc/sys/net/core/somaxconn: sysctl \"net.core.somaxconn\" not allowed in host network namespace: unknown", ContainerStart, Some(Invalid), "sysctl"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error setting rlimits for ready process: error setting rlimit type 7: operation not permitted: unknown", ContainerStart, Some(Permission), "ulimits"),
    (Container, "CannotStartContainerError: Error response from daemon: OCI runtime create failed: runc create failed: unable to start container process: unable to init seccomp: error loading seccomp filter into kernel: error loading seccomp filter: errno 524: unknown", ContainerStart, None, "seccomp"),
    (Container, "CannotStartContainerError: Error response from daemon: AppArmor enabled on system but the docker-default profile could not be loaded", ContainerStart, None, "AppArmor"),
    (Container, "CannotStartContainerError: Error response from daemon: unable to find user app: no matching entries in passwd file", ContainerStart, Some(NotFound), "user"),
    (Fargate, "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime container: mount callback failed on /tmp/containerd-mount1: no users found", ContainerStart, Some(NotFound), "user"),
    (Container, "CannotCreateContainerError: Error response from daemon: The container operating system does not match the host operating system.", ContainerStart, Some(PlatformMismatch), "Windows"),
    (Container, "CannotStartContainerError: Error response from daemon: hcsshim::CreateComputeSystem 0123: The operating system of the container does not match the operating system of the host (0xc0370101)", ContainerStart, Some(PlatformMismatch), "Windows"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to create shim task: OCI runtime create failed: exec /entrypoint.sh: exec format error", ContainerStart, Some(PlatformMismatch), "runtimePlatform"),
    (Container, "CannotStartContainerError: Error response from daemon: hcs::System::CreateProcess 0123: The system cannot find the file specified.: unknown", ContainerStart, Some(NotFound), "command"),
    (Container, "CannotStartContainerError: Error response from daemon: could not select device driver \"nvidia\" with capabilities: [[gpu]]", ContainerStart, None, "GPU"),
    (Container, "CannotCreateContainerError: Error response from daemon: Minimum memory limit allowed is 6MB", ContainerStart, Some(Invalid), "memory"),
    (Container, "CannotCreateContainerError: Error response from daemon: range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available", ContainerStart, Some(Invalid), "more CPUs than the instance has"),
    (Container, "CannotCreateContainerError: Error response from daemon: conflicting options: hostname and the network mode", ContainerStart, Some(Invalid), "configuration"),
    (Container, "HostConfigError: Runtime is not set for GPU containers", ContainerStart, Some(Invalid), "GPU"),
    (Container, "CannotStartContainerError: Error response from daemon: driver failed programming external connectivity on endpoint ecs-web-42-app-a0b1c2 (9c81): failed to bind port 0.0.0.0:8080/tcp: Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use", ContainerStart, None, "host port"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"./start.sh\": permission denied: unknown", ContainerStart, Some(Permission), "chmod"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to mkdir overlay2 merged: mkdir /var/lib/docker/overlay2/ab12/merged: no space left on device", ContainerStart, Some(DiskFull), "full"),
    (Agent, "ClientException: TaskDefinition is inactive", ContainerStart, Some(Invalid), "register"),

    // The platform.
    (Fargate, "ContainerRuntimeError: failed to create shim task: OCI runtime create failed: unable to retrieve OCI runtime error", Platform, None, "Retry"),
    (Fargate, "ContainerRuntimeError: failed to start container process", Platform, None, "Retry"),
    (Fargate, "ResourceInitializationError: failed to prepare overlay: mkdir /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/new-1: no space left on device", Platform, Some(DiskFull), "ephemeralStorage"),
    (Agent, "ECS was unable to assume the role 'arn:aws:iam::111122223333:role/app' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.", Platform, Some(Permission), "ecs-tasks.amazonaws.com"),
    (NoContainers, "InternalError: failed to provision the task", Platform, None, "Health Dashboard"),
    (Container, "DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s", Platform, Some(Timeout), "dockerd"),

    // What nobody knows.
    (Fargate, "Quux subsystem declined the request with status 7", Unknown, None, "stopped_reason"),
    (NoContainers, "Quux subsystem declined the request with status 7", Unknown, None, "stopped_reason"),
    (NoContainers, "Task failed to start", Unknown, None, "service's events"),

    // Exits.
    (Exited(143), "OutOfMemoryError: Container killed due to memory usage", Oom, None, "memory"),
    (Exits(137, "FARGATE"), "", AppSignal, None, "memory"),
    (Exits(137, "EC2"), "", AppSignal, None, "kernel log"),
    (Exits(1, "FARGATE"), "", AppError, None, "last lines"),
    (Exits(-1_073_741_515, "EC2"), "", AppError, Some(NotFound), "DLL"),
    (Exits(3_221_226_356, "EC2"), "", AppSignal, None, "heap"),
    (Exits(-532_462_766, "EC2"), "", AppError, None, ".NET"),
    (Exits(-2_147_450_730, "EC2"), "", AppError, Some(NotFound), ".NET"),
    (Exits(-2_146_233_082, "EC2"), "", AppError, None, ".NET"),
];
