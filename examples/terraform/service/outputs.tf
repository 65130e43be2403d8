output "error_log_group" {
  value = aws_cloudwatch_log_group.errors.name
}

output "stops_log_group" {
  value = aws_cloudwatch_log_group.stops.name
}

output "archive_bucket" {
  value = aws_s3_bucket.archive.bucket
}

output "task_role_name" {
  description = "Attach here what the application itself needs."
  value       = aws_iam_role.task.name
}
