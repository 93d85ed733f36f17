# By its tags the sweeper finds what a round left. Every resource that can be tagged
# has tags_all in its schema: its own tags and those that the provider adds. Tags are
# never left to AWS, so what is known only after the apply is refused.
package rules.missing_tags

import data.lib

id := "missing-tags"

says := "Whatever can be tagged must have the tags project, round and expires."

findings contains lib.finding(r, tag) if {
	some r in input.resources
	not r.data
	"tags_all" in object.keys(r.values)
	some tag in wanted
	not tagged(r, tag)
}

wanted := ["project", "round", "expires"]

tagged(r, tag) if {
	v := lib.value(r, ["tags_all", tag], "")
	is_string(v)
	v != ""
}
