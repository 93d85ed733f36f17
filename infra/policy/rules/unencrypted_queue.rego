# Left out, SQS encrypts with keys of its own. A key that is known only after the
# apply passes: whatever key it is, there is one. Topics keep nothing, so they have no
# rule; budgets and alarms could not write into one with AWS's key.
package rules.unencrypted_queue

import data.lib

id := "unencrypted-queue"

says := "A queue must be encrypted."

findings contains lib.finding(r, "sqs_managed_sse_enabled") if {
	some r in lib.managed("aws_sqs_queue")
	lib.value(r, "sqs_managed_sse_enabled", true) != true
	lib.value(r, "kms_master_key_id", "") == ""
}
