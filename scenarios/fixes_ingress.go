package scenarios

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// authorizeGroup puts the rule back as Terraform had it: by group.
func authorizeGroup(ctx context.Context, cfg aws.Config, id round.ID) error {
	api := ec2.NewFromConfig(cfg)
	from, err := groupOf(ctx, api, id, infra.RoleTasks)
	if err != nil {
		return err
	}
	return authorize(ctx, api, id, types.IpPermission{UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &from}}})
}

// authorizeCIDR admits the tasks' subnets by their addresses.
func authorizeCIDR(ctx context.Context, cfg aws.Config, id round.ID) error {
	api := ec2.NewFromConfig(cfg)
	out, err := api.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []types.Filter{
		{Name: aws.String("tag:" + infra.TagRound), Values: []string{string(id)}},
		{Name: aws.String("tag:" + infra.TagRole), Values: []string{infra.SubnetTasksA, infra.SubnetTasksB}},
	}})
	if err != nil {
		return fmt.Errorf("find the tasks' subnets: %w", err)
	}
	var ranges []types.IpRange
	for _, s := range out.Subnets {
		ranges = append(ranges, types.IpRange{CidrIp: s.CidrBlock})
	}
	if len(ranges) == 0 {
		return errors.New("find the tasks' subnets: there are none")
	}
	return authorize(ctx, api, id, types.IpPermission{IpRanges: ranges})
}

func authorize(ctx context.Context, api *ec2.Client, id round.ID, p types.IpPermission) error {
	to, err := groupOf(ctx, api, id, infra.RoleDatabase)
	if err != nil {
		return err
	}
	p.IpProtocol, p.FromPort, p.ToPort = aws.String("tcp"), aws.Int32(infra.PortPostgres), aws.Int32(infra.PortPostgres)
	_, err = api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &to, IpPermissions: []types.IpPermission{p},
	})
	if err != nil {
		return fmt.Errorf("authorize the tasks: %w", err)
	}
	return nil
}

// attachedGroup is the role in the name of the group that attachGroup makes.
const attachedGroup = "database-from-tasks"

// attachGroup makes a new group that admits the tasks, and puts the database
// into it beside the groups that it is in already. The name of the group says
// what it is for; its tag lets /destroy find it.
func attachGroup(ctx context.Context, cfg aws.Config, id round.ID) error {
	api, databases, names := ec2.NewFromConfig(cfg), rds.NewFromConfig(cfg), infra.NamesOf(id)
	from, err := groupOf(ctx, api, id, infra.RoleTasks)
	if err != nil {
		return err
	}
	db, err := databaseOf(ctx, databases, id)
	if err != nil {
		return err
	}
	if db.DBSubnetGroup == nil {
		return errors.New("find the network of the database: AWS does not tell it")
	}
	made, err := api.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: aws.String(names.Group(attachedGroup)), Description: aws.String("Admits the shop's tasks to the database."),
		VpcId: db.DBSubnetGroup.VpcId,
		TagSpecifications: []types.TagSpecification{{
			ResourceType: types.ResourceTypeSecurityGroup,
			Tags:         []types.Tag{{Key: aws.String(infra.TagRound), Value: aws.String(string(id))}},
		}},
	})
	if err != nil {
		return fmt.Errorf("make a group: %w", err)
	}
	_, err = api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: made.GroupId, IpPermissions: []types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(infra.PortPostgres), ToPort: aws.Int32(infra.PortPostgres),
			UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &from}},
		}},
	})
	if err != nil {
		return fmt.Errorf("authorize the tasks: %w", err)
	}
	groups := []string{aws.ToString(made.GroupId)}
	for _, g := range db.VpcSecurityGroups {
		groups = append(groups, aws.ToString(g.VpcSecurityGroupId))
	}
	_, err = databases.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: &names.Database, VpcSecurityGroupIds: groups, ApplyImmediately: aws.Bool(true),
	})
	if err != nil {
		return fmt.Errorf("put the database into the group: %w", err)
	}
	return nil
}
