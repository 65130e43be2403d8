# From EventBridge into the queue.

resource "aws_sqs_queue" "stops" {
  name                      = var.name
  sqs_managed_sse_enabled   = true
  receive_wait_time_seconds = 20
  # Longer than a delivery may take; the collector shortens or prolongs it for each message.
  visibility_timeout_seconds = 120
  message_retention_seconds  = 345600
  tags                       = var.tags

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    # High, because an outage of the destination makes messages come back, too.
    maxReceiveCount = 50
  })
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
  tags                      = var.tags
}

data "aws_iam_policy_document" "queue" {
  for_each = {
    stops        = aws_sqs_queue.stops.arn
    dead_letters = aws_sqs_queue.dead_letters.arn
  }

  statement {
    sid       = "EventsOfTheseRules"
    actions   = ["sqs:SendMessage"]
    resources = [each.value]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [for rule in merge(aws_cloudwatch_event_rule.this, aws_cloudwatch_event_rule.members) : rule.arn]
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
    resources = [each.value]

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

resource "aws_sqs_queue_policy" "stops" {
  queue_url = aws_sqs_queue.stops.url
  policy    = data.aws_iam_policy_document.queue["stops"].json
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.url
  policy    = data.aws_iam_policy_document.queue["dead_letters"].json
}

locals {
  # A task whose last event this is, once it is gone.
  every_stop = jsondecode(file("${path.module}/patterns/task-stops.json"))
  task_stops = merge(local.every_stop, {
    detail = merge(
      local.every_stop.detail,
      length(var.watched_cluster_arns) == 0 ? {} : { clusterArn = var.watched_cluster_arns },
    )
  })

  # Services say WARN, daemons WARNING. What has no type, or a failure in its name, is left to the plugin to judge.
  service_trouble = file("${path.module}/patterns/service-trouble.json")

  patterns = merge(
    { "task-stops" = jsonencode(local.task_stops) },
    var.service_events ? { "service-trouble" = local.service_trouble } : {},
  )
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each      = local.patterns
  name          = "${var.name}-${each.key}"
  event_pattern = each.value
  tags          = var.tags
}

resource "aws_cloudwatch_event_target" "queue" {
  for_each  = aws_cloudwatch_event_rule.this
  rule      = each.value.name
  target_id = "collector"
  arn       = aws_sqs_queue.stops.arn

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }

  depends_on = [aws_sqs_queue_policy.stops, aws_sqs_queue_policy.dead_letters]
}
