# Left out, the provider protects none of these. What is protected has to be changed by
# hand before /destroy can remove it.
package rules.deletion_protection

import data.lib

id := "deletion-protection"

says := "Nothing may be protected from deletion: /destroy could not remove it."

arguments := {
	"aws_db_instance": ["deletion_protection"],
	"aws_rds_cluster": ["deletion_protection"],
	"aws_docdb_cluster": ["deletion_protection"],
	"aws_neptune_cluster": ["deletion_protection"],
	"aws_lb": ["enable_deletion_protection"],
	"aws_instance": ["disable_api_termination", "disable_api_stop"],
	"aws_launch_template": ["disable_api_termination", "disable_api_stop"],
	"aws_dynamodb_table": ["deletion_protection_enabled"],
	"aws_cognito_user_pool": ["deletion_protection"],
	"aws_networkfirewall_firewall": ["delete_protection"],
}

findings contains lib.finding(r, argument) if {
	some kind, some_arguments in arguments
	some argument in some_arguments
	some r in lib.managed(kind)
	not lib.value(r, argument, false) in {false, "INACTIVE"}
}
