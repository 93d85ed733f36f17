# A disk is encrypted where its block says so: left out, the image's word counts, and
# Amazon's images say no. So an instance or a template without a block for its disk
# is refused as well. An instance of a template takes its disks from there.
package rules.unencrypted_disk

import data.lib

id := "unencrypted-disk"

says := "Every disk of an instance must be encrypted, the first one included."

# The provider writes a template's setting as text.
encrypted(b) if object.get(b, "encrypted", null) in {true, "true"}

findings contains lib.finding(r, "root_block_device") if {
	some r in lib.managed("aws_instance")
	count(lib.blocks(r, "launch_template")) == 0
	count(lib.blocks(r, "root_block_device")) == 0
}

findings contains lib.finding(r, name) if {
	some r in lib.managed("aws_instance")
	some name in ["root_block_device", "ebs_block_device"]
	some b in lib.blocks(r, name)
	not encrypted(b)
}

disks(r) := [b |
	some mapping in lib.blocks(r, "block_device_mappings")
	some b in lib.listed(object.get(mapping, "ebs", null))
]

findings contains lib.finding(r, "block_device_mappings") if {
	some r in lib.managed("aws_launch_template")
	count(disks(r)) == 0
}

findings contains lib.finding(r, "block_device_mappings") if {
	some r in lib.managed("aws_launch_template")
	some b in disks(r)
	not encrypted(b)
}
