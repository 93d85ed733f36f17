package infra

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// bucketsStep is the buckets. They go after all that writes into them.
func bucketsStep() step {
	return step{name: "buckets", kinds: []kind{{"buckets", findBuckets, dropBucket}}}
}

// buckets are the stack's own: no others, however alike an operator calls theirs,
// for what goes here is gone with every version. The name decides and not the
// tags, which a bucket gets only after it was made.
func (n Names) buckets(account string) (names []string) {
	for _, what := range []string{"files", "logs", "site"} {
		names = append(names, n.Bucket(what, account))
	}
	return names
}

func findBuckets(ctx context.Context, s *stack) (names []string, err error) {
	own := s.names.buckets(s.account)
	pages := s3.NewListBucketsPaginator(s.s3, &s3.ListBucketsInput{
		Prefix: aws.String(s.names.Prefix + "-"), MaxBuckets: aws.Int32(1000),
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, b := range out.Buckets {
			if slices.Contains(own, aws.ToString(b.Name)) {
				names = append(names, aws.ToString(b.Name))
			}
		}
	}
	return names, nil
}

// dropBucket removes a bucket with all that it holds: whole objects, older
// versions, the marks of deleted ones and parts of uploads that never ended.
func dropBucket(ctx context.Context, s *stack, id string) error {
	uploads := s3.NewListMultipartUploadsPaginator(s.s3, &s3.ListMultipartUploadsInput{Bucket: &id})
	for uploads.HasMorePages() {
		out, err := uploads.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, u := range out.Uploads {
			_, err := s.s3.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &id, Key: u.Key, UploadId: u.UploadId})
			if ignoreGone(err) != nil {
				return err
			}
		}
	}
	versions := s3.NewListObjectVersionsPaginator(s.s3, &s3.ListObjectVersionsInput{Bucket: &id})
	for versions.HasMorePages() {
		out, err := versions.NextPage(ctx) // as many as one call deletes
		if err != nil {
			return err
		}
		var all []types.ObjectIdentifier
		for _, v := range out.Versions {
			all = append(all, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, m := range out.DeleteMarkers {
			all = append(all, types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
		}
		if err := s.dropObjects(ctx, id, all); err != nil {
			return err
		}
	}
	_, err := s.s3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &id})
	return err
}

func (s *stack) dropObjects(ctx context.Context, bucket string, all []types.ObjectIdentifier) error {
	if len(all) == 0 {
		return nil
	}
	out, err := s.s3.DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket: &bucket, Delete: &types.Delete{Objects: all, Quiet: aws.Bool(true)},
	})
	if err != nil {
		return err
	}
	if len(out.Errors) > 0 {
		return fmt.Errorf("%d of %d objects stay: %s", len(out.Errors), len(all), aws.ToString(out.Errors[0].Code))
	}
	return nil
}
