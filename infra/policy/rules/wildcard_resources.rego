# Who may change or reveal something anywhere in the account reaches beyond the round.
# Reads may, for AWS lists by no other name than "*"; and whoever is held by a condition
# may. An ARN that is known only after the apply passes: it is not "*".
package rules.wildcard_resources

import data.iam

id := "wildcard-resources"

says := "A policy that lets somebody change or reveal things must name the resources, or hold them by a condition."

findings contains {"resource": s.resource, "argument": s.argument} if {
	some s in iam.statements
	s.identity
	s.allows
	not s.conditional
	some resource in s.resources
	everything(resource)
	some action in s.actions
	not iam.reads(action)
}

everything("*")

everything(resource) if regex.match(`^arn:[^:]*:[^:]*:[^:]*:[^:]*:\*$`, text(resource))

text(x) := x if is_string(x)
