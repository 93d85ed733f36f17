# A document that nobody can read before it holds is refused, unless its statements
# stand in an aws_iam_policy_document, where the other rules read them.
package rules.unreadable_policy

import data.iam
import data.lib

id := "unreadable-policy"

says := "A policy document must be readable before it is applied: write it with aws_iam_policy_document."

findings contains {"resource": t.resource, "argument": t.argument} if {
	some t in iam.texts
	lib.unknown(t.text)
	not composed(t)
}

composed(t) if {
	some block in t.references
	contains(block, "data.aws_iam_policy_document.")
}
