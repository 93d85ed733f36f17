package reconcile

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// seeGroups reads every security group of the round's network, the player's own
// included: a group counts by where it is, not by its tag.
func (l look) seeGroups(ctx context.Context, seen *Seen) error {
	if len(l.networks) == 0 {
		seen.Groups = nil
		return nil
	}
	out, err := l.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []ec2types.Filter{
		{Name: aws.String("vpc-id"), Values: l.networks},
	}})
	if err != nil {
		return fmt.Errorf("describe the security groups: %w", err)
	}
	seen.Groups = map[string]Group{}
	for _, g := range out.SecurityGroups {
		group := Group{ID: aws.ToString(g.GroupId)}
		for _, p := range g.IpPermissions {
			group.Rules = append(group.Rules, rulesOf(p)...)
		}
		seen.Groups[group.ID] = group
	}
	return nil
}

// rulesOf takes one permission apart: each source is a rule.
func rulesOf(p ec2types.IpPermission) (rules []Rule) {
	base := Rule{Protocol: aws.ToString(p.IpProtocol), First: aws.ToInt32(p.FromPort), Last: aws.ToInt32(p.ToPort)}
	if base.Protocol == "6" {
		base.Protocol = "tcp"
	}
	for _, pair := range p.UserIdGroupPairs {
		r := base
		r.From = aws.ToString(pair.GroupId)
		rules = append(rules, r)
	}
	for _, ip := range p.IpRanges {
		prefix, err := netip.ParsePrefix(aws.ToString(ip.CidrIp))
		if err != nil {
			continue // moto checks what it stores; what is no range admits nobody
		}
		r := base
		r.CIDR = prefix.Masked()
		rules = append(rules, r)
	}
	return rules
}
