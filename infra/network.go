package infra

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"
)

// networkStep is the VPC, its subnets and their way to the internet.
func networkStep() step {
	return step{
		name:  "network",
		parts: 3 + len(Subnets()),
		make:  makeNetwork,
		kinds: []kind{
			{"subnets", findSubnets, func(ctx context.Context, s *stack, id string) error {
				_, err := s.ec2.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &id})
				return err
			}},
			{"route tables", findRouteTables, dropRouteTable},
			{"internet gateways", findGateways, dropGateway},
			{"networks", func(_ context.Context, s *stack) ([]string, error) { return s.networks, nil },
				func(ctx context.Context, s *stack, id string) error {
					_, err := s.ec2.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &id})
					return err
				}},
		},
	}
}

func makeNetwork(ctx context.Context, s *stack) error {
	if err := s.findNetworks(ctx); err != nil {
		return err
	}
	if len(s.networks) > 0 {
		s.vpc = s.networks[0]
	} else {
		out, err := s.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{
			CidrBlock:         aws.String(NetworkCIDR),
			TagSpecifications: s.tagged(types.ResourceTypeVpc, RoleNetwork, s.names.VPC),
		}, once)
		if err != nil {
			return fmt.Errorf("create the VPC: %w", err)
		}
		s.vpc = aws.ToString(out.Vpc.VpcId)
	}
	// Tasks with addresses of their own need the VPC's names.
	if _, err := s.ec2.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{
		VpcId: &s.vpc, EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)},
	}); err != nil {
		return fmt.Errorf("give the VPC host names: %w", err)
	}
	var gateway string
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return makeSubnets(gctx, s) })
	g.Go(func() (err error) { gateway, err = makeGateway(gctx, s); return err })
	if err := g.Wait(); err != nil {
		return err
	}
	return makeRoutes(ctx, s, gateway)
}

func makeSubnets(ctx context.Context, s *stack) error {
	out, err := s.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []types.Filter{filter("vpc-id", s.vpc)}})
	if err != nil {
		return fmt.Errorf("look for subnets: %w", err)
	}
	have := map[string]string{}
	addressed := map[string]bool{}
	for _, sub := range out.Subnets {
		have[aws.ToString(sub.CidrBlock)] = aws.ToString(sub.SubnetId)
		addressed[aws.ToString(sub.SubnetId)] = aws.ToBool(sub.MapPublicIpOnLaunch)
	}
	plan := Subnets()
	ids := make([]string, len(plan))
	var order []int
	for i := range plan {
		order = append(order, i)
	}
	err = each(ctx, order, func(ctx context.Context, i int) error {
		sub := plan[i]
		id, ok := have[sub.CIDR]
		if !ok {
			out, err := s.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{
				VpcId: &s.vpc, CidrBlock: &sub.CIDR, AvailabilityZone: aws.String(s.region + sub.Zone),
				TagSpecifications: s.tagged(types.ResourceTypeSubnet, sub.Role, s.names.Group(sub.Role)),
			})
			if err != nil {
				return fmt.Errorf("create the subnet %s: %w", sub.Role, err)
			}
			id = aws.ToString(out.Subnet.SubnetId)
		}
		ids[i] = id
		if sub.Role != HostSubnet || addressed[id] {
			return nil
		}
		// Without a public address a host cannot reach SSM, nor SSM the host.
		if _, err := s.ec2.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
			SubnetId: &id, MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: aws.Bool(true)},
		}); err != nil {
			return fmt.Errorf("give the hosts of %s addresses: %w", sub.Role, err)
		}
		return nil
	})
	s.subnets = map[string]string{}
	for i, sub := range plan {
		s.subnets[sub.Role] = ids[i]
	}
	return err
}

func makeGateway(ctx context.Context, s *stack) (string, error) {
	out, err := s.ec2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: s.mine()})
	if err != nil {
		return "", fmt.Errorf("look for the internet gateway: %w", err)
	}
	var id string
	if len(out.InternetGateways) > 0 {
		found := out.InternetGateways[0]
		id = aws.ToString(found.InternetGatewayId)
		if len(found.Attachments) > 0 {
			return id, nil
		}
	} else {
		out, err := s.ec2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{
			TagSpecifications: s.tagged(types.ResourceTypeInternetGateway, RoleNetwork, s.names.VPC),
		}, once)
		if err != nil {
			return "", fmt.Errorf("create the internet gateway: %w", err)
		}
		id = aws.ToString(out.InternetGateway.InternetGatewayId)
	}
	_, err = s.ec2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &id, VpcId: &s.vpc})
	if err != nil && !hasCode(err, "Resource.AlreadyAssociated") {
		return "", fmt.Errorf("attach the internet gateway: %w", err)
	}
	return id, nil
}

// makeRoutes gives the public subnets a table of their own; the others keep the
// VPC's main one, which leads nowhere.
func makeRoutes(ctx context.Context, s *stack, gateway string) error {
	out, err := s.ec2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: s.mine()})
	if err != nil {
		return fmt.Errorf("look for the route table: %w", err)
	}
	var table string
	joined := map[string]bool{}
	if len(out.RouteTables) > 0 {
		table = aws.ToString(out.RouteTables[0].RouteTableId)
		for _, a := range out.RouteTables[0].Associations {
			joined[aws.ToString(a.SubnetId)] = true
		}
	} else {
		out, err := s.ec2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{
			VpcId: &s.vpc, TagSpecifications: s.tagged(types.ResourceTypeRouteTable, RoleNetwork, s.names.VPC),
		})
		if err != nil {
			return fmt.Errorf("create the route table: %w", err)
		}
		table = aws.ToString(out.RouteTable.RouteTableId)
	}
	_, err = s.ec2.CreateRoute(ctx, &ec2.CreateRouteInput{
		RouteTableId: &table, GatewayId: &gateway, DestinationCidrBlock: aws.String("0.0.0.0/0"),
	})
	if err != nil && !hasCode(err, "RouteAlreadyExists") {
		return fmt.Errorf("create the route to the internet: %w", err)
	}
	return each(ctx, Subnets(), func(ctx context.Context, sub Subnet) error {
		id := s.subnets[sub.Role]
		if !sub.Public || joined[id] {
			return nil
		}
		_, err := s.ec2.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &table, SubnetId: &id})
		if err != nil && !hasCode(err, "Resource.AlreadyAssociated") {
			return fmt.Errorf("give the subnet %s its routes: %w", sub.Role, err)
		}
		return nil
	})
}
