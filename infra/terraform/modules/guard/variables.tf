# What keeps the round in bounds and on record: the firewall, the budget, the
# billing alarm, and the audit trail that the bot reads.
terraform {
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      configuration_aliases = [aws.global]
    }
  }
}

variable "names" {
  description = "The round's names."
  type        = map(string)
}

variable "account" {
  description = "Number of the account."
  type        = string
}

variable "email" {
  description = "Where the budget and the alarm write to; empty: nowhere."
  type        = string
}

variable "budget" {
  description = "What the round may cost, in USD."
  type        = number
}

variable "logs" {
  description = "Bucket of the trail."
  type        = string
}
