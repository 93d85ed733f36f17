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

variable "documents" {
  description = "The stack's IAM documents."
  type        = map(string)
}

variable "access" {
  description = "Addresses that reach the monitoring's pages."
  type        = list(string)
}
