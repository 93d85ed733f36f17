package scenarios

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// deleteInterfaces gives back the addresses of the tasks' subnets that nothing
// uses, and waits until the service has all of its tasks.
func deleteInterfaces(ctx context.Context, cfg aws.Config, id round.ID) error {
	api := ec2.NewFromConfig(cfg)
	subnets, err := subnetsOf(ctx, api, id, []string{infra.SubnetTasksA, infra.SubnetTasksB})
	if err != nil {
		return err
	}
	unused, err := interfacesBy(ctx, api, []types.Filter{
		{Name: aws.String("subnet-id"), Values: subnets},
		{Name: aws.String("status"), Values: []string{"available"}},
		{Name: aws.String("tag:" + infra.TagRound), Values: []string{string(id)}},
	})
	if err != nil {
		return err
	}
	if len(unused) == 0 {
		return errors.New("give addresses back: every interface of the tasks' subnets is in use")
	}
	if err := giveBack(ctx, api, unused); err != nil {
		return err
	}
	return untilService(ctx, ecs.NewFromConfig(cfg), infra.NamesOf(id), settled)
}

// subnetAdded is the role of the subnet that addSubnet makes, and addedCIDR its
// range: the next one free in the network.
const (
	subnetAdded = "tasks-c"
	addedCIDR   = "10.20.3.0/28"
)

// addSubnet makes a third subnet for the tasks, with the way to the internet
// that the others have, and lets the service use it.
func addSubnet(ctx context.Context, cfg aws.Config, id round.ID) error {
	api, names := ec2.NewFromConfig(cfg), infra.NamesOf(id)
	mine := []types.Filter{{Name: aws.String("tag:" + infra.TagRound), Values: []string{string(id)}}}
	have, err := api.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: append(slices.Clone(mine),
		types.Filter{Name: aws.String("tag:" + infra.TagRole), Values: []string{infra.SubnetTasksA}})})
	if err != nil {
		return fmt.Errorf("find the tasks' subnet: %w", err)
	}
	if len(have.Subnets) != 1 {
		return fmt.Errorf("find the tasks' subnet: there are %d", len(have.Subnets))
	}
	made, err := api.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId: have.Subnets[0].VpcId, CidrBlock: aws.String(addedCIDR), AvailabilityZone: have.Subnets[0].AvailabilityZone,
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeSubnet, Tags: []types.Tag{
			{Key: aws.String(infra.TagRound), Value: aws.String(string(id))}, {Key: aws.String(infra.TagRole), Value: aws.String(subnetAdded)},
			{Key: aws.String("Name"), Value: aws.String(names.Group(subnetAdded))},
		}}},
	})
	if err != nil {
		return fmt.Errorf("make a subnet: %w", err)
	}
	routes, err := api.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: mine})
	if err != nil {
		return fmt.Errorf("find the way to the internet: %w", err)
	}
	if len(routes.RouteTables) == 0 {
		return errors.New("find the way to the internet: there is no route table")
	}
	if _, err := api.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{
		RouteTableId: routes.RouteTables[0].RouteTableId, SubnetId: made.Subnet.SubnetId,
	}); err != nil {
		return fmt.Errorf("give the subnet its routes: %w", err)
	}
	subnets, err := subnetsOf(ctx, api, id, []string{infra.SubnetTasksA, infra.SubnetTasksB})
	if err != nil {
		return err
	}
	return useSubnets(ctx, cfg, id, append(subnets, aws.ToString(made.Subnet.SubnetId)))
}

// useSubnets rolls the service into the subnets, and waits until it has.
func useSubnets(ctx context.Context, cfg aws.Config, id round.ID, subnets []string) error {
	api, names := ecs.NewFromConfig(cfg), infra.NamesOf(id)
	svc, err := serviceOf(ctx, api, names, infra.ServiceAPI)
	if err != nil {
		return err
	}
	if svc == nil || svc.NetworkConfiguration == nil || svc.NetworkConfiguration.AwsvpcConfiguration == nil {
		return errors.New("find the network of the shop's service: there is none")
	}
	_, err = api.UpdateService(ctx, &ecs.UpdateServiceInput{
		Cluster: &names.Cluster, Service: aws.String(infra.ServiceAPI),
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: subnets, SecurityGroups: svc.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups, AssignPublicIp: ecstypes.AssignPublicIpEnabled,
		}},
	})
	if err != nil {
		return fmt.Errorf("let the service use %d subnets: %w", len(subnets), err)
	}
	return untilService(ctx, api, names, settled)
}

// dropSubnet brings the service back into the subnets that it was built in, and
// takes the one away that was added.
func dropSubnet(ctx context.Context, cfg aws.Config, id round.ID) error {
	if err := builtCount(ctx, cfg, id); err != nil {
		return err
	}
	api := ec2.NewFromConfig(cfg)
	built, err := subnetsOf(ctx, api, id, []string{infra.SubnetTasksA, infra.SubnetTasksB})
	if err != nil {
		return err
	}
	if err := useSubnets(ctx, cfg, id, built); err != nil {
		return err
	}
	added, err := subnetsOf(ctx, api, id, []string{subnetAdded})
	if err != nil {
		return err
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		_, err := api.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &added[0]})
		if !coded(err, "DependencyViolation") { // the last task gives its address back a little later
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the subnet to be empty: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// scaleTasks asks for as many tasks as the service may have, and waits until
// more of them wait than the traffic has asked for.
func scaleTasks(ctx context.Context, cfg aws.Config, id round.ID) error {
	return scaleTo(ctx, cfg, id, infra.TasksAtMost, func(s ecstypes.Service) bool { return s.PendingCount > 2 })
}
