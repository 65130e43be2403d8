# The three roles, each for one step: EventBridge puts records into Firehose, Firehose delivers them, Firehose backs
# them up.

data "aws_iam_policy_document" "trust_events" {
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
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [for rule in aws_cloudwatch_event_rule.this : rule.arn]
    }
  }
}

data "aws_iam_policy_document" "trust_firehose" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["firehose.amazonaws.com"]
    }

    # Firehose names the account it works for.
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [local.account]
    }
  }
}

# 1: EventBridge to Firehose.

resource "aws_iam_role" "events" {
  name_prefix        = "${var.name}-events-"
  assume_role_policy = data.aws_iam_policy_document.trust_events.json
  tags               = var.tags
}

data "aws_iam_policy_document" "events" {
  statement {
    actions   = ["firehose:PutRecord", "firehose:PutRecordBatch"]
    resources = [aws_kinesis_firehose_delivery_stream.stops.arn]
  }
}

resource "aws_iam_role_policy" "events" {
  name   = "put-events"
  role   = aws_iam_role.events.id
  policy = data.aws_iam_policy_document.events.json
}

# 2: Firehose to the endpoint: the key, and the log of failed deliveries.

resource "aws_iam_role" "firehose" {
  name_prefix        = "${var.name}-delivery-"
  assume_role_policy = data.aws_iam_policy_document.trust_firehose.json
  tags               = var.tags
}

data "aws_iam_policy_document" "firehose" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [var.key_secret_arn]
  }

  statement {
    actions   = ["logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.firehose.arn}:log-stream:*"]
  }
}

resource "aws_iam_role_policy" "firehose" {
  name   = "deliver"
  role   = aws_iam_role.firehose.id
  policy = data.aws_iam_policy_document.firehose.json
}

# 3: Firehose to S3.

resource "aws_iam_role" "backup" {
  name_prefix        = "${var.name}-backup-"
  assume_role_policy = data.aws_iam_policy_document.trust_firehose.json
  tags               = var.tags
}

data "aws_iam_policy_document" "backup" {
  statement {
    actions   = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [aws_s3_bucket.backup.arn]
  }

  statement {
    actions   = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"]
    resources = ["${aws_s3_bucket.backup.arn}/${var.backup_prefix}*", "${aws_s3_bucket.backup.arn}/failed/*"]
  }

  statement {
    actions   = ["logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.firehose.arn}:log-stream:*"]
  }
}

resource "aws_iam_role_policy" "backup" {
  name   = "back-up"
  role   = aws_iam_role.backup.id
  policy = data.aws_iam_policy_document.backup.json
}
