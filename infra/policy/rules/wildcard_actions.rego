# Who may do everything, or everything of a service, is limited by nothing. Reads may
# be shortened (ec2:Describe*), but not those that give away secrets. An action that is
# known only after the apply is refused: it can always be written.
package rules.wildcard_actions

import data.iam

id := "wildcard-actions"

says := "A policy must name the actions that it allows, without wildcards."

findings contains {"resource": s.resource, "argument": s.argument} if {
	some s in iam.statements
	s.allows
	some action in s.actions
	not named(action)
}

findings contains {"resource": s.resource, "argument": s.argument} if {
	some s in iam.statements
	s.allows
	s.negated
}

named(action) if regex.match(`^[A-Za-z0-9-]+:[A-Za-z0-9]+$`, text(action))

named(action) if {
	regex.match(`^[A-Za-z0-9-]+:[A-Za-z0-9]+\*$`, text(action))
	iam.reads(action)
}

text(x) := x if is_string(x)
