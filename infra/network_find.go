package infra

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: &name, Values: values}
}

// mine finds what carries the round's tags.
func (s *stack) mine() []types.Filter {
	return []types.Filter{
		filter("tag:"+TagProject, Project),
		filter("tag:"+TagRound, string(s.names.Round)),
	}
}

// tagged tags an EC2 resource in the call that makes it, so that a crash never
// leaves one that nobody finds.
func (s *stack) tagged(what types.ResourceType, role, name string) []types.TagSpecification {
	spec := types.TagSpecification{ResourceType: what}
	for _, t := range s.names.Tags(role, name, s.spec.Expires) {
		spec.Tags = append(spec.Tags, types.Tag{Key: &t.Key, Value: &t.Value})
	}
	return []types.TagSpecification{spec}
}

// findNetworks finds the round's VPCs by tag and by name: more than one where a
// call was heard whose answer was lost.
func (s *stack) findNetworks(ctx context.Context) error {
	s.networks = nil
	for _, by := range [][]types.Filter{s.mine(), {filter("tag:Name", s.names.VPC), filter("tag:"+TagProject, Project)}} {
		pages := ec2.NewDescribeVpcsPaginator(s.ec2, &ec2.DescribeVpcsInput{Filters: by})
		for pages.HasMorePages() {
			out, err := pages.NextPage(ctx)
			if err != nil {
				return fmt.Errorf("look for the VPC: %w", err)
			}
			for _, v := range out.Vpcs {
				s.networks = append(s.networks, aws.ToString(v.VpcId))
			}
		}
	}
	s.networks = union(s.networks)
	return nil
}

// lister lists the ids of one kind of EC2 resource.
type lister func(ctx context.Context, s *stack, filters []types.Filter) ([]string, error)

// tagOrNetwork finds what carries the round's tags, and what stands in one of
// its networks whoever made it. in names the filter for the latter.
func tagOrNetwork(in string, list lister) func(context.Context, *stack) ([]string, error) {
	return func(ctx context.Context, s *stack) ([]string, error) {
		ids, err := list(ctx, s, s.mine())
		if err != nil || len(s.networks) == 0 {
			return ids, err
		}
		inside, err := list(ctx, s, []types.Filter{filter(in, s.networks...)})
		return union(ids, inside), err
	}
}

func findSubnets(ctx context.Context, s *stack) ([]string, error) {
	return tagOrNetwork("vpc-id", func(ctx context.Context, s *stack, by []types.Filter) (ids []string, err error) {
		pages := ec2.NewDescribeSubnetsPaginator(s.ec2, &ec2.DescribeSubnetsInput{Filters: by})
		for pages.HasMorePages() {
			out, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, sub := range out.Subnets {
				ids = append(ids, aws.ToString(sub.SubnetId))
			}
		}
		return ids, nil
	})(ctx, s)
}

// findRouteTables leaves out the main table, which goes with its VPC.
func findRouteTables(ctx context.Context, s *stack) ([]string, error) {
	return tagOrNetwork("vpc-id", func(ctx context.Context, s *stack, by []types.Filter) (ids []string, err error) {
		pages := ec2.NewDescribeRouteTablesPaginator(s.ec2, &ec2.DescribeRouteTablesInput{Filters: by})
		for pages.HasMorePages() {
			out, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, t := range out.RouteTables {
				if !isMain(t) {
					ids = append(ids, aws.ToString(t.RouteTableId))
				}
			}
		}
		return ids, nil
	})(ctx, s)
}

func isMain(t types.RouteTable) bool {
	for _, a := range t.Associations {
		if aws.ToBool(a.Main) {
			return true
		}
	}
	return false
}

// dropRouteTable first takes the table off the subnets that are still there.
func dropRouteTable(ctx context.Context, s *stack, id string) error {
	out, err := s.ec2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{id}})
	if err != nil {
		return err
	}
	for _, t := range out.RouteTables {
		for _, a := range t.Associations {
			_, err := s.ec2.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: a.RouteTableAssociationId})
			if ignoreGone(err) != nil {
				return err
			}
		}
	}
	_, err = s.ec2.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &id})
	return err
}

func findGateways(ctx context.Context, s *stack) ([]string, error) {
	return tagOrNetwork("attachment.vpc-id", func(ctx context.Context, s *stack, by []types.Filter) (ids []string, err error) {
		pages := ec2.NewDescribeInternetGatewaysPaginator(s.ec2, &ec2.DescribeInternetGatewaysInput{Filters: by})
		for pages.HasMorePages() {
			out, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, g := range out.InternetGateways {
				ids = append(ids, aws.ToString(g.InternetGatewayId))
			}
		}
		return ids, nil
	})(ctx, s)
}

func dropGateway(ctx context.Context, s *stack, id string) error {
	for _, vpc := range s.networks {
		_, err := s.ec2.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &id, VpcId: &vpc})
		if ignoreGone(err) != nil {
			return err
		}
	}
	_, err := s.ec2.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &id})
	return err
}
