# A state and a plan are files with everything in them as it is. The bot and RDS put
# secrets where they belong; left out, none of these arguments has a value.
package rules.secret_in_state

import data.lib

id := "secret-in-state"

says := "No resource may carry a password or a key through Terraform's state."

arguments := {
	"aws_db_instance": "password",
	"aws_rds_cluster": "master_password",
	"aws_redshift_cluster": "master_password",
	"aws_secretsmanager_secret_version": "secret_string",
	"aws_cognito_user": "password",
	"aws_elasticache_replication_group": "auth_token",
}

findings contains lib.finding(r, argument) if {
	some kind, argument in arguments
	some r in lib.managed(kind)
	lib.value(r, argument, "") != ""
}

findings contains lib.finding(r, "temporary_password") if {
	some r in lib.managed("aws_cognito_user")
	lib.value(r, "temporary_password", "") != ""
}

findings contains lib.finding(r, "") if {
	some kind in ["aws_iam_access_key", "aws_iam_user_login_profile", "tls_private_key", "random_password"]
	some r in lib.managed(kind)
}
