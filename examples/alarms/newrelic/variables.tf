variable "account_id" {
  description = "The account whose logs the dashboard shows."
  type        = number
}
