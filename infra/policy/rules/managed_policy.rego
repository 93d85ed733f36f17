# Some of AWS's own policies allow as much as a wildcard. A policy that is known only
# after the apply is one of the stack's own, which the other rules read.
package rules.managed_policy

import data.lib

id := "managed-policy"

says := "A role or user must not take a policy of AWS that allows nearly everything."

findings contains lib.finding(r, "policy_arn") if {
	some kind in ["aws_iam_role_policy_attachment", "aws_iam_user_policy_attachment", "aws_iam_group_policy_attachment", "aws_iam_policy_attachment"]
	some r in lib.managed(kind)
	broad(lib.value(r, "policy_arn", ""))
}

findings contains lib.finding(r, "managed_policy_arns") if {
	some r in lib.managed("aws_iam_role")
	some arn in lib.blocks(r, "managed_policy_arns")
	broad(arn)
}

broad(arn) if {
	is_string(arn)
	regex.match(`^arn:[^:]*:iam::aws:policy/(.*/)?(AdministratorAccess.*|PowerUserAccess|.*FullAccess.*)$`, arn)
}
