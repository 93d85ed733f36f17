# What is not empty is not deleted, unless Terraform is told to empty it. Left out, the
# provider takes false for each of these.
package rules.not_emptied

import data.lib

id := "not-emptied"

says := "What can be filled must be emptied when it is deleted: else /destroy could not remove it."

arguments := {
	"aws_s3_bucket": "force_destroy",
	"aws_ecr_repository": "force_delete",
	"aws_route53_zone": "force_destroy",
	"aws_iam_user": "force_destroy",
	"aws_backup_vault": "force_destroy",
}

findings contains lib.finding(r, argument) if {
	some kind, argument in arguments
	some r in lib.managed(kind)
	lib.value(r, argument, false) != true
}

# Objects under a lock stay until it ends, whoever deletes them. Left out: no lock.
findings contains lib.finding(r, "object_lock_enabled") if {
	some r in lib.managed("aws_s3_bucket")
	lib.value(r, "object_lock_enabled", false) != false
}
