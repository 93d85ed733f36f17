package scenarios

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// revokeCIDRs takes the rules away by which addresses reach the database: it was
// built with none.
func revokeCIDRs(ctx context.Context, cfg aws.Config, id round.ID) error {
	api := ec2.NewFromConfig(cfg)
	group, err := groupOf(ctx, api, id, infra.RoleDatabase)
	if err != nil {
		return err
	}
	out, err := api.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{group}}},
	})
	if err != nil {
		return fmt.Errorf("read the rules of the database: %w", err)
	}
	var rules []string
	for _, r := range out.SecurityGroupRules {
		if !aws.ToBool(r.IsEgress) && r.CidrIpv4 != nil {
			rules = append(rules, aws.ToString(r.SecurityGroupRuleId))
		}
	}
	if len(rules) == 0 {
		return nil
	}
	if _, err := api.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, SecurityGroupRuleIds: rules}); err != nil {
		return fmt.Errorf("revoke the addresses: %w", err)
	}
	return nil
}

// detachGroup puts the database back into the group that it was built with, and
// removes the one that attachGroup made.
func detachGroup(ctx context.Context, cfg aws.Config, id round.ID) error {
	api, names := ec2.NewFromConfig(cfg), infra.NamesOf(id)
	group, err := groupOf(ctx, api, id, infra.RoleDatabase)
	if err != nil {
		return err
	}
	_, err = rds.NewFromConfig(cfg).ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: &names.Database, VpcSecurityGroupIds: []string{group}, ApplyImmediately: aws.Bool(true),
	})
	if err != nil {
		return fmt.Errorf("put the database back: %w", err)
	}
	out, err := api.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{
		{Name: aws.String("group-name"), Values: []string{names.Group(attachedGroup)}},
		{Name: aws.String("tag:" + infra.TagRound), Values: []string{string(id)}},
	}})
	if err != nil {
		return fmt.Errorf("find the group that was made: %w", err)
	}
	for _, g := range out.SecurityGroups {
		if err := deleteGroup(ctx, api, aws.ToString(g.GroupId)); err != nil {
			return err
		}
	}
	return nil
}

// deleteGroup waits until nothing is in the group any more.
func deleteGroup(ctx context.Context, api *ec2.Client, group string) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		_, err := api.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &group})
		if err == nil || coded(err, "InvalidGroup.NotFound") {
			return nil
		}
		if !coded(err, "DependencyViolation") {
			return fmt.Errorf("delete the group %s: %w", group, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("delete the group %s: %w", group, err)
		case <-tick.C:
		}
	}
}
