# ECS task stops to New Relic or Datadog without a running task: EventBridge, Firehose, the vendor's HTTP endpoint,
# and a copy of everything in S3. The events arrive as ECS wrote them; README.md says what that lacks.

data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id

  # https://docs.newrelic.com/docs/logs/forward-logs/stream-logs-using-kinesis-data-firehose/
  # https://docs.datadoghq.com/logs/guide/send-aws-services-logs-with-the-datadog-kinesis-firehose-destination/
  datadog = "https://aws-kinesis-http-intake.logs"
  endpoints = {
    newrelic-us = { name = "New Relic", url = "https://aws-api.newrelic.com/firehose/v1" }
    newrelic-eu = { name = "New Relic", url = "https://aws-api.eu.newrelic.com/firehose/v1" }
    datadog-us1 = { name = "Datadog", url = "${local.datadog}.datadoghq.com/v1/input" }
    datadog-eu  = { name = "Datadog", url = "${local.datadog}.datadoghq.eu/v1/input" }
    datadog-gov = { name = "Datadog", url = "${local.datadog}.ddog-gov.com/v1/input" }
    datadog-us3 = { name = "Datadog", url = "${local.datadog}.us3.datadoghq.com/api/v2/logs?dd-protocol=aws-kinesis-firehose" }
    datadog-us5 = { name = "Datadog", url = "${local.datadog}.us5.datadoghq.com/api/v2/logs?dd-protocol=aws-kinesis-firehose" }
    datadog-ap1 = { name = "Datadog", url = "${local.datadog}.ap1.datadoghq.com/api/v2/logs?dd-protocol=aws-kinesis-firehose" }
  }
  endpoint = local.endpoints[var.endpoint]
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

  # Services say WARN, daemons WARNING. What has no type, or a failure in its name, may be trouble.
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

resource "aws_cloudwatch_event_target" "firehose" {
  for_each  = aws_cloudwatch_event_rule.this
  rule      = each.value.name
  target_id = "firehose"
  arn       = aws_kinesis_firehose_delivery_stream.stops.arn
  role_arn  = aws_iam_role.events.arn

  depends_on = [aws_iam_role_policy.events]
}

resource "aws_kinesis_firehose_delivery_stream" "stops" {
  name        = var.name
  destination = "http_endpoint"
  tags        = var.tags

  server_side_encryption {
    enabled = true
  }

  http_endpoint_configuration {
    name               = local.endpoint.name
    url                = local.endpoint.url
    role_arn           = aws_iam_role.firehose.arn
    buffering_size     = 1
    buffering_interval = 60
    # Seconds; what is not delivered by then is still in the copy.
    retry_duration = 300
    s3_backup_mode = "AllData"

    # Keeps the key out of Terraform's state.
    secrets_manager_configuration {
      enabled    = true
      secret_arn = var.key_secret_arn
      role_arn   = aws_iam_role.firehose.arn
    }

    request_configuration {
      content_encoding = "GZIP"

      dynamic "common_attributes" {
        for_each = var.common_attributes

        content {
          name  = common_attributes.key
          value = common_attributes.value
        }
      }
    }

    cloudwatch_logging_options {
      enabled         = true
      log_group_name  = aws_cloudwatch_log_group.firehose.name
      log_stream_name = aws_cloudwatch_log_stream.firehose["http-endpoint"].name
    }

    s3_configuration {
      role_arn            = aws_iam_role.backup.arn
      bucket_arn          = aws_s3_bucket.backup.arn
      prefix              = var.backup_prefix
      error_output_prefix = "failed/!{firehose:error-output-type}/"
      buffering_size      = 1
      buffering_interval  = 60
      compression_format  = "GZIP"

      cloudwatch_logging_options {
        enabled         = true
        log_group_name  = aws_cloudwatch_log_group.firehose.name
        log_stream_name = aws_cloudwatch_log_stream.firehose["s3-backup"].name
      }
    }
  }

  # Firehose reads the secret when it is made.
  depends_on = [aws_iam_role_policy.firehose, aws_iam_role_policy.backup]
}

resource "aws_cloudwatch_log_group" "firehose" {
  name              = "/aws/kinesisfirehose/${var.name}"
  retention_in_days = 14
  tags              = var.tags
}

resource "aws_cloudwatch_log_stream" "firehose" {
  for_each       = toset(["http-endpoint", "s3-backup"])
  name           = each.key
  log_group_name = aws_cloudwatch_log_group.firehose.name
}
