//! Wordings whose hint once led somebody on call astray.

use super::{At, Wording};
use crate::stop::{Category, Cause};

use At::{Action, Agent, Container, Ebs, Exits, Fargate, Instances, Scheduler};
use Category::{
    AppError, AppSignal, Capacity, ContainerStart, Deployment, ImagePull, Logging, Oom, Platform, Secret,
    Storage,
};
use Cause::{Network, NotFound, Permission, Timeout};

#[rustfmt::skip]
pub(super) const WORDINGS: &[Wording] = &[
    (Container, "CannotStartContainerError: Error response from daemon: failed to create task for container: OCI runtime create failed: runc create failed: unable to start container process: unable to apply caps: operation not permitted: unknown", ContainerStart, Some(Permission), "linuxParameters.capabilities"),
    (Container, "CannotStartContainerError: Error response from daemon: OCI runtime create failed: unable to start container process: unable to set capability: operation not permitted", ContainerStart, Some(Permission), "linuxParameters.capabilities"),
    (Container, "CannotStartContainerError: Error response from daemon: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error mounting \"proc\" to rootfs at \"/proc\": mount proc:/proc: operation not permitted", ContainerStart, Some(Permission), "linuxParameters.capabilities"),
    (Container, "CannotStartContainerError: Error response from daemon: OCI runtime create failed: runc create failed: unable to start container process: chdir to cwd (\"/app\") set in config.json failed: permission denied", ContainerStart, Some(Permission), "working directory"),
    (Container, "CannotStartContainerError: Error response from daemon: OCI runtime create failed: runc create failed: unable to start container process: exec: \"/app/run.sh\": permission denied", ContainerStart, Some(Permission), "chmod +x"),
    (Fargate, "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: open /etc/passwd: no such file or directory", ContainerStart, Some(NotFound), "The image has no /etc/passwd"),
    (Fargate, "ResourceInitializationError: open /etc/passwd: no such file or directory", ContainerStart, Some(NotFound), "numeric `user`"),
    (Container, "CannotStartContainerError: Error response from daemon: OCI runtime create failed: error mounting \"/x\": mkdir /data: read-only file system", ContainerStart, None, "readonlyRootFilesystem"),
    (Container, "CannotCreateContainerError: Error response from daemon: Conflict. The container name \"/ecs-web-7-app-a1\" is already in use by container \"9c81\"", ContainerStart, None, "docker rm"),
    (Instances, "Unable to launch instance(s) for capacity provider mi. We currently do not have sufficient g5.xlarge capacity in the Availability Zone you requested (eu-central-1a).", Capacity, None, "more instance types and zones"),
    (Action("SERVICE_TASK_PLACEMENT_FAILURE"), "We currently do not have sufficient g5.xlarge capacity in the Availability Zone you requested", Capacity, None, "more instance types and zones"),
    (Agent, "MissingAttribute", Capacity, None, "required attributes"),
    (Fargate, "Your account is currently blocked and not verified", Platform, Some(Permission), "AWS Support"),
    (Fargate, "Unable to assume the service linked role. Please verify that the ECS service linked role exists.", Platform, Some(Permission), "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com"),
    (Fargate, "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: failed to do request: Get \"https://prod-eu-central-1-starport-layer-bucket.s3.eu-central-1.amazonaws.com/x\": dial tcp 52.219.1.2:443: i/o timeout", ImagePull, Some(Network), "S3 gateway endpoint"),
    (Fargate, "CannotPullContainerError: failed to resolve ref docker.io/library/web:1: failed to do request: Head \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io on 10.0.0.2:53: server misbehaving", ImagePull, Some(Network), "DHCP options"),
    (Fargate, "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: RequestError: send request failed caused by: dial tcp: lookup secretsmanager.eu-central-1.amazonaws.com on 10.0.0.2:53: read udp: i/o timeout", Secret, Some(Network), "DHCP options"),
    (Fargate, "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS", Secret, Some(NotFound), "version at the end of `valueFrom`"),
    (Fargate, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Access point fsap-0123456789abcdef0 does not exist in the file system", Storage, Some(NotFound), "accessPointId"),
    (Fargate, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Unsuccessful retrieval of AWS security credentials at http://169.254.170.2", Storage, Some(Permission), "taskRoleArn"),
    (Fargate, "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: RequestError: send request failed caused by: Post \"https://logs.eu-central-1.amazonaws.com/\": dial tcp: lookup logs.eu-central-1.amazonaws.com: i/o timeout", Logging, Some(Network), "DHCP options"),
    (Ebs, "Timed out while attaching the volume", Storage, Some(Timeout), "Usually transient"),
    (Scheduler, "Task Set deleted", Deployment, None, "task set"),
    (Exits(0xC000_0017, "EC2"), "", Oom, None, "Windows had no memory"),
    (Exits(0x4001_0004, "EC2"), "", AppSignal, None, "at shutdown"),
    (Exits(125, "EC2"), "", AppError, None, "container runtime's own"),
    (Exits(128, "FARGATE"), "", AppError, None, "container runtime's"),
    (Exits(2, "FARGATE"), "", AppError, None, "bad arguments"),
];
