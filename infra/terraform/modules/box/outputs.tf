output "inventory" {
  description = "URL at which the shop finds the inventory."
  value       = "http://${aws_lb.this.dns_name}:${var.layout.ports.app}"

  depends_on = [aws_lb_listener.this]
}

output "instance" {
  description = "Id of the box."
  value       = aws_instance.this.id
}

output "bastion" {
  description = "Address of the bastion; empty where there is none."
  value       = one([for b in aws_instance.bastion : b.public_ip]) == null ? "" : one([for b in aws_instance.bastion : b.public_ip])
}
