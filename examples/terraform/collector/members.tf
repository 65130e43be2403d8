# Where other accounts send their events. Only AWS itself can make one whose source is aws.ecs, so that nobody there can
# forge a stop; and what else comes here matches no rule.

locals {
  member_patterns = var.organization_id == null ? {} : {
    "member-stops"   = file("${path.module}/patterns/task-stops.json")
    "member-trouble" = local.service_trouble
  }
}

resource "aws_cloudwatch_event_bus" "members" {
  count = var.organization_id == null ? 0 : 1
  name  = "${var.name}-members"
  tags  = var.tags
}

data "aws_iam_policy_document" "member_bus" {
  count = var.organization_id == null ? 0 : 1

  statement {
    sid       = "AccountsOfTheOrganization"
    actions   = ["events:PutEvents"]
    resources = [aws_cloudwatch_event_bus.members[0].arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = [var.organization_id]
    }
  }
}

resource "aws_cloudwatch_event_bus_policy" "members" {
  count          = var.organization_id == null ? 0 : 1
  event_bus_name = aws_cloudwatch_event_bus.members[0].name
  policy         = data.aws_iam_policy_document.member_bus[0].json
}

resource "aws_cloudwatch_event_rule" "members" {
  for_each       = local.member_patterns
  name           = "${var.name}-${each.key}"
  event_bus_name = aws_cloudwatch_event_bus.members[0].name
  event_pattern  = each.value
  tags           = var.tags
}

resource "aws_cloudwatch_event_target" "members" {
  for_each       = aws_cloudwatch_event_rule.members
  rule           = each.value.name
  event_bus_name = each.value.event_bus_name
  target_id      = "collector"
  arn            = aws_sqs_queue.stops.arn

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }

  depends_on = [aws_sqs_queue_policy.stops, aws_sqs_queue_policy.dead_letters]
}
