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

variable "vpc" {
  description = "Id of the VPC."
  type        = string
}

variable "subnets" {
  description = "Ids of the subnets, by role."
  type        = map(string)
}

variable "groups" {
  description = "Ids of the security groups, by role."
  type        = map(string)
}

variable "documents" {
  description = "The stack's IAM documents."
  type        = map(string)
}

variable "release" {
  description = "The shop's release: the tag of its image."
  type        = string
}

variable "database_host" {
  description = "Address of the database."
  type        = string
}

variable "database_secret" {
  description = "ARN of the secret with the shop's own login, of which no state sees the value."
  type        = string
}

variable "operator" {
  description = "ARN of the secret with the database operator's login."
  type        = string
}

variable "inventory" {
  description = "URL of the balancer in front of the box."
  type        = string
}

variable "logs" {
  description = "Bucket of the balancer's access log."
  type        = string
}
