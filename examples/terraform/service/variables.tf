variable "name" {
  description = "Name of the service, of its task family and, as /ecs/<name>/…, of its log groups."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$", var.name))
    error_message = "Letters, digits, hyphens and underscores, 64 at most."
  }
}

variable "app_image" {
  description = "Image of the application."
  type        = string
}

variable "router_image" {
  description = "Image built with examples/docker/Dockerfile."
  type        = string
}

variable "app_repository_arn" {
  description = "ARN of the application image's ECR repository. Null means one of the service's name, in this account and region."
  type        = string
  default     = null
}

variable "router_repository_arn" {
  description = "ARN of the router image's ECR repository. Null means ecs-router in this account and region."
  type        = string
  default     = null
}

variable "subnet_ids" {
  description = "They need a way to ECR, CloudWatch Logs and S3 (NAT, VPC endpoints, or public addresses)."
  type        = list(string)
}

variable "security_group_ids" {
  type = list(string)
}

variable "assign_public_ip" {
  type    = bool
  default = false
}

variable "cluster" {
  description = "Name or ARN of the cluster."
  type        = string
  default     = "default"
}

variable "desired_count" {
  type    = number
  default = 1
}

variable "cpu" {
  description = "CPU units of the task: 256, 512, 1024, 2048 or 4096."
  type        = number
  default     = 512
}

variable "memory" {
  description = "MiB for all containers; must fit cpu. The router reserves 128."
  type        = number
  default     = 1024
}

variable "cpu_architecture" {
  description = "Of both images: X86_64 or ARM64."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "X86_64 or ARM64."
  }
}

variable "stops_retention_days" {
  type    = number
  default = 90
}

variable "error_retention_days" {
  type    = number
  default = 30
}

variable "archive_retention_days" {
  type    = number
  default = 365
}

variable "tags" {
  type    = map(string)
  default = {}
}
