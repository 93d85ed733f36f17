package reconcile

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/chaotic-good/scenarios/infra"
)

func (l look) seeServices(ctx context.Context, seen *Seen) error {
	out, err := l.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &l.names.Cluster, Services: serviceNames()})
	if gone(err) {
		seen.Services = nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("describe the services: %w", err)
	}
	seen.Services = nil
	for _, s := range out.Services {
		if aws.ToString(s.Status) != "ACTIVE" || len(s.Deployments) == 0 || s.NetworkConfiguration == nil {
			continue
		}
		definition, err := l.definitionARN(ctx, aws.ToString(s.TaskDefinition))
		if err != nil {
			return err
		}
		net := s.NetworkConfiguration.AwsvpcConfiguration
		seen.Services = append(seen.Services, Service{
			Name: aws.ToString(s.ServiceName), Desired: int(s.DesiredCount), Definition: definition,
			Release: release(aws.ToString(s.Deployments[0].Id), definition, slices.Concat(net.Subnets, net.SecurityGroups)...),
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
// is forced, and the service's task definition or network when that changes,
// but never one for the other.
func release(deployment, definition string, network ...string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(append([]string{deployment, definition}, network...), " "))) // a hash does not fail
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

// seeTasks lists the tasks that run. One that is known is not read again: its
// definition, its interface and that one's groups stay as they are, on AWS too.
func (l look) seeTasks(ctx context.Context, seen *Seen) error {
	list, err := l.ecs.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &l.names.Cluster, DesiredStatus: types.DesiredStatusRunning})
	if gone(err) {
		seen.Tasks = nil
		clear(l.known.tasks)
		return nil
	}
	if err != nil {
		return fmt.Errorf("list the tasks: %w", err)
	}
	unknown := slices.DeleteFunc(slices.Clone(list.TaskArns), func(arn string) bool { return l.known.tasks[arn].ARN != "" })
	for some := range slices.Chunk(unknown, 100) { // as many as one call takes
		if err := l.meet(ctx, some); err != nil {
			return err
		}
	}
	seen.Tasks = nil
	for _, arn := range list.TaskArns {
		if t, ok := l.known.tasks[arn]; ok {
			seen.Tasks = append(seen.Tasks, t)
		}
	}
	maps.DeleteFunc(l.known.tasks, func(arn string, _ Task) bool { return !slices.Contains(list.TaskArns, arn) })
	slices.SortFunc(seen.Tasks, func(a, b Task) int { return strings.Compare(a.ARN, b.ARN) })
	return nil
}

// meet reads tasks that are new.
func (l look) meet(ctx context.Context, arns []string) error {
	out, err := l.tasks.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &l.names.Cluster, Tasks: arns})
	if err != nil {
		return fmt.Errorf("describe the tasks: %w", err)
	}
	nics, err := l.interfaces(ctx, out.Tasks)
	if err != nil {
		return err
	}
	for _, t := range out.Tasks {
		if aws.ToString(t.DesiredStatus) == string(types.DesiredStatusRunning) {
			task := taskOf(t, nics)
			l.known.tasks[task.ARN] = task
		}
	}
	return nil
}

// nic is a network interface of the round's network.
type nic struct {
	address string
	subnet  netip.Prefix
	groups  []string
}

// interfaces reads the network interfaces of tasks.
func (l look) interfaces(ctx context.Context, tasks []types.Task) (map[string]nic, error) {
	var ids []string
	for _, t := range tasks {
		if id := interfaceOf(t); id != "" {
			ids = append(ids, id)
		}
	}
	found := map[string]nic{}
	if len(ids) == 0 {
		return found, nil
	}
	out, err := l.ec2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: ids})
	if err != nil {
		return nil, fmt.Errorf("describe the interfaces: %w", err)
	}
	subnets, err := l.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: l.ofRound()})
	if err != nil {
		return nil, fmt.Errorf("describe the subnets: %w", err)
	}
	ranges := map[string]netip.Prefix{}
	for _, s := range subnets.Subnets {
		if p, err := netip.ParsePrefix(aws.ToString(s.CidrBlock)); err == nil {
			ranges[aws.ToString(s.SubnetId)] = p.Masked()
		}
	}
	for _, i := range out.NetworkInterfaces {
		x := nic{address: aws.ToString(i.PrivateIpAddress), subnet: ranges[aws.ToString(i.SubnetId)]}
		for _, g := range i.Groups {
			x.groups = append(x.groups, aws.ToString(g.GroupId))
		}
		found[aws.ToString(i.NetworkInterfaceId)] = x
	}
	return found, nil
}

func interfaceOf(t types.Task) string {
	for _, a := range t.Attachments {
		for _, d := range a.Details {
			if aws.ToString(d.Name) == "networkInterfaceId" {
				return aws.ToString(d.Value)
			}
		}
	}
	return ""
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
	if t.Overrides != nil {
		for _, c := range t.Overrides.ContainerOverrides {
			for _, e := range c.Environment {
				if task.Env == nil {
					task.Env = map[string]string{}
				}
				task.Env[aws.ToString(e.Name)] = aws.ToString(e.Value)
			}
		}
	}
	if x, ok := nics[interfaceOf(t)]; ok {
		task.Interface, task.Address, task.Subnet, task.Groups = interfaceOf(t), x.address, x.subnet, x.groups
	}
	return task
}
