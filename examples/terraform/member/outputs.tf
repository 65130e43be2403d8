output "dead_letter_queue_url" {
  value = aws_sqs_queue.dead_letters.url
}
