package scenarios

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// stillAdmitted names a rule, beside those that are to be taken away, by which
// the tasks would go on reaching the database: one for their addresses, or one
// of another group that the database is in. Both are what a player's earlier
// repair leaves. Empty: there is none.
func stillAdmitted(ctx context.Context, cfg aws.Config, id round.ID, receipt ingressReceipt, from string, port int32) (string, error) {
	api := ec2.NewFromConfig(cfg)
	groups, err := groupsOfDatabase(ctx, cfg, id)
	if err != nil {
		return "", err
	}
	if !slices.Contains(groups, receipt.Group) {
		groups = append(groups, receipt.Group)
	}
	ranges, err := rangesOfTasks(ctx, api, id)
	if err != nil {
		return "", err
	}
	pages := ec2.NewDescribeSecurityGroupRulesPaginator(api, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: groups}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("read the rules of the database's groups: %w", err)
		}
		for _, r := range page.SecurityGroupRules {
			switch {
			case slices.ContainsFunc(receipt.Rules, func(own ingressRule) bool { return own.ID == aws.ToString(r.SecurityGroupRuleId) }):
			case admits(r, from, port):
				return "a rule of " + aws.ToString(r.GroupId), nil
			case overlaps(r, ranges, port):
				return "a rule for " + aws.ToString(r.CidrIpv4), nil
			}
		}
	}
	return "", nil
}

// groupsOfDatabase lists the security groups that the round's database is in:
// none where there is no database any more.
func groupsOfDatabase(ctx context.Context, cfg aws.Config, id round.ID) (groups []string, err error) {
	db, err := findDatabase(ctx, rds.NewFromConfig(cfg), id)
	if err != nil || db == nil {
		return nil, err
	}
	for _, g := range db.VpcSecurityGroups {
		groups = append(groups, aws.ToString(g.VpcSecurityGroupId))
	}
	return groups, nil
}

// rangesOfTasks lists the address ranges of the tasks' subnets.
func rangesOfTasks(ctx context.Context, api *ec2.Client, id round.ID) (ranges []netip.Prefix, err error) {
	out, err := api.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []types.Filter{
		{Name: aws.String("tag:" + infra.TagRound), Values: []string{string(id)}},
		{Name: aws.String("tag:" + infra.TagRole), Values: []string{infra.SubnetTasksA, infra.SubnetTasksB}},
	}})
	if err != nil {
		return nil, fmt.Errorf("find the tasks' subnets of %s: %w", id, err)
	}
	for _, s := range out.Subnets {
		if p, err := netip.ParsePrefix(aws.ToString(s.CidrBlock)); err == nil {
			ranges = append(ranges, p)
		}
	}
	return ranges, nil
}

// overlaps reports whether the rule lets any address of the ranges reach the
// port.
func overlaps(r types.SecurityGroupRule, ranges []netip.Prefix, port int32) bool {
	p, err := netip.ParsePrefix(aws.ToString(r.CidrIpv4))
	if err != nil || aws.ToBool(r.IsEgress) || !covers(r, port) {
		return false
	}
	return slices.ContainsFunc(ranges, p.Overlaps)
}
