# What stays behind when a resource is deleted costs on, and keeps its name from the next
# round: a last snapshot, backups, a secret that waits, a disk.
package rules.kept_copies

import data.lib

id := "kept-copies"

says := "Nothing may stay behind when a resource is deleted."

# Left out, the provider keeps a last snapshot.
findings contains lib.finding(r, "skip_final_snapshot") if {
	some kind in ["aws_db_instance", "aws_rds_cluster", "aws_docdb_cluster", "aws_neptune_cluster", "aws_redshift_cluster"]
	some r in lib.managed(kind)
	lib.value(r, "skip_final_snapshot", false) != true
}

# Left out, the provider deletes them.
findings contains lib.finding(r, "delete_automated_backups") if {
	some r in lib.managed("aws_db_instance")
	lib.value(r, "delete_automated_backups", true) != true
}

# Left out, a secret waits for 30 days.
findings contains lib.finding(r, "recovery_window_in_days") if {
	some r in lib.managed("aws_secretsmanager_secret")
	lib.value(r, "recovery_window_in_days", 30) != 0
}

# A key waits for seven days at least, and costs until then.
findings contains lib.finding(r, "deletion_window_in_days") if some r in lib.managed("aws_kms_key")

# Left out, the provider deletes an instance's disks; of a template, AWS keeps those
# that the image has not.
findings contains lib.finding(r, name) if {
	some r in lib.managed("aws_instance")
	some name in ["root_block_device", "ebs_block_device"]
	some b in lib.blocks(r, name)
	object.get(b, "delete_on_termination", null) == false
}

findings contains lib.finding(r, "block_device_mappings") if {
	some r in lib.managed("aws_launch_template")
	some mapping in lib.blocks(r, "block_device_mappings")
	some b in lib.listed(object.get(mapping, "ebs", null))
	not object.get(b, "delete_on_termination", null) in {true, "true"}
}
