# Whoever may ask the database has a security group: tasks, the box, the exporter.
# A port that is known only after the apply counts as the database's.
package rules.database_port

import data.ingress

id := "database-port"

says := "The database's port 5432 must be open to security groups only, never to addresses."

findings contains {"resource": rule.resource, "argument": ""} if {
	some rule in ingress.rules
	count(array.concat(rule.ranges, rule.lists)) > 0
	not ingress.spares(rule, 5432)
}
