variable "name" {
  description = "What the names of filters, alarms and dashboard begin with."
  type        = string
  default     = "ecs-router"
}

variable "stops_log_group" {
  description = "Log group of the collector's reports. It has to exist."
  type        = string
  default     = "/ecs/stopped-tasks"
}

variable "exits_log_group" {
  description = "Log group that route.router_exit leads to. Null means that routers do not sign off."
  type        = string
  default     = null
}

variable "with_metrics" {
  description = "Whether metrics.emf is on."
  type        = bool
  default     = true
}

variable "metrics_namespace" {
  description = "What metrics.namespace says."
  type        = string
  default     = "ecs_router"
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
