# Nothing of a stack is meant for everybody's addresses: people come to the shop
# through CloudFront, to the hosts through Session Manager, and to the monitoring's
# pages from the addresses that the operator named. Half the internet twice is the
# internet, so a range has a widest size. What goes out is not limited. A range that
# is known only after the apply is refused: nobody could look at it before.
package rules.open_group

import data.ingress

id := "open-group"

says := "A security group must not let in more than a /16 of addresses (IPv6: a /48)."

findings contains {"resource": rule.resource, "argument": ""} if {
	some rule in ingress.rules
	some range in rule.ranges
	not narrow(range)
}

narrow(range) if {
	regex.match(`^[0-9.]+/[0-9]+$`, text(range))
	to_number(split(range, "/")[1]) >= 16
}

narrow(range) if {
	regex.match(`^[0-9a-fA-F:]+/[0-9]+$`, text(range))
	to_number(split(range, "/")[1]) >= 48
}

text(x) := x if is_string(x)
