# A bucket, a queue or a role that everybody in the world may use is public, whatever
# else guards it. With a condition it is not everybody: so do AWS's services call.
package rules.open_policy

import data.iam

id := "open-policy"

says := "A resource's policy must not let everybody in."

findings contains {"resource": s.resource, "argument": s.argument} if {
	some s in iam.statements
	s.allows
	not s.conditional
	some who in s.principals
	everybody(who)
}

everybody("*")

everybody(who) if {
	is_string(who)
	regex.match(`^arn:[^:]*:iam::\*:`, who)
}
