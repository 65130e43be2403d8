output "backup_bucket" {
  value = aws_s3_bucket.backup.bucket
}

output "stream_arn" {
  value = aws_kinesis_firehose_delivery_stream.stops.arn
}

output "delivery_log_group" {
  description = "What Firehose says when a delivery fails."
  value       = aws_cloudwatch_log_group.firehose.name
}
