output "region" {
  description = "Region of the stack."
  value       = var.region
}

output "shop" {
  description = "URL of the shop, through CloudFront."
  value       = module.site.url
}

output "prometheus" {
  description = "URL of Prometheus, behind the monitoring's login."
  value       = module.monitoring.prometheus
}

output "alertmanager" {
  description = "URL of Alertmanager, behind the monitoring's login."
  value       = module.monitoring.alertmanager
}

output "graphs" {
  description = "URL of Grafana's dashboard, behind the monitoring's login."
  value       = module.monitoring.pages.graphs
}

output "logs" {
  description = "URL of Kibana's search, behind the monitoring's login."
  value       = module.monitoring.pages.logs
}

output "runbooks" {
  description = "URL of the list of runbooks, behind the monitoring's login."
  value       = module.monitoring.pages.runbooks
}

output "monitoring_secret" {
  description = "Name of the secret in which the monitoring host writes its login and its certificate."
  value       = local.names.monitoring_secret
}

output "queue" {
  description = "URL of the queue on which the people's AWS calls arrive."
  value       = module.guard.queue
}

output "repository" {
  description = "URL of the repository into which the bot pushes the shop's image."
  value       = module.api.repository
}

output "box" {
  description = "Id of the box's instance: where SSH goes through Session Manager."
  value       = module.box.instance
}

output "bastion" {
  description = "Address of the bastion; empty where there is none."
  value       = module.box.bastion
}

output "database" {
  description = "Address of the database."
  value       = module.database.host
}

# Not a secret itself, but it says where one is.
output "operator_secret" {
  description = "ARN of the secret in which RDS keeps the operator's password: the bot copies it to <prefix>/database-operator, with the address."
  value       = module.database.operator_secret
  sensitive   = true
}

output "sign_in" {
  description = "The shop's sign-in: the user pool and its client."
  value = {
    pool   = module.identity.pool
    client = module.identity.client
  }
}

output "distribution" {
  description = "Id of CloudFront's distribution."
  value       = module.site.distribution
}
