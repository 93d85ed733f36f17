package infra

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// findSnapshots finds the snapshots of the database that bear the round's name
// themselves, and outlive it; RDS's own go with it. One of another name was made
// by the account's owner, for players may not: it is theirs, and the bot has no
// right to it.
func findSnapshots(ctx context.Context, s *stack) (ids []string, err error) {
	pages := rds.NewDescribeDBSnapshotsPaginator(s.rds, &rds.DescribeDBSnapshotsInput{SnapshotType: aws.String("manual")})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, snap := range out.DBSnapshots {
			if aws.ToString(snap.DBInstanceIdentifier) == s.names.Database && s.names.Owns(aws.ToString(snap.DBSnapshotIdentifier)) {
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

// findBackups finds what RDS keeps of a database that is gone, as far as it bears
// the round's tags: it has no name, and the bot may delete no other.
func findBackups(ctx context.Context, s *stack) (ids []string, err error) {
	pages := rds.NewDescribeDBInstanceAutomatedBackupsPaginator(s.rds, &rds.DescribeDBInstanceAutomatedBackupsInput{})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, b := range out.DBInstanceAutomatedBackups {
			if aws.ToString(b.Status) == "retained" && aws.ToString(b.DBInstanceIdentifier) == s.names.Database && s.bearsOf(b.TagList) {
				ids = append(ids, aws.ToString(b.DbiResourceId))
			}
		}
	}
	return ids, nil
}

// bearsOf reports whether the tags of a database's thing are the round's.
func (s *stack) bearsOf(tags []types.Tag) bool {
	has := map[string]string{}
	for _, t := range tags {
		has[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return s.names.tagged(has)
}

func dropBackup(ctx context.Context, s *stack, id string) error {
	_, err := s.rds.DeleteDBInstanceAutomatedBackup(ctx, &rds.DeleteDBInstanceAutomatedBackupInput{DbiResourceId: &id})
	return err
}
