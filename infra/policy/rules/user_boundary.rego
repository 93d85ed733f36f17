# Whoever holds a user's key must not reach beyond the round, whatever policy the user
# gets later. Left out, there is no boundary. One that is known only after the apply
# passes: it is the ARN of a policy that is made with the stack.
package rules.user_boundary

import data.lib

id := "user-boundary"

says := "A user must have a permissions boundary."

findings contains lib.finding(r, "permissions_boundary") if {
	some r in lib.managed("aws_iam_user")
	lib.value(r, "permissions_boundary", "") == ""
}
