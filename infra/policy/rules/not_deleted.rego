# Some resources can be dropped from the state and left standing. Left out, the provider
# takes false. What lifecycle rules say (prevent_destroy) stands in no plan.
package rules.not_deleted

import data.lib

id := "not-deleted"

says := "Whatever Terraform makes it must delete, and not only forget."

arguments := {
	"aws_cloudwatch_log_group": "skip_destroy",
	"aws_ecs_task_definition": "skip_destroy",
	"aws_cloudfront_distribution": "retain_on_delete",
	"aws_lambda_function": "skip_destroy",
	"aws_lambda_layer_version": "skip_destroy",
}

findings contains lib.finding(r, argument) if {
	some kind, argument in arguments
	some r in lib.managed(kind)
	lib.value(r, argument, false) != false
}
