variable "notify" {
  description = "Whom the monitors tell, for example @slack-oncall."
  type        = string
  default     = ""
}

variable "with_counters" {
  description = "Whether the Agent collects the counters as openmetrics.yaml says."
  type        = bool
  default     = false
}

variable "tags" {
  type    = list(string)
  default = []
}
