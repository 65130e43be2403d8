# The collector of ECS stop events, once per account and region: one small Fargate service that reads the queue.
# events.tf fills the queue, alarms.tf watches both.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  # The region's name; `id` is the same in every version of the provider.
  region  = data.aws_region.current.id
  secrets = var.slack_webhook_secret_arn == null ? [] : [var.slack_webhook_secret_arn]
  config  = var.slack_webhook_secret_arn == null ? "fluent-bit.conf" : "fluent-bit-slack.conf"

  default_repository = "arn:${local.partition}:ecr:${local.region}:${local.account}:repository/ecs-router"
  router_repository  = var.router_repository_arn == null ? local.default_repository : var.router_repository_arn
}

resource "aws_cloudwatch_log_group" "stops" {
  name              = var.stops_log_group
  retention_in_days = var.stops_retention_days
  tags              = var.tags
}

resource "aws_cloudwatch_log_group" "collector" {
  name              = "/ecs/${var.name}/collector"
  retention_in_days = 14
  tags              = var.tags
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = aws_iam_role.execution.arn
  tags                     = var.tags

  runtime_platform {
    cpu_architecture        = var.cpu_architecture
    operating_system_family = "LINUX"
  }

  container_definitions = jsonencode([
    {
      name                   = "collector"
      image                  = var.router_image
      essential              = true
      readonlyRootFilesystem = true
      user                   = "1000:1000"
      stopTimeout            = 60
      entryPoint             = ["/fluent-bit/bin/fluent-bit"]
      command                = ["-c", "/ecs-router/${local.config}"]

      environment = [
        { name = "AWS_REGION", value = local.region },
        { name = "QUEUE_URL", value = aws_sqs_queue.stops.url },
        { name = "STOPS_LOG_GROUP", value = aws_cloudwatch_log_group.stops.name },
        { name = "FETCH_LOGS", value = length(var.fetch_log_groups) > 0 ? "on" : "off" },
      ]
      secrets = [for arn in local.secrets : { name = "SLACK_WEBHOOK_URL", valueFrom = arn }]

      healthCheck = {
        command     = ["CMD", "/ecs-router/ecs-router", "health"]
        interval    = 30
        timeout     = 5
        retries     = 3
        startPeriod = 10
      }

      logConfiguration = {
        logDriver = "awslogs"
        options = {
          "awslogs-group"         = aws_cloudwatch_log_group.collector.name
          "awslogs-region"        = local.region
          "awslogs-stream-prefix" = "collector"
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

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = var.security_group_ids
    assign_public_ip = var.assign_public_ip
  }

  depends_on = [aws_iam_role_policy.task, aws_iam_role_policy.execution]
}
