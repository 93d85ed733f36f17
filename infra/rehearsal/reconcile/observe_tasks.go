package reconcile

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/chaotic-good/scenarios/infra"
)

func (c clients) seeServices(ctx context.Context, n infra.Names, seen *Seen) error {
	out, err := c.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &n.Cluster, Services: serviceNames()})
	if gone(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("describe the services: %w", err)
	}
	for _, s := range out.Services {
		if aws.ToString(s.Status) != "ACTIVE" || len(s.Deployments) == 0 || s.NetworkConfiguration == nil {
			continue
		}
		definition, err := c.definitionARN(ctx, aws.ToString(s.TaskDefinition))
		if err != nil {
			return err
		}
		net := s.NetworkConfiguration.AwsvpcConfiguration
		seen.Services = append(seen.Services, Service{
			Name: aws.ToString(s.ServiceName), Desired: int(s.DesiredCount), Definition: definition,
			Release: release(aws.ToString(s.Deployments[0].Id), definition),
			Subnets: net.Subnets, Groups: net.SecurityGroups, Balanced: len(s.LoadBalancers) > 0,
		})
	}
	return nil
}

func serviceNames() (names []string) {
	for _, s := range infra.Services() {
		names = append(names, s.Name)
	}
	return names
}

// release names one deployment: moto changes the deployment's id when a new one
// is forced, and the service's task definition when that changes, but never one
// for the other.
func release(deployment, definition string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(deployment + " " + definition)) // a hash does not fail
	return fmt.Sprintf("ecs-svc/%019d", h.Sum64()>>1)
}

// definitionARN resolves what a service names: moto keeps it as it was given.
func (c clients) definitionARN(ctx context.Context, given string) (string, error) {
	if strings.HasPrefix(given, "arn:") && strings.Contains(given[strings.LastIndex(given, "/"):], ":") {
		return given, nil
	}
	out, err := c.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &given})
	if err != nil {
		return "", fmt.Errorf("describe the task definition %s: %w", given, err)
	}
	return aws.ToString(out.TaskDefinition.TaskDefinitionArn), nil
}

func (c clients) seeTasks(ctx context.Context, n infra.Names, seen *Seen) error {
	list, err := c.tasks.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &n.Cluster, DesiredStatus: types.DesiredStatusRunning})
	if gone(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list the tasks: %w", err)
	}
	if len(list.TaskArns) == 0 {
		return nil
	}
	nics, err := c.interfaces(ctx, n)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(list.TaskArns, 100) {
		out, err := c.tasks.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &n.Cluster, Tasks: some})
		if err != nil {
			return fmt.Errorf("describe the tasks: %w", err)
		}
		for _, t := range out.Tasks {
			if aws.ToString(t.DesiredStatus) == string(types.DesiredStatusRunning) {
				seen.Tasks = append(seen.Tasks, taskOf(t, nics))
			}
		}
	}
	slices.SortFunc(seen.Tasks, func(a, b Task) int { return compare(a.ARN, b.ARN) })
	return nil
}

// nic is a network interface of the round's network.
type nic struct {
	address string
	subnet  netip.Prefix
	groups  []string
}

func (c clients) interfaces(ctx context.Context, n infra.Names) (map[string]nic, error) {
	subnets, err := c.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: ofRound(n)})
	if err != nil {
		return nil, fmt.Errorf("describe the subnets: %w", err)
	}
	ranges := map[string]netip.Prefix{}
	for _, s := range subnets.Subnets {
		if p, err := netip.ParsePrefix(aws.ToString(s.CidrBlock)); err == nil {
			ranges[aws.ToString(s.SubnetId)] = p.Masked()
		}
	}
	all := map[string]nic{}
	pages := ec2.NewDescribeNetworkInterfacesPaginator(c.ec2, &ec2.DescribeNetworkInterfacesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe the interfaces: %w", err)
		}
		for _, i := range page.NetworkInterfaces {
			x := nic{address: aws.ToString(i.PrivateIpAddress), subnet: ranges[aws.ToString(i.SubnetId)]}
			for _, g := range i.Groups {
				x.groups = append(x.groups, aws.ToString(g.GroupId))
			}
			all[aws.ToString(i.NetworkInterfaceId)] = x
		}
	}
	return all, nil
}

// taskOf reads a task. Its address and groups are its interface's.
func taskOf(t types.Task, nics map[string]nic) Task {
	arn := aws.ToString(t.TaskArn)
	task := Task{
		ARN: arn, ID: arn[strings.LastIndex(arn, "/")+1:], Definition: aws.ToString(t.TaskDefinitionArn),
		Release: aws.ToString(t.StartedBy),
	}
	task.Service, _ = strings.CutPrefix(aws.ToString(t.Group), "service:")
	if task.Service == aws.ToString(t.Group) {
		task.Service = ""
	}
	for _, a := range t.Attachments {
		for _, d := range a.Details {
			if aws.ToString(d.Name) == "networkInterfaceId" {
				if x, ok := nics[aws.ToString(d.Value)]; ok {
					task.Interface, task.Address, task.Subnet, task.Groups = aws.ToString(d.Value), x.address, x.subnet, x.groups
				}
			}
		}
	}
	return task
}
