# Outputs are printed. Terraform itself refuses what it knows to be sensitive; this finds
# what somebody declared to be none, what is named like a secret, and what looks like
# one. The name of a secret in Secrets Manager is none. A value that is known only
# after the apply is judged by its name alone.
package rules.plain_secret

import data.lib

id := "plain-secret"

says := "An output that holds a secret must be marked as sensitive."

findings contains {"resource": sprintf("output.%s", [o.name]), "argument": ""} if {
	some o in input.outputs
	not o.sensitive
	walk(o.value, [path, leaf])
	telling(array.concat([o.name], path), leaf)
}

telling(path, leaf) if {
	named_secret(path)
	is_string(leaf)
	leaf != ""
	not names_a_secret(leaf)
}

telling(path, leaf) if {
	named_secret(path)
	lib.unknown(leaf)
}

telling(_, leaf) if {
	is_string(leaf)
	some r in input.resources
	not readable(r)
	some secret in r.secrets
	count(secret) >= 6
	contains(leaf, secret)
}

telling(_, leaf) if {
	is_string(leaf)
	regex.match(`PRIVATE KEY-----|AKIA[0-9A-Z]{16}|://[^/@:]+:[^/@]+@`, leaf)
}

# The provider calls every parameter's value sensitive, also of those that keep none.
readable(r) if {
	r.type == "aws_ssm_parameter"
	r.values.type in {"String", "StringList"}
}

named_secret(path) if {
	words := [p | some p in path; is_string(p)]
	regex.match(`(^|_)(password|passphrase|secret|token|private_key|access_key|api_key|credentials?)$`, lower(words[count(words) - 1]))
}

names_a_secret(text) if {
	some r in lib.managed("aws_secretsmanager_secret")
	text in {r.values.name, object.get(r.values, "arn", null)}
}
