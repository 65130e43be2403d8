# What tells that the collector itself is in trouble, and the dashboard.

resource "aws_cloudwatch_metric_alarm" "queue_is_old" {
  alarm_name          = "${var.name}-queue-is-old"
  alarm_description   = "Stop events have waited for five minutes. The collector is down, or its destination is; see its log."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = aws_sqs_queue.stops.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  threshold           = 300
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arn == null ? [] : [var.alarm_topic_arn]
  ok_actions          = var.alarm_topic_arn == null ? [] : [var.alarm_topic_arn]
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "dead_letters_arrived" {
  alarm_name          = "${var.name}-dead-letters"
  alarm_description   = "Events were given up. Look at one, mend what is wrong, and start a redrive of the dead-letter queue."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letters.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arn == null ? [] : [var.alarm_topic_arn]
  tags                = var.tags
}

locals {
  # A copy of this folder alone takes the file along and drops the path.
  dashboard = file("${path.module}/../../insights/dashboard.json")
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "${var.name}-${local.region}"
  dashboard_body = replace(replace(replace(replace(local.dashboard,
    "eu-west-1", local.region),
    "/ecs/stopped-tasks", var.stops_log_group),
    "\"ecs-stops-dead\"", jsonencode(aws_sqs_queue.dead_letters.name)),
  "\"ecs-stops\"", jsonencode(aws_sqs_queue.stops.name))
}
