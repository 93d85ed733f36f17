# A second line: AWS counts costs a few times a day. The first is the round's
# time to live, which the bot and the sweeper keep.
resource "aws_sns_topic" "money" {
  provider = aws.global

  name = "${var.names.prefix}-money"
  # Without a key of our own: neither budgets nor alarms may use AWS's, and what
  # is said here is a sum.

  tags = {
    role = "guard"
    Name = "${var.names.prefix}-money"
  }
}

data "aws_iam_policy_document" "money" {
  statement {
    sid       = "LetAWSWarn"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.money.arn]

    principals {
      type        = "Service"
      identifiers = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account]
    }
  }
}

resource "aws_sns_topic_policy" "money" {
  provider = aws.global

  arn    = aws_sns_topic.money.arn
  policy = data.aws_iam_policy_document.money.json
}

resource "aws_sns_topic_subscription" "money" {
  provider = aws.global
  for_each = var.email == "" ? toset([]) : toset(["email"])

  topic_arn = aws_sns_topic.money.arn
  protocol  = each.key
  endpoint  = var.email
}

resource "aws_budgets_budget" "this" {
  name         = var.names.prefix
  budget_type  = "COST"
  time_unit    = "DAILY"
  limit_amount = tostring(var.budget)
  limit_unit   = "USD"

  # Counts once the account's owner has made the tag round one for costs.
  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:round$%s", var.names.round)]
  }

  dynamic "notification" {
    for_each = [50, 80, 100]
    content {
      comparison_operator       = "GREATER_THAN"
      notification_type         = "ACTUAL"
      threshold                 = notification.value
      threshold_type            = "PERCENTAGE"
      subscriber_sns_topic_arns = [aws_sns_topic.money.arn]
    }
  }

  depends_on = [aws_sns_topic_policy.money]
}

# Of the whole account, for a tag that nobody made one for costs counts nothing.
resource "aws_cloudwatch_metric_alarm" "billing" {
  provider = aws.global

  alarm_name          = "${var.names.prefix}-billing"
  alarm_description   = "The account's estimated charges of this month are beyond what a round may cost."
  namespace           = "AWS/Billing"
  metric_name         = "EstimatedCharges"
  statistic           = "Maximum"
  dimensions          = { Currency = "USD" }
  period              = 21600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.budget
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.money.arn]

  tags = {
    role = "guard"
    Name = "${var.names.prefix}-billing"
  }
}
