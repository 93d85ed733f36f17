# The shop's sign-in: a pool of exactly the round's two people, in which nobody
# can sign up. The bot sets their passwords, so no state holds one.
variable "names" {
  description = "The round's names."
  type        = map(string)
}

variable "people" {
  description = "Their e-mail addresses by role; empty: none."
  type        = map(string)
}

locals {
  tags = {
    role = "identity"
    Name = var.names.prefix
  }
}

resource "aws_cognito_user_pool" "this" {
  name                = var.names.prefix
  deletion_protection = "INACTIVE"
  mfa_configuration   = "OFF"

  admin_create_user_config {
    allow_admin_create_user_only = true
  }

  password_policy {
    minimum_length                   = 16
    require_lowercase                = true
    require_uppercase                = true
    require_numbers                  = true
    require_symbols                  = false
    temporary_password_validity_days = 1
  }

  # Nobody but the bot gives out passwords, so a forgotten one is asked of it.
  account_recovery_setting {
    recovery_mechanism {
      name     = "admin_only"
      priority = 1
    }
  }

  tags = local.tags
}

resource "aws_cognito_user_pool_client" "this" {
  name                          = "${var.names.prefix}-site"
  user_pool_id                  = aws_cognito_user_pool.this.id
  generate_secret               = false # a page keeps none
  explicit_auth_flows           = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
  prevent_user_existence_errors = "ENABLED"
  enable_token_revocation       = true

  access_token_validity  = 1
  id_token_validity      = 1
  refresh_token_validity = 1

  token_validity_units {
    access_token  = "hours"
    id_token      = "hours"
    refresh_token = "days"
  }
}

resource "aws_cognito_user" "this" {
  for_each = var.people

  user_pool_id   = aws_cognito_user_pool.this.id
  username       = each.key
  message_action = "SUPPRESS"
  attributes     = each.value == "" ? {} : { email = each.value, email_verified = "true" }
}

output "pool" {
  description = "Id of the pool."
  value       = aws_cognito_user_pool.this.id
}

output "client" {
  description = "Id of the client that the site uses."
  value       = aws_cognito_user_pool_client.this.id
}
