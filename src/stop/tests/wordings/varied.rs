//! More wordings of each kind, written down without a look at the rules.

use super::{At, Wording};
use crate::stop::{Category, Cause};

use At::{Action, Agent, Container, Ebs, Exited, Fargate, Instances, NoContainers, Rollout, Scheduler, User};
use Category::{
    Capacity, ContainerStart, Deployment, HealthCheck, Host, ImagePull, Logging, Network, Platform, Secret,
    ServiceEvent, Storage, Unknown,
};
use Cause::{Invalid, NotFound, Permission, PlatformMismatch, Quota, RateLimit, Timeout};

#[rustfmt::skip]
pub(super) const WORDINGS: &[Wording] = &[
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider mi. InvalidParameterValue: Value (ecsInstanceRole) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", Capacity, Some(Invalid), "capacity provider"),
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider mi. InstanceLimitExceeded: Your quota allows for 0 more running instance(s).", Capacity, Some(Quota), "quota"),
    (Instances, "ECS was unable to assume the ECS Managed Instances infrastructure role 'arn:aws:iam::111122223333:role/mi'. Verify its trust relationship.", Capacity, Some(Permission), "infrastructure role"),
    (NoContainers, "No instance types satisfy the instance requirements of capacity provider mi", Capacity, None, "instance"),
    (Scheduler, "Task stopped because the container instance was drained", Host, None, "drain"),
    (Scheduler, "Managed instance i-0123 is retired after 14 days", Host, None, "14 days"),
    (Scheduler, "Container instance i-0123 was terminated", Host, None, "instance"),
    (Scheduler, "(service web) was deleted", Deployment, None, "Nothing to do"),

    (Agent, "resource [ssmsecret]: transition to CREATED impossible", Secret, None, "secret"),
    (Agent, "resource [firelens]: impossible to transition to CREATED", Logging, None, "FireLens"),
    (Agent, "resource [cgroup]: unable to create cgroup at /ecs/0123", Platform, None, "ecs-agent.log"),
    (Agent, "unable to initialize firelens resource because there's no firelens container", Logging, Some(Invalid), "FireLens"),
    (Container, "HostConfigError: encounter invalid firelens configuration type fluentbt for container log_router", Logging, Some(Invalid), "FireLens"),
    (Container, "HostConfigError: Unable to get execution role credentials for task", Logging, Some(Permission), "executionRoleArn"),
    (Agent, "asm resource: unable to find execution role credentials", Secret, Some(Permission), "executionRoleArn"),
    (Agent, "task auth data: unable to fetch docker auth config [prod/registry]", Secret, None, "secret"),
    (Agent, "secret 'prod/db' : ResourceNotFoundException: Secrets Manager can't find the specified secret.", Secret, Some(NotFound), "valueFrom"),
    (Agent, "unable to parse and validate EBS volume: missing volumeId in the EBS config", Storage, Some(Invalid), "volume"),
    (Agent, "failed to parse s3files attachment, encountered nil property", Storage, Some(Invalid), "volume"),
    (Agent, "task with FSx for Windows File Server volumes is only supported on Windows container instance", Storage, Some(Invalid), "FSx"),
    (Ebs, "Volume attachment timed out", Storage, Some(Timeout), "volume"),
    (Ebs, "InvalidParameterValue: The volume size is smaller than the snapshot", Storage, Some(Invalid), "volume"),
    (Agent, "ENI attachment has already expired", Network, Some(Timeout), "Usually transient"),
    (Fargate, "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: parsed ARN is invalid: arn: not enough sections", Secret, Some(Invalid), "ARN"),
    (Fargate, "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: invalid character 'p' looking for beginning of value", Secret, Some(Invalid), "JSON"),
    (Fargate, "ResourceInitializationError: failed to validate logger args: failed to create Cloudwatch log group: AccessDeniedException: User is not authorized to perform: logs:CreateLogGroup", Logging, Some(Permission), "logs:CreateLogGroup"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: awslogs could not parse multiline pattern key \"[\"", Logging, Some(Invalid), "logConfiguration"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: journald is not enabled on this host", Logging, Some(Invalid), "log driver"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: gelf: endpoint needs to be specified as proto://address", Logging, Some(Invalid), "gelf-address"),

    (Container, "CannotStartContainerError: Error response from daemon: container 0123 encountered an error during hcsshim::System::CreateProcess: failure in a Windows system call: The system cannot find the file specified. (0x2)", ContainerStart, Some(NotFound), "command"),
    (Container, "CannotPullContainerError: Error response from daemon: no matching manifest for windows(10.0.20348)/amd64 in the manifest list entries", ImagePull, Some(PlatformMismatch), "Windows"),
    (Container, "CannotStartContainerError: Error response from daemon: unable to find group staff: no matching entries in group file", ContainerStart, Some(NotFound), "numeric ID"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: chdir to cwd (\"/srv/app\") set in config.json failed: no such file or directory: unknown", ContainerStart, Some(NotFound), "working directory"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: unable to apply apparmor profile: apparmor failed to apply profile: write /proc/self/attr/apparmor/exec: no such file or directory: unknown", ContainerStart, Some(NotFound), "AppArmor"),
    (Container, "CannotStartContainerError: Error response from daemon: OCI runtime create failed: error setting rlimit type 8: invalid argument", ContainerStart, Some(Invalid), "ulimits"),
    (Container, "CannotStartContainerError: Error response from daemon: OCI runtime create failed: sysctl \"net.ipv4.ip_local_port_range\" is not in a separate kernel namespace: unknown", ContainerStart, Some(Invalid), "systemControls"),
    (Container, "CannotStartContainerError: Error response from daemon: joining network namespace of container: No such container: 0123", ContainerStart, None, "container_reason"),
    (Agent, "ResourceInitializationError: resource cannot be initialized for task arn:aws:ecs:eu-west-1:111122223333:task/x: cgroup resource: unable to build resource spec for task: task memory spec builder: container memory limit(2048) greater than task memory limit(1024)", ContainerStart, Some(Invalid), "memory"),
    (Container, "CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReadSeeker: failed open: unexpected status code https://registry.acme.io/v2/api/blobs/sha256:12: 503 Service Unavailable", ImagePull, None, "The registry itself fails"),
    (Container, "CannotPullContainerError: Error response from daemon: Get \"https://111122223333.dkr.ecr.eu-west-1.amazonaws.com/v2/api/manifests/7\": no basic auth credentials", ImagePull, Some(Permission), "instance role"),
    (Fargate, "ContainerRuntimeError: failed to create container: exit status 1", Platform, None, "Retry"),
    (NoContainers, "No Container Instances were found in your cluster.", Capacity, None, "register"),
    (NoContainers, "Fargate Spot capacity is unavailable at this time", Capacity, None, "zones"),
    (NoContainers, "ThrottlingException: Rate exceeded while attaching the network interface", Network, Some(RateLimit), "at once"),
    (NoContainers, "The request was rejected by the flux capacitor", Unknown, None, "stopped_reason"),

    (Exited(143), "ECS is performing maintenance on the underlying infrastructure hosting the task", Host, None, "Nothing to fix"),
    (Exited(135), "Essential container in task exited", Category::AppSignal, None, "/dev/shm"),
    (User, "aws:ecs:stop-task by FIS experiment EXPabc", Category::User, None, "Fault Injection"),
    (Scheduler, "Task failed ELB health checks in (elb classic-web)", HealthCheck, None, "security group"),
    (Rollout("SERVICE_DEPLOYMENT_FAILED"), "ECS deployment ecs-svc/1 timed out before it became steady.", Deployment, None, "too long"),
    (Rollout("SERVICE_DEPLOYMENT_FAILED"), "Service deployment failed: TEST_TRAFFIC_SHIFT could not be completed.", Deployment, None, "traffic"),
    (Rollout("SERVICE_DEPLOYMENT_FAILED"), "A person pressed the wrong button", Deployment, None, "stopped tasks"),
    (Action("SERVICE_TASK_CONFIGURATION_FAILURE"), "The provided target group arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/1 has no listener", ServiceEvent, Some(Invalid), "target groups"),
    (Action("SERVICE_TASK_CONFIGURATION_FAILURE"), "The new ARN and resource ID format must be enabled to add tags to the service. Opt in to the new format and try again.", ServiceEvent, Some(Invalid), "serviceLongArnFormat"),
    (Action("SERVICE_SOMETHING_NEW"), "Service Connect: the namespace acme.local was not found", Category::ServiceEvent, None, "namespace"),
    (Action("SERVICE_SOMETHING_NEW"), "Cloud Map service srv-0123 was not found", Category::ServiceEvent, None, "Cloud Map"),

    (Fargate, "ResourceInitializationError: failed to download env files: file download command: non-empty error stream: : signal: killed", Storage, Some(Timeout), "environment file"),
    (Fargate, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: : signal: killed", Storage, Some(Timeout), "port 2049"),
    (NoContainers, "The subnet ID 'subnet-0123' does not exist", Network, Some(NotFound), "subnet"),
    (Action("SERVICE_TASK_PLACEMENT_FAILURE"), "(service web) was unable to place a task because no container instance met all of its requirements. Reason: MemberOf placement constraint unsatisfied.", Capacity, None, "attributes"),
    (Action("SERVICE_TASK_PLACEMENT_FAILURE"), "(service web) was unable to place a task. Reason: Task definition does not support launch_type FARGATE.", Capacity, Some(Invalid), "capacity"),
    (Action("SERVICE_TASK_CONFIGURATION_FAILURE"), "(service web) failed to launch a task with (error ECS was unable to assume role 'arn:aws:iam::111122223333:role/app' that was provided for this task.)", ServiceEvent, Some(Permission), "trust"),
    (Action("SERVICE_TASK_CONFIGURATION_FAILURE"), "User is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/app", ServiceEvent, Some(Permission), "iam:PassRole"),
    (Action("SERVICE_TASK_PLACEMENT_FAILURE"), "(service web) was unable to place a task. Reason: TaskDefinition is inactive", ContainerStart, Some(Invalid), "register"),
    (Fargate, "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: api error KMSInvalidStateException: arn:aws:kms:eu-west-1:111122223333:key/x is disabled.", Secret, Some(Invalid), "KMS"),
    (Fargate, "ResourceInitializationError: failed to validate logger args: failed to create Cloudwatch log group: The specified KMS key does not exist or is not allowed to be used", Logging, Some(Permission), "KMS"),
    (Fargate, "CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReadSeeker: failed open: failed to do request: Get \"https://prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com/x\": dial tcp 52.216.1.2:443: i/o timeout", ImagePull, Some(Cause::Network), "S3"),
    (Container, "CannotStartContainerError: Error response from daemon: invalid mount config for type \"bind\": bind source path does not exist: /data", Storage, Some(NotFound), "path"),
    (Container, "CannotCreateContainerError: Error response from daemon: Conflict. The container name \"/ecs-web-1-app\" is already in use by container \"0123\".", ContainerStart, None, "docker rm"),
    (Agent, "Host EC2 (instance i-0123) terminated.", Host, None, "instance"),
];
