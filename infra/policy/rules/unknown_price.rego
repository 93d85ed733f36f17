# Of a plan alone. What has no price here might cost anything: a type of instance that
# nobody foresaw, a size that is known only after the apply, a service that is new.
package rules.unknown_price

id := "unknown-price"

says := "A resource must be of a type and a size whose price is known."

findings contains {"resource": resource, "argument": ""} if {
	some resource in input.cost.unpriced
}
