# A bucket of the round: private, encrypted, reached by TLS alone. It goes with
# all that it holds when the round is destroyed.
variable "name" {
  description = "Its name, which is unique in the world."
  type        = string
}

variable "role" {
  description = "Value of its tag role."
  type        = string
}

variable "policy" {
  description = "Who else may use it: an IAM document. Empty: nobody."
  type        = string
  default     = ""
}

resource "aws_s3_bucket" "this" {
  bucket        = var.name
  force_destroy = true

  tags = {
    role = var.role
    Name = var.name
  }
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# Keys of S3 itself: the balancer can write its log into no other kind of bucket.
resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

data "aws_iam_policy_document" "this" {
  source_policy_documents = var.policy == "" ? [] : [var.policy]

  statement {
    sid       = "OnlyByTLS"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]

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

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.this.json

  depends_on = [aws_s3_bucket_public_access_block.this]
}

output "name" {
  description = "Its name, once whoever has to write may."
  value       = aws_s3_bucket.this.bucket

  depends_on = [aws_s3_bucket_policy.this]
}

output "arn" {
  description = "Its ARN."
  value       = aws_s3_bucket.this.arn
}

output "domain" {
  description = "The domain at which CloudFront reads it."
  value       = aws_s3_bucket.this.bucket_regional_domain_name
}
