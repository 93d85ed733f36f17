# Version 1 of the metadata service gives a role's credentials to whoever makes the host
# fetch a URL. Left out, the provider and AWS take "optional". An instance of a template
# takes it from there.
package rules.imdsv1

import data.lib

id := "imdsv1"

says := "An instance must ask for tokens at its metadata service (IMDSv2)."

findings contains lib.finding(r, "metadata_options") if {
	some kind in ["aws_instance", "aws_launch_template", "aws_launch_configuration"]
	some r in lib.managed(kind)
	not left_to_template(r)
	lib.value(r, ["metadata_options", 0, "http_tokens"], "optional") != "required"
	lib.value(r, ["metadata_options", 0, "http_endpoint"], "enabled") != "disabled"
}

left_to_template(r) if {
	count(lib.blocks(r, "launch_template")) > 0
	count(lib.blocks(r, "metadata_options")) == 0
}
