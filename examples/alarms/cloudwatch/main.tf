# Alarms and a dashboard on stop reports in CloudWatch Logs and on the metrics of ecs_router; see docs/alarms.md.

locals {
  # Metrics that CloudWatch Logs makes of reports.
  filters = {
    FailedStops = {
      pattern    = "{ ($.severity = \"error\") && ($.update NOT EXISTS) }"
      dimensions = {}
    }
    CrashedTasks = {
      pattern    = "{ ($.ecs_event = \"task_stopped\") && (($.severity = \"error\") || ($.category = \"app_completed\")) && ($.service = \"*\") && ($.update NOT EXISTS) }"
      dimensions = { Cluster = "$.cluster", Service = "$.service" }
    }
    FailedPulls = {
      pattern    = "{ ($.category = \"image_pull\") && ($.update NOT EXISTS) }"
      dimensions = {}
    }
    OutOfMemory = {
      pattern    = "{ ($.category = \"oom\") && ($.update NOT EXISTS) }"
      dimensions = {}
    }
    FailedDeployments = {
      pattern    = "{ $.ecs_event = \"deployment_failed\" }"
      dimensions = {}
    }
  }

  # Alarms on those.
  report_alarms = {
    failed_stops      = { metric = "FailedStops", description = "Tasks failed. Each report in the log group of stops says why, and what to check next." }
    image_pull        = { metric = "FailedPulls", description = "An image cannot be pulled, so that no new task starts." }
    out_of_memory     = { metric = "OutOfMemory", description = "A container was killed for its memory." }
    deployment_failed = { metric = "FailedDeployments", description = "A deployment was given up or rolled back." }
  }

  # Alarms on all services at once.
  queries = merge({
    crash_loop = {
      description = "Tasks of one service end with an error, or by themselves, again and again. The alarm names the service as its contributor."
      expression  = "SELECT SUM(CrashedTasks) FROM SCHEMA(\"ecs_router/reports\", Cluster, Service) GROUP BY Cluster, Service"
      period      = 600
      periods     = 1
      datapoints  = 1
      operator    = "GreaterThanOrEqualToThreshold"
      threshold   = 3
      missing     = "notBreaching"
    }
    }, var.with_metrics ? {
    lost_records = {
      description = "A router gave records up. The property lost of its metrics document says why, and its own log what to do."
      expression  = "SELECT SUM(LostRecords) FROM SCHEMA(\"${var.metrics_namespace}\", Cluster, Service, Destination) GROUP BY Service, Destination"
      period      = 300
      periods     = 1
      datapoints  = 1
      operator    = "GreaterThanOrEqualToThreshold"
      threshold   = 1
      missing     = "notBreaching"
    }
    breaker_open = {
      description = "A destination has failed for ten minutes; its records wait in Fluent Bit, whose buffer is finite. The log of the router says why."
      expression  = "SELECT MAX(BreakerState) FROM SCHEMA(\"${var.metrics_namespace}\", Cluster, Service, Destination) GROUP BY Service, Destination"
      period      = 60
      periods     = 10
      datapoints  = 8 # documents are not exactly a minute apart, so that a minute may have none
      operator    = "GreaterThanOrEqualToThreshold"
      threshold   = 2
      missing     = "notBreaching"
    }
    records_wait = {
      description = "Records have waited in Fluent Bit for a quarter of an hour. Its buffer is finite. The log of the router says what they wait for."
      expression  = "SELECT MAX(WaitingRecords) FROM SCHEMA(\"${var.metrics_namespace}\", Cluster, Service, Destination) GROUP BY Service, Destination"
      period      = 60
      periods     = 15
      datapoints  = 12
      operator    = "GreaterThanOrEqualToThreshold"
      threshold   = 1
      missing     = "notBreaching"
    }
    misconfigured = {
      description = "A destination says that a key, an address, a name or a permission is wrong; the log of the router says which."
      expression  = "SELECT SUM(MisconfiguredReplies) FROM SCHEMA(\"${var.metrics_namespace}\", Cluster, Service, Destination) GROUP BY Service, Destination"
      period      = 300
      periods     = 1
      datapoints  = 1
      operator    = "GreaterThanOrEqualToThreshold"
      threshold   = 1
      missing     = "notBreaching"
    }
    silent = {
      description = "No router has written metrics for a quarter of an hour: none runs, or none reaches CloudWatch."
      expression  = "SELECT COUNT(ReadRecords) FROM SCHEMA(\"${var.metrics_namespace}\", Cluster, Service)"
      period      = 300
      periods     = 3
      datapoints  = 3
      operator    = "LessThanThreshold"
      threshold   = 1
      missing     = "breaching"
    }
  } : {})

  actions = var.alarm_topic_arn == null ? [] : [var.alarm_topic_arn]
}

data "aws_region" "this" {}

resource "aws_cloudwatch_log_metric_filter" "this" {
  for_each       = local.filters
  name           = "${var.name}-${each.key}"
  log_group_name = var.stops_log_group
  pattern        = each.value.pattern

  metric_transformation {
    namespace  = "ecs_router/reports"
    name       = each.key
    value      = "1"
    unit       = "Count"
    dimensions = each.value.dimensions
  }
}

resource "aws_cloudwatch_metric_alarm" "report" {
  for_each            = local.report_alarms
  alarm_name          = "${var.name}-${replace(each.key, "_", "-")}"
  alarm_description   = each.value.description
  namespace           = "ecs_router/reports"
  metric_name         = each.value.metric
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "query" {
  for_each            = local.queries
  alarm_name          = "${var.name}-${replace(each.key, "_", "-")}"
  alarm_description   = each.value.description
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.datapoints
  threshold           = each.value.threshold
  comparison_operator = each.value.operator
  treat_missing_data  = each.value.missing
  alarm_actions       = local.actions
  ok_actions          = local.actions
  tags                = var.tags

  metric_query {
    id          = "found"
    expression  = each.value.expression
    period      = each.value.period
    return_data = true
  }
}

resource "aws_cloudwatch_log_metric_filter" "lost_at_exit" {
  count          = var.exits_log_group == null ? 0 : 1
  name           = "${var.name}-lost-at-exit"
  log_group_name = var.exits_log_group
  pattern        = "{ ($.router_event = \"exit\") && ($.records_lost > 0) }"

  metric_transformation {
    namespace = "ecs_router/reports"
    name      = "LostAtExit"
    value     = "$.records_lost"
    unit      = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "lost_at_exit" {
  count               = var.exits_log_group == null ? 0 : 1
  alarm_name          = "${var.name}-lost-at-exit"
  alarm_description   = "The router of a task that ended had lost records. Its last record says how many, where and why."
  namespace           = "ecs_router/reports"
  metric_name         = "LostAtExit"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  tags                = var.tags
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "${var.name}-${data.aws_region.this.region}"
  dashboard_body = replace(replace(replace(file("${path.module}/dashboard.json"),
    "eu-west-1", data.aws_region.this.region),
    "/ecs/stopped-tasks", var.stops_log_group),
  "SCHEMA(\\\"ecs_router\\\"", "SCHEMA(\\\"${var.metrics_namespace}\\\"")
}
