# A list of addresses may be as long as the internet. CloudFront's own is the one
# that the stack needs, for the shop; its id is AWS's, so its name is looked up.
package rules.open_list

import data.ingress
import data.lib

id := "open-list"

says := "A security group must not let in a list of addresses other than CloudFront's, nor CloudFront to other ports than 80 and 443."

findings contains {"resource": rule.resource, "argument": "prefix_list_id"} if {
	some rule in ingress.rules
	some list in rule.lists
	not cloudfront(rule, list)
}

findings contains {"resource": rule.resource, "argument": "from_port"} if {
	some rule in ingress.rules
	some list in rule.lists
	cloudfront(rule, list)
	not web(rule)
}

cloudfront(rule, list) if {
	some known in input.resources
	known.type == "aws_ec2_managed_prefix_list"
	known.data
	known.values.name == "com.amazonaws.global.cloudfront.origin-facing"
	meant(rule, list, known)
}

meant(_, list, known) if list == known.values.id

# The id itself may be known only later.
meant(rule, list, known) if {
	lib.unknown(list)
	known.block in rule.references
}

web(rule) if {
	rule.protocol == "tcp"
	rule.from == rule.to
	rule.from in {80, 443}
}
