package infra

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// What the database of a stack is. MaxConnections is set explicitly, so that
// connections can run out in a minute.
const (
	DatabaseVersion = "16" // major: RDS takes the minor that it prefers, and gives up old ones
	DatabaseFamily  = "postgres16"
	DatabaseClass   = "db.t4g.micro"
	DatabaseStorage = 20 // GiB
	MaxConnections  = "160"
)

// databaseStep is the RDS instance and its two groups.
func databaseStep() step {
	return step{
		name:  "database",
		needs: []string{"network", "security groups", "secrets", "logs"},
		parts: 3,
		make:  makeDatabase,
		kinds: []kind{
			{"databases", findDatabases, dropDatabase},
			{"database snapshots", findSnapshots, dropSnapshot},
			{"database backups", findBackups, dropBackup},
			{"database subnet groups", findSubnetGroups, func(ctx context.Context, s *stack, id string) error {
				_, err := s.rds.DeleteDBSubnetGroup(ctx, &rds.DeleteDBSubnetGroupInput{DBSubnetGroupName: &id})
				return err
			}},
			{"database parameter groups", findParameterGroups, func(ctx context.Context, s *stack, id string) error {
				_, err := s.rds.DeleteDBParameterGroup(ctx, &rds.DeleteDBParameterGroupInput{DBParameterGroupName: &id})
				return err
			}},
		},
	}
}

func makeDatabase(ctx context.Context, s *stack) error {
	name := s.names.Database
	var tags []types.Tag
	for _, t := range s.names.Tags(RoleDatabase, name, s.spec.Expires) {
		tags = append(tags, types.Tag{Key: &t.Key, Value: &t.Value})
	}
	_, err := s.rds.CreateDBSubnetGroup(ctx, &rds.CreateDBSubnetGroupInput{
		DBSubnetGroupName: &name, DBSubnetGroupDescription: &name, Tags: tags,
		SubnetIds: []string{s.subnets[SubnetDatabaseA], s.subnets[SubnetDatabaseB]},
	})
	if err != nil && !hasCode(err, "DBSubnetGroupAlreadyExists") {
		return fmt.Errorf("create the database's subnet group: %w", err)
	}
	_, err = s.rds.CreateDBParameterGroup(ctx, &rds.CreateDBParameterGroupInput{
		DBParameterGroupName: &name, DBParameterGroupFamily: aws.String(DatabaseFamily), Description: &name, Tags: tags,
	})
	if err != nil && !hasCode(err, "DBParameterGroupAlreadyExists") {
		return fmt.Errorf("create the database's parameter group: %w", err)
	}
	// Static: it holds from the first start, which comes below.
	if _, err := s.rds.ModifyDBParameterGroup(ctx, &rds.ModifyDBParameterGroupInput{
		DBParameterGroupName: &name,
		Parameters: []types.Parameter{{
			ParameterName: aws.String("max_connections"), ParameterValue: aws.String(MaxConnections),
			ApplyMethod: types.ApplyMethodPendingReboot,
		}},
	}); err != nil {
		return fmt.Errorf("set the database's parameters: %w", err)
	}
	_, err = s.rds.CreateDBInstance(ctx, &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: &name, DBName: &s.names.DatabaseName,
		Engine: aws.String("postgres"), EngineVersion: aws.String(DatabaseVersion),
		DBInstanceClass: aws.String(DatabaseClass), AllocatedStorage: aws.Int32(DatabaseStorage),
		MasterUsername: &s.operator.Username, MasterUserPassword: &s.operator.Password, Port: aws.Int32(PortPostgres),
		DBSubnetGroupName: &name, DBParameterGroupName: &name, VpcSecurityGroupIds: []string{s.groups[RoleDatabase]},
		PubliclyAccessible: aws.Bool(false), StorageEncrypted: aws.Bool(true), BackupRetentionPeriod: aws.Int32(0), Tags: tags,
	})
	if err != nil && !hasCode(err, "DBInstanceAlreadyExists") {
		return fmt.Errorf("create the database: %w", err)
	}
	err = s.until(ctx, s.cfg.Pace.Ready, "the database", func(ctx context.Context) (bool, error) {
		out, err := s.rds.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &name})
		if err != nil {
			return false, fmt.Errorf("look at the database: %w", err)
		}
		for _, db := range out.DBInstances {
			if db.Endpoint != nil && aws.ToString(db.DBInstanceStatus) == "available" {
				s.databaseHost = aws.ToString(db.Endpoint.Address)
			}
		}
		return s.databaseHost != "", nil
	})
	if err != nil {
		return err
	}
	return each(ctx, s.logins(), func(ctx context.Context, l dbLogin) error {
		if l.value.Host == s.databaseHost {
			return nil
		}
		l.value.Host = s.databaseHost
		return s.putLogin(ctx, l)
	})
}

func findDatabases(ctx context.Context, s *stack) (ids []string, err error) {
	pages := rds.NewDescribeDBInstancesPaginator(s.rds, &rds.DescribeDBInstancesInput{})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, db := range out.DBInstances {
			inside := db.DBSubnetGroup != nil && slices.Contains(s.networks, aws.ToString(db.DBSubnetGroup.VpcId))
			if inside || s.names.Owns(aws.ToString(db.DBInstanceIdentifier)) {
				ids = append(ids, aws.ToString(db.DBInstanceIdentifier))
			}
		}
	}
	return ids, nil
}

// dropDatabase keeps no snapshot. A player may have protected the instance.
func dropDatabase(ctx context.Context, s *stack, id string) error {
	in := &rds.DeleteDBInstanceInput{
		DBInstanceIdentifier: &id, SkipFinalSnapshot: aws.Bool(true), DeleteAutomatedBackups: aws.Bool(true),
	}
	_, err := s.rds.DeleteDBInstance(ctx, in)
	if !hasCode(err, "InvalidParameterCombination") {
		return err
	}
	if _, err := s.rds.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: &id, DeletionProtection: aws.Bool(false), ApplyImmediately: aws.Bool(true),
	}); err != nil {
		return err
	}
	_, err = s.rds.DeleteDBInstance(ctx, in)
	return err
}

func findSubnetGroups(ctx context.Context, s *stack) (ids []string, err error) {
	pages := rds.NewDescribeDBSubnetGroupsPaginator(s.rds, &rds.DescribeDBSubnetGroupsInput{})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, g := range out.DBSubnetGroups {
			if s.names.Owns(aws.ToString(g.DBSubnetGroupName)) || slices.Contains(s.networks, aws.ToString(g.VpcId)) {
				ids = append(ids, aws.ToString(g.DBSubnetGroupName))
			}
		}
	}
	return ids, nil
}

func findParameterGroups(ctx context.Context, s *stack) (ids []string, err error) {
	pages := rds.NewDescribeDBParameterGroupsPaginator(s.rds, &rds.DescribeDBParameterGroupsInput{})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, g := range out.DBParameterGroups {
			if s.names.Owns(aws.ToString(g.DBParameterGroupName)) {
				ids = append(ids, aws.ToString(g.DBParameterGroupName))
			}
		}
	}
	return ids, nil
}
