output "stops_log_group" {
  description = "For the Insights queries."
  value       = aws_cloudwatch_log_group.stops.name
}

output "queue_url" {
  value = aws_sqs_queue.stops.url
}

output "member_bus_arn" {
  description = "The variable bus_arn of ../member; null without organization_id."
  value       = one(aws_cloudwatch_event_bus.members[*].arn)
}

output "dead_letter_queue_url" {
  value = aws_sqs_queue.dead_letters.url
}
