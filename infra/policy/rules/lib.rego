# What the rules share. The input is the stack as package resources shows it,
# with the limits and what the stack costs. What is not known yet, though somebody
# wrote it, stands there as {"unknown": true}: it equals no setting, so a rule that
# asks for one setting refuses it. A rule that lets it pass says why.
package lib

# Of one type, what Terraform makes; data sources are not among it.
managed(kind) := [r |
	some r in input.resources
	r.type == kind
	not r.data
]

# What stands at a key or a path of keys, or what the provider takes when nothing
# stands there.
value(r, path, fallback) := v if {
	v := object.get(r.values, path, null)
	v != null
} else := fallback

# The nested blocks of a name; one that is not known yet is one of which nothing
# is known.
blocks(r, name) := listed(value(r, name, []))

# Terraform and IAM write one of several either as it is or as a list.
listed(x) := x if is_array(x)

listed(x) := [] if is_null(x)

listed(x) := [x] if {
	not is_array(x)
	not is_null(x)
}

unknown(x) if x == {"unknown": true}

finding(r, argument) := {"resource": r.address, "argument": argument}

# Whether one resource's configuration or values mention another.
mentions(r, other) if other.block in r.references
