package gateway

import (
	"context"
)

var s3Subjects = map[string]subjects{
	"ListBucket":   s3Thing,
	"CreateBucket": s3Thing,
	"DeleteBucket": s3Thing,
	"GetObject":    s3Thing,
	"PutObject":    s3Thing,
	"DeleteObject": s3Thing,

	// What has no name here is still about a bucket, which a wildcard may allow.
	"GetUnknown": s3Thing,
	"Unknown":    s3Thing,
}

func s3Thing(_ context.Context, _ *upstream, r *request) ([]string, error) {
	arn := "arn:aws:s3:::" + r.str("Bucket")
	if key := r.str("Key"); key != "" {
		arn += "/" + key
	}
	return []string{arn}, nil
}
