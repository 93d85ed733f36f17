# Of a plan alone: what a state holds is already paid for. The resources that are named
# are those of the dearest item.
package rules.cost_ceiling

id := "cost-ceiling"

says := "The stack must not cost more an hour than a round may; these are its dearest parts."

findings contains {"resource": resource, "argument": ""} if {
	input.cost.per_hour > input.limits.per_hour_usd
	some resource in input.cost.dearest
}
