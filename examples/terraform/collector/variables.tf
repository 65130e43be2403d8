variable "name" {
  description = "Name of the service, the queue, the rules, the alarms and the dashboard."
  type        = string
  default     = "ecs-stops"

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{0,47}$", var.name))
    error_message = "Letters, digits, hyphens and underscores, 48 at most."
  }
}

variable "router_image" {
  description = "Image built with examples/docker/Dockerfile."
  type        = string
}

variable "router_repository_arn" {
  description = "ARN of the router image's ECR repository. Null means ecs-router in this account and region."
  type        = string
  default     = null
}

variable "subnet_ids" {
  description = "They need a way to ECR, SQS and CloudWatch Logs, and to Slack if it is used."
  type        = list(string)
}

variable "security_group_ids" {
  description = "Only outgoing HTTPS is needed. No incoming rule, for the collector listens to nobody outside its task."
  type        = list(string)
}

variable "assign_public_ip" {
  type    = bool
  default = false
}

variable "cluster" {
  description = "Name or ARN of the cluster that the collector itself runs in."
  type        = string
  default     = "default"
}

variable "desired_count" {
  description = "Several share the queue. One is enough; while it is replaced, the queue keeps the events."
  type        = number
  default     = 1
}

variable "cpu_architecture" {
  description = "X86_64 or ARM64."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "X86_64 or ARM64."
  }
}

variable "watched_cluster_arns" {
  description = "Collect the stops of these clusters only. Empty means all clusters of the account and region."
  type        = list(string)
  default     = []
}

variable "service_events" {
  description = "Collect warnings and errors of services and failed deployments, too (of all clusters)."
  type        = bool
  default     = true
}

variable "organization_id" {
  description = "Take the events of the accounts of this organization, too, which ../member sends. Null means this account's alone."
  type        = string
  default     = null
}

variable "fetch_log_groups" {
  description = "Log groups of the applications, for example [\"/ecs/web\"], whose last lines reports show. Empty means none."
  type        = list(string)
  default     = []
}

variable "stops_log_group" {
  description = "Made here, and written by the collector's role alone."
  type        = string
  default     = "/ecs/stopped-tasks"
}

variable "stops_retention_days" {
  type    = number
  default = 90
}

variable "slack_webhook_secret_arn" {
  description = "Full ARN of a Secrets Manager secret whose text is the webhook's address. Null means no Slack."
  type        = string
  default     = null
}

variable "alarm_topic_arn" {
  description = "SNS topic that the alarms notify. Null means they only change colour."
  type        = string
  default     = null
}

variable "tags" {
  type    = map(string)
  default = {}
}
