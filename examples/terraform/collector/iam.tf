# Two roles: the task's, which the plugin signs with, and the execution role, which ECS uses before a container runs.

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:ecs:${local.region}:${local.account}:*"]
    }
  }
}

resource "aws_iam_role" "task" {
  name_prefix        = "${substr(var.name, 0, 30)}-task-"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags               = var.tags
}

resource "aws_iam_role" "execution" {
  name_prefix        = "${substr(var.name, 0, 26)}-execution-"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags               = var.tags
}

data "aws_iam_policy_document" "task" {
  statement {
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]
    resources = [aws_sqs_queue.stops.arn]
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.stops.arn}:*"]
  }

  dynamic "statement" {
    for_each = length(var.fetch_log_groups) > 0 ? ["all"] : []

    content {
      actions   = ["ecs:DescribeTaskDefinition"]
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = length(var.fetch_log_groups) > 0 ? ["all"] : []

    content {
      actions   = ["ecs:DescribeServices"]
      resources = ["arn:${local.partition}:ecs:${local.region}:${local.account}:service/*"]
    }
  }

  dynamic "statement" {
    for_each = length(var.fetch_log_groups) > 0 ? ["all"] : []

    content {
      actions   = ["logs:GetLogEvents"]
      resources = [for group in var.fetch_log_groups : "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${group}:*"]
    }
  }
}

resource "aws_iam_role_policy" "task" {
  name   = "collect-stops"
  role   = aws_iam_role.task.id
  policy = data.aws_iam_policy_document.task.json
}

data "aws_iam_policy_document" "execution" {
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [local.router_repository]
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.collector.arn}:*"]
  }

  dynamic "statement" {
    for_each = local.secrets

    content {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role_policy" "execution" {
  name   = "start-tasks"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}
