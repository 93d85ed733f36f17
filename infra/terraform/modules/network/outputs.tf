output "vpc" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "subnets" {
  description = "Ids of the subnets, by role. They have their way to the internet."
  value       = { for role, s in aws_subnet.this : role => s.id }

  depends_on = [aws_route.internet, aws_route_table_association.public]
}

output "groups" {
  description = "Ids of the security groups, by role, with their rules."
  value       = { for role, g in aws_security_group.this : role => g.id }

  depends_on = [aws_vpc_security_group_ingress_rule.this, aws_vpc_security_group_egress_rule.all]
}
