variable "name" {
  description = "Name of the rule, the stream and, as a prefix, of the roles and the bucket."
  type        = string
  default     = "ecs-stops"

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{0,23}$", var.name))
    error_message = "Lower-case letters, digits and hyphens, 24 at most."
  }
}

variable "endpoint" {
  description = "Whose HTTP endpoint: a key of local.endpoints, such as newrelic-us, newrelic-eu, datadog-us1 or datadog-eu."
  type        = string

  validation {
    condition = contains([
      "newrelic-us", "newrelic-eu", "datadog-us1", "datadog-us3", "datadog-us5", "datadog-eu", "datadog-ap1", "datadog-gov",
    ], var.endpoint)
    error_message = "One of newrelic-us, newrelic-eu, datadog-us1, datadog-us3, datadog-us5, datadog-eu, datadog-ap1, datadog-gov."
  }
}

variable "key_secret_arn" {
  description = "Full ARN of a Secrets Manager secret {\"api_key\": \"…\"}: New Relic's ingest licence key or Datadog's API key."
  type        = string
}

variable "common_attributes" {
  description = "Attributes sent with every request, such as { environment = \"prod\" }; New Relic puts them on every log."
  type        = map(string)
  default     = {}
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

variable "backup_prefix" {
  description = "Where in the bucket the copy of every event goes."
  type        = string
  default     = "ecs-stops/"
}

variable "backup_retention_days" {
  type    = number
  default = 90
}

variable "tags" {
  type    = map(string)
  default = {}
}
