data "aws_elb_service_account" "this" {}

locals {
  logs_arn  = "arn:aws:s3:::${local.buckets.logs}"
  trail_arn = "arn:aws:cloudtrail:${var.region}:${local.account}:trail/${local.names.trail}"
}

# Who may write into the bucket of logs, each below a folder of its own.
data "aws_iam_policy_document" "logs" {
  statement {
    sid       = "LetTheBalancerWrite"
    actions   = ["s3:PutObject"]
    resources = ["${local.logs_arn}/balancer/AWSLogs/${local.account}/*"]

    principals {
      type        = "AWS"
      identifiers = [data.aws_elb_service_account.this.arn]
    }
  }

  statement {
    sid       = "LetTheTrailLook"
    actions   = ["s3:GetBucketAcl"]
    resources = [local.logs_arn]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }

  statement {
    sid       = "LetTheTrailWrite"
    actions   = ["s3:PutObject"]
    resources = ["${local.logs_arn}/trail/AWSLogs/${local.account}/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-acl"
      values   = ["bucket-owner-full-control"]
    }
  }
}
