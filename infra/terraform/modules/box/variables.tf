variable "names" {
  description = "The round's names."
  type        = map(string)
}

variable "layout" {
  description = "layout.json."
  type        = any
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

variable "public_key" {
  description = "Public half of the key of the box's logins."
  type        = string
}

variable "files" {
  description = "Bucket of what hosts fetch."
  type        = string
}

variable "programs" {
  description = "Folder with the programs inventory and node_exporter, for Linux on x86-64."
  type        = string
}

variable "bastion" {
  description = "Whether there is a bastion."
  type        = bool
}

variable "access" {
  description = "Addresses that reach the bastion."
  type        = list(string)
}

variable "tags" {
  description = "What every resource of the round is tagged with."
  type        = map(string)
}
