# What security groups let in, in one shape, whichever of three ways it is written.
package ingress

import data.lib

rules contains {
	"resource": r.address,
	"ranges": array.concat(lib.listed(lib.value(r, "cidr_ipv4", null)), lib.listed(lib.value(r, "cidr_ipv6", null))),
	"lists": lib.listed(lib.value(r, "prefix_list_id", null)),
	"protocol": lib.value(r, "ip_protocol", "-1"),
	"from": lib.value(r, "from_port", null),
	"to": lib.value(r, "to_port", null),
	"references": r.references,
} if {
	some r in lib.managed("aws_vpc_security_group_ingress_rule")
}

rules contains old(r.address, r.values, r.references) if {
	some r in lib.managed("aws_security_group_rule")
	r.values.type != "egress"
}

rules contains old(r.address, b, r.references) if {
	some kind in ["aws_security_group", "aws_default_security_group"]
	some r in lib.managed(kind)
	some b in lib.blocks(r, "ingress")
}

old(address, b, references) := {
	"resource": address,
	"ranges": array.concat(field(b, "cidr_blocks"), field(b, "ipv6_cidr_blocks")),
	"lists": field(b, "prefix_list_ids"),
	"protocol": object.get(b, "protocol", "-1"),
	"from": object.get(b, "from_port", null),
	"to": object.get(b, "to_port", null),
	"references": references,
}

field(b, name) := lib.listed(object.get(b, name, null))

# Whether a rule does not touch a port, as far as is known.
spares(rule, _) if rule.protocol in {"icmp", "icmpv6", "udp"}

spares(rule, port) if {
	rule.protocol == "tcp"
	is_number(rule.from)
	is_number(rule.to)
	not port in numbers.range(rule.from, rule.to)
}
