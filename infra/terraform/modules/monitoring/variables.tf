variable "names" {
  description = "The round's names."
  type        = map(string)
}

variable "layout" {
  description = "layout.json."
  type        = any
}

variable "region" {
  description = "Region of the stack."
  type        = string
}

variable "subnet" {
  description = "Id of the host's subnet."
  type        = string
}

variable "group" {
  description = "Id of the host's security group."
  type        = string
}

variable "documents" {
  description = "The stack's IAM documents."
  type        = map(string)
}

variable "type" {
  description = "Instance type of the host."
  type        = string
}

variable "alerts" {
  description = "webhook: Alertmanager needs the webhook's token; polling: it has nobody to call."
  type        = string
}

variable "files" {
  description = "Bucket of what hosts fetch."
  type        = string
}

variable "logs" {
  description = "Bucket of the balancer's access log."
  type        = string
}

variable "logs_arn" {
  description = "ARN of that bucket."
  type        = string
}

variable "configuration" {
  description = "Folder of the configuration, as Go rendered it."
  type        = string
}

variable "database_host" {
  description = "Address of the database."
  type        = string
}

variable "operator" {
  description = "ARN of the secret with the database operator's login."
  type        = string
}

variable "tags" {
  description = "What every resource of the round is tagged with."
  type        = map(string)
}
