//! What the agent, ECS and efs-utils say of configurations, placements and checks, from their sources and from public events.

use super::super::{At, Wording};
use crate::stop::{Category, Cause};

use At::{Action, Agent, Container, Exited, Exits, Fargate, Instances};
use Category::{
    AppError, AppSignal, Capacity, ContainerStart, HealthCheck, Logging, Network, Platform, Secret,
    ServiceEvent, Storage,
};
use Cause::{Invalid, NotFound, Permission, Timeout};

#[rustfmt::skip]
pub(super) const WORDINGS: &[Wording] = &[
    (Fargate, "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key DB_PASSWORD", Secret, Some(NotFound), "the key does not"),
    (Agent, "retrieved secret from Secrets Manager\ndid not contain json key api-token", Secret, Some(NotFound), "the key does not"),
    (Fargate, "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: failed to fetch secret arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf from secrets manager: InvalidParameter: 1 validation error(s) found.\n- minimum field size of 32, GetSecretValueInput.VersionId.\n", Secret, Some(Invalid), "refuses its form"),
    (Agent, "fetching secret data from AWS Secrets Manager in region eu-west-1: secret db: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 9b, InvalidParameterException: Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!", Secret, Some(Invalid), "valueFrom"),
    (Agent, "fetching secret data from SSM Parameter Store in eu-west-1: ValidationException: 1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length greater than or equal to 1", Secret, Some(Invalid), "valueFrom"),
    (Agent, "fetching secret data from SSM Parameter Store in eu-west-1: invalid parameters: /prod/db/password", Secret, Some(NotFound), "no such secret or parameter"),
    (Agent, "RESOURCE:ENI", Capacity, None, "awsvpcTrunking"),
    (Action("SERVICE_TASK_PLACEMENT_FAILURE"), "RESOURCE:ENI", Capacity, None, "awsvpcTrunking"),
    (Action("SERVICE_TASK_CONFIGURATION_FAILURE"), "", ServiceEvent, Some(Invalid), "roles, subnets"),
    (Action("SERVICE_TASK_CONFIGURATION_FAILURE"), "ECS was unable to assume the role 'arn:aws:iam::111122223333:role/web-task' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.", ServiceEvent, Some(Permission), "iam:PassRole"),
    (Action("SERVICE_TASK_CONFIGURATION_FAILURE"), "The task could not be started: tags were specified, and the caller has not opted in to the new ARN format", ServiceEvent, Some(Invalid), "tags"),
    (Fargate, "Unexpected EC2 error while attempting to tag the network\ninterface: TagPolicyViolation", Network, Some(Permission), "tag policies"),
    (Fargate, "Unexpected EC2 error while attempting to tag: TagPolicyViolation", Network, Some(Permission), "tag policies"),
    (Fargate, "Unexpected EC2 error while attempting to Create Network\nInterface with public IP assignment enabled in subnet\n'subnet-0a1b2c3d': InsufficientFreeAddressesInSubnet", Network, None, "free addresses"),
    (Fargate, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: AWS Access Key and Secret Access Key are not found in AWS credentials file (/root/.aws/credentials), config file (/root/.aws/config), from ECS credentials relative uri, or from the instance security credentials service : unsuccessful EFS utils command execution; code: 1", Storage, Some(Permission), "taskRoleArn"),
    (Fargate, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Connection to the mount target IP address 10.0.1.7 timeout. Please retry in 5 minutes if the mount target is newly created. Otherwise check your VPC and security group configuration to ensure your file system is reachable via TCP port 2049 from your instance. : unsuccessful EFS utils command execution; code: 1", Storage, Some(Cause::Network), "port 2049"),
    (Fargate, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to mount fs-0a1b2c3d because the network was not yet available, add \"_netdev\" to your mount options : unsuccessful EFS utils command execution; code: 1", Storage, Some(Cause::Network), "port 2049"),
    (Fargate, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Access Point ID fsap-xyz is malformed : unsuccessful EFS utils command execution; code: 1", Storage, Some(Invalid), "accessPointId"),
    (Fargate, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to initialize tunnel for fs-0a1b2c3d, please check mount.log for the failure reason. : unsuccessful EFS utils command execution; code: 1", Storage, None, "mount target"),
    (Container, "CannotStartContainerError: API error (404): invalid header field value \"oci runtime error: container_linux.go:247: starting container process caused \\\"exec: \\\\\\\"serve\\\\\\\": executable file not found in $PATH\\\"\\n\"", ContainerStart, Some(NotFound), "the command is not there"),
    (Container, "CannotStartContainerError: API error (404): invalid header field value \"oci runtime error: container_linux.go:247: starting container process caused \\\"exec: \\\\\\\"/run.sh\\\\\\\": permission denied\\\"\\n\"", ContainerStart, Some(Permission), "chmod +x"),
    (Container, "CannotStartContainerError: API error (404): invalid header field value \"oci runtime error: container_linux.go:247: starting container process caused \\\"exec: \\\\\\\"apt-get update \\\\\\\\\\n && apt-get -y install php", ContainerStart, None, "Read `container_reason`"),
    (Agent, "error parsing service connect config value from the service connect attachment: failed to unmarshal service connect attachment property value: unexpected end of JSON input", Platform, None, "Service Connect"),
    (Agent, "service connect config validation failed: missing service connect container name", Platform, None, "Service Connect"),
    (Agent, "error initializing ports for Service Connect: no free port in the ephemeral range", Platform, None, "Service Connect"),
    (Agent, "eni message validation: no ipv4 addresses in the message", Network, None, "Usually transient"),
    (Agent, "cni config: failed to create configuration: task ENI is IPv6-only but has no IPv6 subnet gateway address", Network, None, "could not be set up"),
    (Container, "CannotStartContainerError: startContainer: failed to resolve container IP for SC bridge mode pause container", Network, None, "could not be set up"),
    (Exited(137), "Task failed container health checks", HealthCheck, None, "startPeriod"),
    (Exited(143), "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0a1b)", HealthCheck, None, "grace period"),
    (Exited(1), "Task failed container health checks", HealthCheck, None, "startPeriod"),
    (Exited(137), "Essential container in task exited: Task failed ELB health checks in (target-group web)", HealthCheck, None, "grace period"),
    (Exited(0), "Task failed VPC Lattice health checks in (target-group web)", HealthCheck, None, "health check"),
    (Exited(137), "Essential container in task exited", AppSignal, None, "who sends SIGKILL"),
    (Exits(127, "FARGATE"), "", AppError, Some(NotFound), "entry point"),
    (Exits(126, "FARGATE"), "", AppError, Some(Permission), "chmod +x"),
    (Agent, "unable to add firelens container dependency because there's no firelens container", Logging, Some(Invalid), "FireLens"),
    (Agent, "unable to parse Firelens user: invalid format: expected 'user' or 'user:group'", Logging, Some(Invalid), "FireLens"),
    (Agent, "unrecognized volume type: \"nfs\"", Storage, Some(Invalid), "`volumes`"),
    (Agent, "resource attachment has already expired", Storage, Some(Timeout), "too long to attach"),
    (Agent, "cannot find EBS volume with device name: /dev/sdf and volume ID: vol-0a1b", Storage, None, "volume"),
    (Agent, "NewBranchENINetworkConfig: construct the eni network configuration failed: unsupported", Network, None, "could not be set up"),
    (Agent, "failed to setup branch eni: eni pull configuration: no mac address assigned", Network, None, "could not be set up"),
    (Agent, "failed to create netns /var/run/netns/web-1: unable to create new ns with unshare", Network, None, "could not be set up"),
    (Agent, "[ECSCNI] Failed to execute command in container 9c81 namespace [create]: exit status 1", Network, None, "could not be set up"),
    (Instances, "unable to create dns config file: open /etc/netns/web/resolv.conf: no such file or directory", Network, None, "could not be set up"),
    (Agent, "unable to decode host config of container app", ContainerStart, Some(Invalid), "configuration"),
    (Agent, "could not find container for link db", ContainerStart, None, "`links`"),
    (Agent, "could not find container with name app for associating GPU GPU-1", ContainerStart, None, "GPU"),
    (Agent, "failed to enumerate neuron devices: neuron device file /dev/neuron0 not found", ContainerStart, Some(NotFound), "Neuron"),
    (Agent, "user needs to be specified for proxy container", ContainerStart, None, "proxyConfiguration"),
    (Agent, "error to find an attachment handler for eni2 attachment type", Platform, None, "ecs-agent.log"),
];
