# The second line against cost. Who is told may be a topic of the stack's own, which is
# known only after the apply: that there is one is enough.
package rules.missing_budget

import data.lib

id := "missing-budget"

says := "A stack must have a budget of costs within the limit, and somebody who is told."

findings contains {"resource": "aws_budgets_budget", "argument": ""} if {
	some r in input.resources
	not r.data
	not kept
}

kept if {
	some b in lib.managed("aws_budgets_budget")
	b.values.budget_type == "COST"
	within(b.values.limit_amount)
	some n in lib.blocks(b, "notification")
	heard(n)
}

within(amount) if {
	is_string(amount)
	to_number(amount) <= input.limits.budget_usd
}

heard(n) if {
	some who in ["subscriber_sns_topic_arns", "subscriber_email_addresses"]
	count(lib.listed(object.get(n, who, null))) > 0
}
