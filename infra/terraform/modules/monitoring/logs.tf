# The balancer writes its log into files; S3 tells a queue of each, and Filebeat
# reads the queue.
resource "aws_sqs_queue" "logs" {
  name                       = "${var.names.prefix}-logs"
  sqs_managed_sse_enabled    = true
  message_retention_seconds  = 86400
  visibility_timeout_seconds = 300

  tags = {
    role = "monitoring"
    Name = "${var.names.prefix}-logs"
  }
}

data "aws_iam_policy_document" "logs" {
  statement {
    sid       = "LetTheBucketTell"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.logs.arn]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [var.logs_arn]
    }
  }
}

resource "aws_sqs_queue_policy" "logs" {
  queue_url = aws_sqs_queue.logs.url
  policy    = data.aws_iam_policy_document.logs.json
}

resource "aws_s3_bucket_notification" "logs" {
  bucket = var.logs

  queue {
    queue_arn     = aws_sqs_queue.logs.arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = "balancer/"
  }

  depends_on = [aws_sqs_queue_policy.logs]
}
