# Sends the ECS events of an account and region to the collector of another account. The twin of
# examples/cloudformation/member.yaml.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  # The region's name; `id` is the same in every version of the provider.
  region = data.aws_region.current.id

  every_stop = jsondecode(file("${path.module}/../collector/patterns/task-stops.json"))
  task_stops = merge(local.every_stop, {
    detail = merge(
      local.every_stop.detail,
      length(var.watched_cluster_arns) == 0 ? {} : { clusterArn = var.watched_cluster_arns },
    )
  })

  service_trouble = file("${path.module}/../collector/patterns/service-trouble.json")

  patterns = merge(
    { "task-stops" = jsonencode(local.task_stops) },
    var.service_events ? { "service-trouble" = local.service_trouble } : {},
  )
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:events:${local.region}:${local.account}:rule/*"]
    }
  }
}

data "aws_iam_policy_document" "send" {
  statement {
    actions   = ["events:PutEvents"]
    resources = [var.bus_arn]
  }
}

resource "aws_iam_role" "sender" {
  name_prefix        = "${substr(var.name, 0, 24)}-"
  assume_role_policy = data.aws_iam_policy_document.assume.json
  tags               = var.tags
}

resource "aws_iam_role_policy" "sender" {
  name   = "send-events"
  role   = aws_iam_role.sender.id
  policy = data.aws_iam_policy_document.send.json
}

# What the bus did not take within a day. An entry here means that a policy or the bus is gone.
resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
  tags                      = var.tags
}

data "aws_iam_policy_document" "dead_letters" {
  statement {
    sid       = "EventsOfTheseRules"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_letters.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [for rule in aws_cloudwatch_event_rule.this : rule.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }

  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.dead_letters.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.url
  policy    = data.aws_iam_policy_document.dead_letters.json
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each      = local.patterns
  name          = "${var.name}-${each.key}"
  event_pattern = each.value
  tags          = var.tags
}

resource "aws_cloudwatch_event_target" "bus" {
  for_each  = aws_cloudwatch_event_rule.this
  rule      = each.value.name
  target_id = "collector"
  arn       = var.bus_arn
  role_arn  = aws_iam_role.sender.arn

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }

  depends_on = [aws_iam_role_policy.sender, aws_sqs_queue_policy.dead_letters]
}
