# The shop's site in a private bucket, and CloudFront in front of it and of the
# shop: the shop's paths go to the balancer, all else to the bucket.
variable "names" {
  description = "The round's names."
  type        = map(string)
}

variable "bucket" {
  description = "Name of the bucket."
  type        = string
}

variable "pages" {
  description = "Folder of the site. Files of other kinds than the site's are left out."
  type        = string
}

variable "paths" {
  description = "Paths that are the shop's, as CloudFront writes them."
  type        = list(string)
}

variable "firewall" {
  description = "ARN of the firewall."
  type        = string
}

variable "balancer" {
  description = "DNS name of the shop's balancer."
  type        = string
}

locals {
  # As the package frontend has them, for rehearsals.
  kinds = {
    html = "text/html; charset=utf-8"
    css  = "text/css; charset=utf-8"
    js   = "text/javascript; charset=utf-8"
    svg  = "image/svg+xml"
  }
  pages = fileset(var.pages, "*.{${join(",", keys(local.kinds))}}")
}

module "bucket" {
  source = "../bucket"
  name   = var.bucket
  role   = "site"
  policy = data.aws_iam_policy_document.read.json
}

data "aws_iam_policy_document" "read" {
  statement {
    sid       = "LetCloudFrontRead"
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::${var.bucket}/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudfront_distribution.this.arn]
    }
  }
}

# Nothing has to be invalidated: "no-cache" has browsers ask each time whether a
# file is still the same, and CloudFront once a second, the least of its policy.
resource "aws_s3_object" "pages" {
  for_each = local.pages

  bucket        = module.bucket.name
  key           = each.key
  source        = "${var.pages}/${each.key}"
  source_hash   = filesha256("${var.pages}/${each.key}")
  content_type  = local.kinds[reverse(split(".", each.key))[0]]
  cache_control = "no-cache"

  tags = {
    role = "site"
    Name = each.key
  }
}

resource "aws_cloudfront_origin_access_control" "this" {
  name                              = "${var.names.prefix}-site"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

data "aws_cloudfront_cache_policy" "pages" {
  name = "Managed-CachingOptimized"
}

data "aws_cloudfront_cache_policy" "api" {
  name = "Managed-CachingDisabled"
}

data "aws_cloudfront_origin_request_policy" "api" {
  name = "Managed-AllViewerExceptHostHeader"
}

# Without a Content-Security-Policy: the page brings its own, in its head.
data "aws_cloudfront_response_headers_policy" "pages" {
  name = "Managed-SecurityHeadersPolicy"
}

resource "aws_cloudfront_distribution" "this" {
  comment             = "The shop of ${var.names.round}"
  enabled             = true
  default_root_object = "index.html"
  price_class         = "PriceClass_100"
  web_acl_id          = var.firewall
  # It takes minutes until every edge knows it, and nothing here waits for that.
  wait_for_deployment = false

  origin {
    origin_id                = "pages"
    domain_name              = module.bucket.domain
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id
  }

  origin {
    origin_id   = "api"
    domain_name = var.balancer

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "http-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  default_cache_behavior {
    target_origin_id           = "pages"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.pages.id
    response_headers_policy_id = data.aws_cloudfront_response_headers_policy.pages.id
  }

  dynamic "ordered_cache_behavior" {
    for_each = var.paths
    content {
      path_pattern             = ordered_cache_behavior.value
      target_origin_id         = "api"
      viewer_protocol_policy   = "https-only"
      allowed_methods          = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
      cached_methods           = ["GET", "HEAD"]
      cache_policy_id          = data.aws_cloudfront_cache_policy.api.id
      origin_request_policy_id = data.aws_cloudfront_origin_request_policy.api.id
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
    minimum_protocol_version       = "TLSv1"
  }

  tags = {
    role = "site"
    Name = "${var.names.prefix}-site"
  }
}

output "url" {
  description = "URL of the shop."
  value       = "https://${aws_cloudfront_distribution.this.domain_name}"
}

output "distribution" {
  description = "Id of the distribution."
  value       = aws_cloudfront_distribution.this.id
}
