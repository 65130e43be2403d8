variable "name" {
  description = "Name of the rules, the role and the queue; one for each region of an account."
  type        = string
  default     = "ecs-stops-to-collector"

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{0,37}$", var.name))
    error_message = "Letters, digits, hyphens and underscores, 38 at most."
  }
}

variable "bus_arn" {
  description = "member_bus_arn of the collector. Its account and region may be any other."
  type        = string
}

variable "watched_cluster_arns" {
  description = "Send the stops of these clusters only. Empty means all clusters of the account and region."
  type        = list(string)
  default     = []
}

variable "service_events" {
  description = "Send warnings and errors of services and failed deployments, too (of all clusters)."
  type        = bool
  default     = true
}

variable "tags" {
  type    = map(string)
  default = {}
}
