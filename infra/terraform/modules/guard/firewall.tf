# In front of CloudFront. The visitors do not come this way.
locals {
  managed = {
    AWSManagedRulesAmazonIpReputationList = 10
    AWSManagedRulesCommonRuleSet          = 20
    AWSManagedRulesKnownBadInputsRuleSet  = 30
  }
}

resource "aws_wafv2_web_acl" "this" {
  provider = aws.global

  name        = var.names.prefix
  description = "The shop of ${var.names.round}"
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  rule {
    name     = "rate"
    priority = 1

    action {
      block {}
    }

    statement {
      rate_based_statement {
        aggregate_key_type = "IP"
        limit              = 600 # in five minutes: two a second
      }
    }

    visibility_config {
      metric_name                = "${var.names.prefix}-rate"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = false
    }
  }

  dynamic "rule" {
    for_each = local.managed
    content {
      name     = rule.key
      priority = rule.value

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.key
        }
      }

      visibility_config {
        metric_name                = "${var.names.prefix}-${rule.key}"
        cloudwatch_metrics_enabled = true
        sampled_requests_enabled   = false
      }
    }
  }

  visibility_config {
    metric_name                = var.names.prefix
    cloudwatch_metrics_enabled = true
    sampled_requests_enabled   = false
  }

  tags = {
    role = "site"
    Name = var.names.prefix
  }
}

output "firewall" {
  description = "ARN of the firewall."
  value       = aws_wafv2_web_acl.this.arn
}
