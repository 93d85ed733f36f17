# The people's AWS calls, reads included, go from CloudTrail through EventBridge
# to the queue that the bot reads. Nobody else's calls get there.
locals {
  tags = {
    role = "audit"
    Name = var.names.queue
  }
}

resource "aws_cloudtrail" "this" {
  name                          = var.names.trail
  s3_bucket_name                = var.logs
  s3_key_prefix                 = "trail"
  include_global_service_events = true
  is_multi_region_trail         = false
  enable_log_file_validation    = true
  enable_logging                = true

  event_selector {
    include_management_events = true
    read_write_type           = "All"
  }

  tags = {
    role = "audit"
    Name = var.names.trail
  }
}

resource "aws_sqs_queue" "this" {
  name                       = var.names.queue
  sqs_managed_sse_enabled    = true
  message_retention_seconds  = 86400
  receive_wait_time_seconds  = 5
  visibility_timeout_seconds = 30

  tags = local.tags
}

resource "aws_cloudwatch_event_rule" "this" {
  name        = var.names.queue
  description = "What the people of ${var.names.round} do."
  # Without this state, EventBridge leaves reads out.
  state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"

  event_pattern = jsonencode({
    detail-type = ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"]
    detail = {
      userIdentity = {
        arn = [{ prefix = "arn:aws:iam::${var.account}:user${var.names.path}" }]
      }
    }
  })

  tags = local.tags
}

resource "aws_cloudwatch_event_target" "this" {
  rule      = aws_cloudwatch_event_rule.this.name
  target_id = "queue"
  arn       = aws_sqs_queue.this.arn
}

data "aws_iam_policy_document" "queue" {
  statement {
    sid       = "LetTheRuleWrite"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.this.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.this.arn]
    }
  }
}

resource "aws_sqs_queue_policy" "this" {
  queue_url = aws_sqs_queue.this.url
  policy    = data.aws_iam_policy_document.queue.json
}

output "queue" {
  description = "URL of the queue."
  value       = aws_sqs_queue.this.url

  depends_on = [aws_sqs_queue_policy.this, aws_cloudwatch_event_target.this]
}
