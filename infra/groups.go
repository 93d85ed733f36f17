package infra

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// groupsStep is the security groups and what holds on to them.
func groupsStep() step {
	return step{
		name:  "security groups",
		needs: []string{"network"},
		parts: len(Groups()) + len(Ingresses()),
		make:  makeGroups,
		kinds: []kind{
			// Groups that name each other cannot be deleted before the rules.
			{"security group rules", findRules, dropRule},
			{"network interfaces", findInterfaces, dropInterface},
			{"security groups", findGroups, func(ctx context.Context, s *stack, id string) error {
				_, err := s.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &id})
				return err
			}},
		},
	}
}

func makeGroups(ctx context.Context, s *stack) error {
	out, err := s.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{filter("vpc-id", s.vpc)}})
	if err != nil {
		return fmt.Errorf("look for security groups: %w", err)
	}
	have := map[string]string{}
	for _, g := range out.SecurityGroups {
		have[aws.ToString(g.GroupName)] = aws.ToString(g.GroupId)
	}
	s.groups = map[string]string{}
	for _, role := range Groups() {
		name := s.names.Group(role)
		id, ok := have[name]
		if !ok {
			out, err := s.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
				VpcId: &s.vpc, GroupName: &name, Description: aws.String("The " + role + " of " + string(s.names.Round)),
				TagSpecifications: s.tagged(types.ResourceTypeSecurityGroup, role, name),
			})
			if err != nil {
				return fmt.Errorf("create the security group %s: %w", role, err)
			}
			id = aws.ToString(out.GroupId)
		}
		s.groups[role] = id
	}
	return each(ctx, Ingresses(), func(ctx context.Context, in Ingress) error {
		_, err := s.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: aws.String(s.groups[in.To]),
			IpPermissions: []types.IpPermission{{
				IpProtocol: aws.String("tcp"), FromPort: &in.Port, ToPort: &in.Port,
				UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: aws.String(s.groups[in.From])}},
			}},
		})
		if err != nil && !hasCode(err, "InvalidPermission.Duplicate") {
			return fmt.Errorf("let %s reach port %d of %s: %w", in.From, in.Port, in.To, err)
		}
		return nil
	})
}

func listGroups(ctx context.Context, s *stack, by []types.Filter) (groups []types.SecurityGroup, err error) {
	pages := ec2.NewDescribeSecurityGroupsPaginator(s.ec2, &ec2.DescribeSecurityGroupsInput{Filters: by})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		groups = append(groups, out.SecurityGroups...)
	}
	return groups, nil
}

// findGroups leaves out the default group, which goes with its VPC.
func findGroups(ctx context.Context, s *stack) ([]string, error) {
	return tagOrNetwork("vpc-id", func(ctx context.Context, s *stack, by []types.Filter) (ids []string, err error) {
		groups, err := listGroups(ctx, s, by)
		for _, g := range groups {
			if aws.ToString(g.GroupName) != "default" {
				ids = append(ids, aws.ToString(g.GroupId))
			}
		}
		return ids, err
	})(ctx, s)
}

// findRules finds the rules by which a group of the network, the default one
// included, names another group.
func findRules(ctx context.Context, s *stack) ([]string, error) {
	if len(s.networks) == 0 {
		return nil, nil
	}
	groups, err := listGroups(ctx, s, []types.Filter{filter("vpc-id", s.networks...)})
	if err != nil || len(groups) == 0 {
		return nil, err
	}
	var of, ids []string
	for _, g := range groups {
		of = append(of, aws.ToString(g.GroupId))
	}
	pages := ec2.NewDescribeSecurityGroupRulesPaginator(s.ec2, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{filter("group-id", of...)},
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range out.SecurityGroupRules {
			other := r.ReferencedGroupInfo
			if other == nil || aws.ToString(other.GroupId) == aws.ToString(r.GroupId) {
				continue
			}
			way := "ingress"
			if aws.ToBool(r.IsEgress) {
				way = "egress"
			}
			ids = append(ids, way+" "+aws.ToString(r.GroupId)+" "+aws.ToString(r.SecurityGroupRuleId))
		}
	}
	return ids, nil
}

func dropRule(ctx context.Context, s *stack, id string) error {
	parts := strings.Fields(id)
	if len(parts) != 3 {
		return fmt.Errorf("%q is not a rule", id)
	}
	if parts[0] == "egress" {
		_, err := s.ec2.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{
			GroupId: &parts[1], SecurityGroupRuleIds: parts[2:],
		})
		return err
	}
	_, err := s.ec2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{
		GroupId: &parts[1], SecurityGroupRuleIds: parts[2:],
	})
	return err
}

func findInterfaces(ctx context.Context, s *stack) ([]string, error) {
	return tagOrNetwork("vpc-id", func(ctx context.Context, s *stack, by []types.Filter) (ids []string, err error) {
		pages := ec2.NewDescribeNetworkInterfacesPaginator(s.ec2, &ec2.DescribeNetworkInterfacesInput{Filters: by})
		for pages.HasMorePages() {
			out, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, n := range out.NetworkInterfaces {
				ids = append(ids, aws.ToString(n.NetworkInterfaceId))
			}
		}
		return ids, nil
	})(ctx, s)
}

// dropInterface detaches an interface that is in use and leaves its deletion to
// the next look; those of a service go when the service is gone.
func dropInterface(ctx context.Context, s *stack, id string) error {
	_, err := s.ec2.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &id})
	if err == nil || isGone(err) {
		return nil
	}
	out, lookErr := s.ec2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}})
	if lookErr != nil {
		return err
	}
	for _, n := range out.NetworkInterfaces {
		if n.Attachment == nil || aws.ToBool(n.RequesterManaged) || aws.ToInt32(n.Attachment.DeviceIndex) == 0 {
			continue
		}
		if _, detachErr := s.ec2.DetachNetworkInterface(ctx, &ec2.DetachNetworkInterfaceInput{
			AttachmentId: n.Attachment.AttachmentId, Force: aws.Bool(true),
		}); detachErr != nil {
			return detachErr
		}
	}
	return err
}
