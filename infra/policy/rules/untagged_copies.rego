# What a resource makes in turn takes the provider's tags only where it is told to:
# the disks of an instance, the instances of a template, the tasks of a service.
package rules.untagged_copies

import data.lib

id := "untagged-copies"

says := "What a resource makes in turn must have the tags project, round and expires."

tags := ["project", "round", "expires"]

# Left out, a disk has no tags, unless volume_tags give all disks theirs. Disks of a
# template have theirs from there, and the provider does not read them back.
findings contains lib.finding(r, "root_block_device") if {
	some r in lib.managed("aws_instance")
	count(lib.blocks(r, "launch_template")) == 0
	some name in ["root_block_device", "ebs_block_device"]
	some b in lib.blocks(r, name)
	some tag in tags
	not said(object.get(b, "tags", null), tag)
	not said(lib.value(r, "volume_tags", null), tag)
}

findings contains lib.finding(r, "tag_specifications") if {
	some r in lib.managed("aws_launch_template")
	some what in ["instance", "volume"]
	some tag in tags
	not specified(r, what, tag)
}

specified(r, what, tag) if {
	some s in lib.blocks(r, "tag_specifications")
	s.resource_type == what
	said(s.tags, tag)
}

# Left out, a service's tasks have no tags.
findings contains lib.finding(r, "propagate_tags") if {
	some r in lib.managed("aws_ecs_service")
	not lib.value(r, "propagate_tags", "NONE") in {"SERVICE", "TASK_DEFINITION"}
}

said(all, tag) if {
	is_string(all[tag])
	all[tag] != ""
}
