# Every IAM document of the stack, as statements of one shape. A document that is
# put together by aws_iam_policy_document is read there while a plan does not know
# its text; what a statement does not know yet is some ARN, and never "*", which
# anybody can write.
package iam

import data.lib

# By type: the argument that holds a document. Gateway endpoints are left out: AWS
# gives them one that lets everybody ask for everything, and others decide.
identity := {"aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy"}

others := {
	"aws_s3_bucket_policy", "aws_sqs_queue_policy", "aws_sqs_queue", "aws_sns_topic_policy", "aws_sns_topic",
	"aws_secretsmanager_secret_policy", "aws_secretsmanager_secret", "aws_ecr_repository_policy", "aws_kms_key",
}

texts contains {"resource": r.address, "argument": "policy", "identity": kind in identity, "text": text, "references": r.references} if {
	some kind in (identity | others)
	some r in lib.managed(kind)
	text := lib.value(r, "policy", null)
	not text in {null, ""}
}

texts contains {"resource": r.address, "argument": "assume_role_policy", "identity": false, "text": text, "references": r.references} if {
	some r in lib.managed("aws_iam_role")
	text := lib.value(r, "assume_role_policy", null)
	text != null
}

texts contains {"resource": r.address, "argument": "inline_policy", "identity": true, "text": b.policy, "references": r.references} if {
	some r in lib.managed("aws_iam_role")
	some b in lib.blocks(r, "inline_policy")
	not object.get(b, "policy", null) in {null, ""}
}

statements contains statement if {
	some t in texts
	is_string(t.text)
	some s in lib.listed(json.unmarshal(t.text).Statement)
	statement := {
		"resource": t.resource, "argument": t.argument, "identity": t.identity,
		"allows": s.Effect == "Allow",
		"actions": lib.listed(object.get(s, "Action", null)),
		"resources": lib.listed(object.get(s, "Resource", null)),
		"negated": count(object.keys(s) & {"NotAction", "NotResource", "NotPrincipal"}) > 0,
		"principals": principals(object.get(s, "Principal", null)),
		"conditional": count(object.get(s, "Condition", {})) > 0,
	}
}

statements contains statement if {
	some r in input.resources
	r.type == "aws_iam_policy_document"
	lib.unknown(object.get(r.values, "json", null))
	some s in lib.blocks(r, "statement")
	who := [p | some b in lib.listed(object.get(s, "principals", null)); some p in lib.listed(b.identifiers)]
	statement := {
		"resource": r.address, "argument": "statement", "identity": count(who) == 0,
		"allows": object.get(s, "effect", null) in {null, "Allow"},
		"actions": lib.listed(object.get(s, "actions", null)),
		"resources": lib.listed(object.get(s, "resources", null)),
		"negated": count([1 | some name in ["not_actions", "not_resources", "not_principals"]; count(lib.listed(object.get(s, name, null))) > 0]) > 0,
		"principals": who,
		"conditional": count(lib.listed(object.get(s, "condition", null))) > 0,
	}
}

principals(p) := [p] if is_string(p)

principals(p) := [] if is_null(p)

principals(p) := [who | some some_of in p; some who in lib.listed(some_of)] if is_object(p)

# Reads that give away no secret. AWS does not care about capitals.
reads(action) if {
	regex.match(`(?i)^[a-z0-9-]+:(BatchCheck|BatchGet|Describe|Filter|Get|List|Lookup|Search)`, action)
	not regex.match(`(?i)^(kms|secretsmanager|ssm|sts):|^s3:GetObject`, action)
}
