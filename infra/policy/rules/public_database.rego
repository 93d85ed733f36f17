# The database is reached from inside its network alone. Left out, the provider
# takes false for RDS and true for Redshift.
package rules.public_database

import data.lib

id := "public-database"

says := "A database must not have a public address."

defaults := {
	"aws_db_instance": false,
	"aws_rds_cluster_instance": false,
	"aws_redshift_cluster": true,
}

findings contains lib.finding(r, "publicly_accessible") if {
	some kind, fallback in defaults
	some r in lib.managed(kind)
	lib.value(r, "publicly_accessible", fallback) != false
}
