# S3 encrypts every new object since 2023, also where nothing is written. Yet it must
# be written: which keys encrypt is then somebody's decision.
package rules.unencrypted_bucket

import data.lib

id := "unencrypted-bucket"

says := "A bucket must say how it is encrypted."

argument := "sse_algorithm"

findings contains lib.finding(r, argument) if {
	some r in lib.managed("aws_s3_bucket")
	not said(r)
}

said(bucket) if {
	some c in lib.managed("aws_s3_bucket_server_side_encryption_configuration")
	lib.mentions(c, bucket)
}

findings contains lib.finding(c, argument) if {
	some c in lib.managed("aws_s3_bucket_server_side_encryption_configuration")
	path := ["rule", 0, "apply_server_side_encryption_by_default", 0, argument]
	not lib.value(c, path, "") in {"AES256", "aws:kms", "aws:kms:dsse"}
}
