package scenarios

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// Fix is one thing that a player may do about a scenario, as a program that
// acts with the player's own keys. Promise is how the incident then ends.
type Fix struct {
	Promise round.Outcome
	Do      func(context.Context, aws.Config, round.ID) error
}

// fixes is every move of every scenario, by the name that its YAML gives it. A
// test holds the two against each other.
var fixes = map[string]map[string]Fix{
	"security-group": {
		"authorize-group": {round.Resolved, authorizeGroup},
		"authorize-cidr":  {round.Resolved, authorizeCIDR},
		"restart-api":     {round.TimedOut, restartAPI},
	},
}

// FixOf finds a move of a scenario. An empty name is the first fix that counts.
func (c *Catalogue) FixOf(scenario, name string) (string, Fix, error) {
	s, ok := c.Get(scenario)
	if !ok {
		return "", Fix{}, fmt.Errorf("there is no scenario %q", scenario)
	}
	if name == "" {
		name = s.Debrief.Fixes[0].Name
	}
	if f, ok := fixes[scenario][name]; ok {
		return name, f, nil
	}
	var names []string
	for _, m := range append(append([]round.Move(nil), s.Debrief.Fixes...), s.Debrief.Wrong...) {
		names = append(names, m.Name)
	}
	return "", Fix{}, fmt.Errorf("%s has no fix %q; it has %v", scenario, name, names)
}

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

// restartAPI replaces every task of the shop's service and waits until none of
// the old ones runs, so that nobody can say it was not really tried.
func restartAPI(ctx context.Context, cfg aws.Config, id round.ID) error {
	api := ecs.NewFromConfig(cfg)
	cluster, service := infra.NamesOf(id).Cluster, infra.ServiceAPI
	running := func() ([]string, error) {
		out, err := api.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &cluster, ServiceName: &service})
		if err != nil {
			return nil, fmt.Errorf("list the tasks: %w", err)
		}
		return out.TaskArns, nil
	}
	old, err := running()
	if err != nil {
		return err
	}
	if len(old) == 0 {
		return errors.New("restart the shop: no task runs")
	}
	_, err = api.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: &cluster, Service: &service, ForceNewDeployment: true})
	if err != nil {
		return fmt.Errorf("restart the shop: %w", err)
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		now, err := running()
		if err != nil {
			return err
		}
		if len(now) >= len(old) && disjoint(old, now) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the new tasks: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

func disjoint(a, b []string) bool {
	seen := map[string]bool{}
	for _, s := range a {
		seen[s] = true
	}
	for _, s := range b {
		if seen[s] {
			return false
		}
	}
	return true
}
