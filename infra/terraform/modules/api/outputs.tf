output "balancer_host" {
  description = "DNS name of the balancer, for CloudFront."
  value       = aws_lb.this.dns_name
}

output "repository" {
  description = "URL of the image's repository."
  value       = aws_ecr_repository.shop.repository_url
}
