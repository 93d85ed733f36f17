package infra

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
)

// findSnapshots finds the snapshots that somebody made of the database, which
// outlive it; RDS's own go with it.
func findSnapshots(ctx context.Context, s *stack) (ids []string, err error) {
	pages := rds.NewDescribeDBSnapshotsPaginator(s.rds, &rds.DescribeDBSnapshotsInput{SnapshotType: aws.String("manual")})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, snap := range out.DBSnapshots {
			if s.names.Owns(aws.ToString(snap.DBInstanceIdentifier)) || s.names.Owns(aws.ToString(snap.DBSnapshotIdentifier)) {
				ids = append(ids, aws.ToString(snap.DBSnapshotIdentifier))
			}
		}
	}
	return ids, nil
}

func dropSnapshot(ctx context.Context, s *stack, id string) error {
	_, err := s.rds.DeleteDBSnapshot(ctx, &rds.DeleteDBSnapshotInput{DBSnapshotIdentifier: &id})
	return err
}

// findBackups finds what RDS keeps of a database that is gone.
func findBackups(ctx context.Context, s *stack) (ids []string, err error) {
	pages := rds.NewDescribeDBInstanceAutomatedBackupsPaginator(s.rds, &rds.DescribeDBInstanceAutomatedBackupsInput{})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, b := range out.DBInstanceAutomatedBackups {
			if aws.ToString(b.Status) == "retained" && s.names.Owns(aws.ToString(b.DBInstanceIdentifier)) {
				ids = append(ids, aws.ToString(b.DbiResourceId))
			}
		}
	}
	return ids, nil
}

func dropBackup(ctx context.Context, s *stack, id string) error {
	_, err := s.rds.DeleteDBInstanceAutomatedBackup(ctx, &rds.DeleteDBInstanceAutomatedBackupInput{DbiResourceId: &id})
	return err
}
