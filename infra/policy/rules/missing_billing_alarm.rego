# Budgets count by tag, which works only where the account's owner let tags count. The
# alarm counts the whole account. Left out, its actions are on. What it calls may be
# known only after the apply: that there is something is enough.
package rules.missing_billing_alarm

import data.lib

id := "missing-billing-alarm"

says := "A stack must have an alarm on the account's estimated charges, and somebody who is told."

findings contains {"resource": "aws_cloudwatch_metric_alarm", "argument": ""} if {
	some r in input.resources
	not r.data
	not kept
}

kept if {
	some a in lib.managed("aws_cloudwatch_metric_alarm")
	a.values.namespace == "AWS/Billing"
	a.values.metric_name == "EstimatedCharges"
	a.values.comparison_operator in {"GreaterThanThreshold", "GreaterThanOrEqualToThreshold"}
	is_number(a.values.threshold)
	a.values.threshold <= input.limits.budget_usd
	lib.value(a, "actions_enabled", true) == true
	count(lib.blocks(a, "alarm_actions")) > 0
}
