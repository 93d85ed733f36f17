# S3 blocks the public from new buckets, but the block that says so can be left out
# or weakened: left out, the provider takes false for each of its four arguments.
package rules.public_bucket

import data.lib

id := "public-bucket"

says := "A bucket must block the public wholly."

arguments := ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"]

findings contains lib.finding(r, "aws_s3_bucket_public_access_block") if {
	some r in lib.managed("aws_s3_bucket")
	not guarded(r)
}

guarded(bucket) if {
	some b in lib.managed("aws_s3_bucket_public_access_block")
	lib.mentions(b, bucket)
}

findings contains lib.finding(b, argument) if {
	some kind in ["aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block"]
	some b in lib.managed(kind)
	some argument in arguments
	lib.value(b, argument, false) != true
}

# Left out, the lists are private. One that is known only after the apply passes:
# the block above takes every list's effect.
findings contains lib.finding(r, "acl") if {
	some kind in ["aws_s3_bucket", "aws_s3_bucket_acl", "aws_s3_object"]
	some r in lib.managed(kind)
	lib.value(r, "acl", "private") in {"public-read", "public-read-write", "authenticated-read", "website"}
}
