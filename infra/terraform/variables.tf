variable "round" {
  description = "Number of the round: 7 for R7. Every name begins with it."
  type        = number

  validation {
    condition     = var.round >= 1 && var.round == floor(var.round)
    error_message = "A round's number is a whole one, from 1 on."
  }
}

variable "region" {
  description = "Region of the stack."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "The region is written like us-east-1."
  }
}

variable "expires" {
  description = "When a sweeper may take the stack for forgotten: RFC 3339, in UTC."
  type        = string

  validation {
    condition     = can(formatdate("YYYY", var.expires)) && endswith(var.expires, "Z")
    error_message = "The expiry is written like 2026-11-23T19:35:00Z."
  }
}

variable "release" {
  description = "Release of the shop that the services run: the tag of its image in the round's repository."
  type        = string

  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+$", var.release))
    error_message = "A release is written like 1.4.0."
  }
}

variable "box_public_key" {
  description = "Public half of the key of the box's logins. The bot keeps the private half as the secret <prefix>/box-key."
  type        = string

  validation {
    condition     = can(regex("^ssh-ed25519 [A-Za-z0-9+/=]+( .*)?\\s*$", var.box_public_key))
    error_message = "The key is an ssh-ed25519 one, as it stands in authorized_keys."
  }
}

variable "database_secret" {
  description = "ARN of the secret <prefix>/database with the shop's own login, which the bot makes before the stack. It is an input, since a plan could not look for what is not there yet."
  type        = string

  validation {
    condition     = can(regex("^arn:aws:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:chaotic-r[0-9]+/database-[A-Za-z0-9]+$", var.database_secret))
    error_message = "The secret with the shop's login is an ARN of Secrets Manager, of a round's database."
  }
}

variable "player_email" {
  description = "Where the shop's sign-in writes to the player; empty: nowhere."
  type        = string
  default     = ""

  validation {
    condition     = var.player_email == "" || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.player_email))
    error_message = "This is no e-mail address."
  }
}

variable "admin_email" {
  description = "Where the sign-in, the budget and the billing alarm write to the admin; empty: nowhere."
  type        = string
  default     = ""

  validation {
    condition     = var.admin_email == "" || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.admin_email))
    error_message = "This is no e-mail address."
  }
}

variable "alerts" {
  description = "How the bot hears of alerts: Alertmanager calls its webhook, or the bot polls Alertmanager."
  type        = string
  default     = "webhook"

  validation {
    condition     = contains(["webhook", "polling"], var.alerts)
    error_message = "Alerts come by webhook or by polling."
  }
}

variable "access" {
  description = "Addresses from which the bot and the two people reach the monitoring's pages (and the bastion): CIDR ranges, /16 or narrower."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for c in var.access : can(cidrhost(c, 0)) && try(tonumber(split("/", c)[1]) >= 16, false)])
    error_message = "Each is a CIDR range of IPv4 addresses, /16 or narrower: never the whole internet."
  }
}

variable "bastion" {
  description = "Whether there is a host with an open SSH port, for networks that block Session Manager."
  type        = bool
  default     = false
}

variable "monitoring_type" {
  description = "Instance type of the monitoring host: Elasticsearch wants 8 GiB."
  type        = string
  default     = "t3.large"

  validation {
    condition     = can(regex("^t3a?\\.(large|xlarge)$", var.monitoring_type))
    error_message = "The monitoring host is a t3 or t3a, large or xlarge."
  }
}

variable "budget" {
  description = "What a round may cost, in USD: the budget's limit."
  type        = number
  default     = 10

  validation {
    condition     = var.budget >= 1 && var.budget <= 200
    error_message = "The budget lies between 1 and 200 USD."
  }
}

variable "rendered_dir" {
  description = "Folder of what Go made for this round: monitoring/ (configuration), box/inventory and box/node_exporter (programs). Empty: ../rendered."
  type        = string
  default     = ""
}

variable "site_dir" {
  description = "Folder of the shop's site. Empty: the repository's frontend."
  type        = string
  default     = ""
}
