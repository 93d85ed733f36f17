# Left out, the provider takes false for each of these, but where the account itself
# encrypts new disks, which a plan does not show. What AWS encrypts in any case needs
# no rule: secrets, images in ECR, tables of DynamoDB, and the files of a trail, which
# stand in a bucket.
package rules.unencrypted_storage

import data.lib

id := "unencrypted-storage"

says := "Storage must be encrypted."

arguments := {
	"aws_db_instance": "storage_encrypted",
	"aws_rds_cluster": "storage_encrypted",
	"aws_docdb_cluster": "storage_encrypted",
	"aws_neptune_cluster": "storage_encrypted",
	"aws_redshift_cluster": "encrypted",
	"aws_ebs_volume": "encrypted",
	"aws_efs_file_system": "encrypted",
	"aws_elasticache_replication_group": "at_rest_encryption_enabled",
}

findings contains lib.finding(r, argument) if {
	some kind, argument in arguments
	some r in lib.managed(kind)
	lib.value(r, argument, false) != true
}
