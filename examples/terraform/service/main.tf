# A Fargate service whose application logs through FireLens to an ecs_router sidecar: stop events and standard error
# to CloudWatch Logs, the rest to an archive in S3.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  # The region's name; `id` is the same in every version of the provider.
  region = data.aws_region.current.id

  repositories      = "arn:${local.partition}:ecr:${local.region}:${local.account}:repository"
  app_repository    = var.app_repository_arn == null ? "${local.repositories}/${var.name}" : var.app_repository_arn
  router_repository = var.router_repository_arn == null ? "${local.repositories}/ecs-router" : var.router_repository_arn

  # The cluster may be given by its ARN.
  archive_prefix = "ecs/${reverse(split("/", var.cluster))[0]}/${var.name}"
}

# Of this service alone, not the collector's: its task role could write anything there.
resource "aws_cloudwatch_log_group" "stops" {
  name              = "/ecs/${var.name}/stops"
  retention_in_days = var.stops_retention_days
  tags              = var.tags
}

resource "aws_cloudwatch_log_group" "errors" {
  name              = "/ecs/${var.name}/errors"
  retention_in_days = var.error_retention_days
  tags              = var.tags
}

resource "aws_cloudwatch_log_group" "router" {
  name              = "/ecs/${var.name}/router"
  retention_in_days = 14
  tags              = var.tags
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = aws_iam_role.execution.arn
  tags                     = var.tags

  runtime_platform {
    cpu_architecture        = var.cpu_architecture
    operating_system_family = "LINUX"
  }

  volume {
    name = "spool"
  }

  container_definitions = jsonencode([
    {
      name             = "app"
      image            = var.app_image
      essential        = true
      stopTimeout      = 30
      dependsOn        = [{ containerName = "log_router", condition = "HEALTHY" }]
      logConfiguration = { logDriver = "awsfirelens" }
    },
    {
      name  = "log_router"
      image = var.router_image
      # Otherwise the application would run on and its logs would be lost unseen.
      essential              = true
      readonlyRootFilesystem = true
      restartPolicy          = { enabled = true, restartAttemptPeriod = 60 }
      memoryReservation      = 128
      # Grace (30) and exit_timeout (20) of extra.conf, and some seconds.
      stopTimeout = 60

      firelensConfiguration = {
        type = "fluentbit"
        options = {
          "enable-ecs-log-metadata" = "true"
          "config-file-type"        = "file"
          "config-file-value"       = "/ecs-router/extra.conf"
        }
      }

      environment = [
        { name = "AWS_REGION", value = local.region },
        { name = "STOPS_LOG_GROUP", value = aws_cloudwatch_log_group.stops.name },
        { name = "ERRORS_LOG_GROUP", value = aws_cloudwatch_log_group.errors.name },
        { name = "ARCHIVE_BUCKET", value = aws_s3_bucket.archive.bucket },
        { name = "ARCHIVE_PREFIX", value = local.archive_prefix },
      ]

      # The one place where the router may write.
      mountPoints = [{ sourceVolume = "spool", containerPath = "/var/spool/ecs_router", readOnly = false }]

      # Whether Fluent Bit lives, not whether every destination answers: an outage elsewhere must not end the task.
      healthCheck = {
        command     = ["CMD", "/ecs-router/ecs-router", "health"]
        interval    = 5
        timeout     = 2
        retries     = 5
        startPeriod = 5
      }

      logConfiguration = {
        logDriver = "awslogs"
        options = {
          "awslogs-group"         = aws_cloudwatch_log_group.router.name
          "awslogs-region"        = local.region
          "awslogs-stream-prefix" = "router"
        }
      }
    },
  ])
}

resource "aws_ecs_service" "this" {
  name                               = var.name
  cluster                            = var.cluster
  task_definition                    = aws_ecs_task_definition.this.arn
  launch_type                        = "FARGATE"
  desired_count                      = var.desired_count
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"
  tags                               = var.tags

  # Makes a deployment that cannot succeed end, and with an event that says so.
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = var.security_group_ids
    assign_public_ip = var.assign_public_ip
  }

  # A task that starts before its roles may do anything fails, and a running one loses its way out when they go first.
  depends_on = [aws_iam_role_policy.task, aws_iam_role_policy.execution]
}
