package infra

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Service is one ECS service of a stack.
type Service struct {
	Name     string // also of its container
	Desired  int32
	Group    string   // role of its security group
	Subnets  []string // roles
	Balanced bool     // its tasks are the balancer's targets
	Guest    bool     // comes once the shop answers: a young stack must not page
}

// Services returns the services of a stack.
func Services() []Service {
	var all []Service
	for _, svc := range readLayout().Services {
		all = append(all, Service(svc))
	}
	return all
}

// tasksStep is the cluster with its services and what they run.
func tasksStep() step {
	return step{
		name:  "tasks",
		needs: []string{"network", "security groups", "secrets", "role", "database", "balancer", "parameters", "logs"},
		parts: 1 + 2*len(services(false)) + len(Jobs()),
		make:  makeTasks,
		kinds: []kind{
			{"services", findServices, dropService},
			{"tasks", findTasks, func(ctx context.Context, s *stack, id string) error {
				_, err := s.ecs.StopTask(ctx, &ecs.StopTaskInput{Cluster: &s.names.Cluster, Task: &id, Reason: aws.String("the round is over")})
				return err
			}},
			{"task definitions", findTaskDefinitions, dropTaskDefinition},
			{"clusters", findClusters, func(ctx context.Context, s *stack, id string) error {
				_, err := s.ecs.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: &id})
				return err
			}},
		},
	}
}

func (s *stack) serviceTags(role, name string) (tags []types.Tag) {
	for _, t := range s.names.Tags(role, name, s.spec.Expires) {
		tags = append(tags, types.Tag{Key: &t.Key, Value: &t.Value})
	}
	return tags
}

func makeTasks(ctx context.Context, s *stack) error {
	if _, err := s.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{
		ClusterName: &s.names.Cluster, Tags: s.serviceTags(RoleTasks, s.names.Cluster),
	}); err != nil {
		return fmt.Errorf("create the cluster: %w", err)
	}
	if err := makeJobs(ctx, s); err != nil {
		return err
	}
	return makeServices(ctx, s, services(false))
}

// visitorsStep lets the visitors in. The step tasks removes them.
func visitorsStep() step {
	guests := services(true)
	return step{
		name:  "visitors",
		needs: []string{"shop"},
		parts: 2 * len(guests),
		make:  func(ctx context.Context, s *stack) error { return makeServices(ctx, s, guests) },
	}
}

func services(guests bool) (some []Service) {
	for _, svc := range Services() {
		if svc.Guest == guests {
			some = append(some, svc)
		}
	}
	return some
}

func makeServices(ctx context.Context, s *stack, some []Service) error {
	return each(ctx, some, func(ctx context.Context, svc Service) error {
		def, err := makeTaskDefinition(ctx, s, svc.Name, svc.Group)
		if err != nil || svc.pods(s.spec.Stage) {
			return err
		}
		if svc.Name == ServiceAPI {
			if err := listRelease(ctx, s, def); err != nil {
				return err
			}
		}
		return makeService(ctx, s, svc, def)
	})
}

// makeTaskDefinition registers a revision unless the newest already says the
// same: a repeated provision must leave no revision behind.
func makeTaskDefinition(ctx context.Context, s *stack, name, role string) (string, error) {
	want, err := TaskDefinition(name, TaskInputs{
		Names: s.names, Pace: s.cfg.Pace, Region: s.region, Image: s.cfg.Image,
		DatabaseHost: s.databaseHost, DatabaseSecret: s.databaseSecret, OperatorSecret: s.operatorSecret,
		TasksRole: s.role, BalancerHost: s.balancerHost, InventoryHost: s.inventoryHost,
	})
	if err != nil {
		return "", err
	}
	have, err := s.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: want.Family})
	switch {
	case err == nil:
		if have.TaskDefinition.Status == types.TaskDefinitionStatusActive &&
			sameContainers(have.TaskDefinition.ContainerDefinitions, want.ContainerDefinitions) {
			return aws.ToString(have.TaskDefinition.TaskDefinitionArn), nil
		}
	case !hasCode(err, "ClientException"): // which here says that there is none
		return "", fmt.Errorf("look for the task definition of %s: %w", name, err)
	}
	want.Tags = s.serviceTags(role, aws.ToString(want.Family))
	out, err := s.ecs.RegisterTaskDefinition(ctx, want)
	if err != nil {
		return "", fmt.Errorf("register the task definition of %s: %w", name, err)
	}
	return aws.ToString(out.TaskDefinition.TaskDefinitionArn), nil
}

// sameContainers compares what we write; AWS adds defaults to the rest.
func sameContainers(a, b []types.ContainerDefinition) bool {
	ours := func(all []types.ContainerDefinition) string {
		var keep []any
		for _, c := range all {
			env := map[string]string{}
			for _, e := range c.Environment {
				env[aws.ToString(e.Name)] = aws.ToString(e.Value)
			}
			for _, e := range c.Secrets {
				env[aws.ToString(e.Name)] = aws.ToString(e.ValueFrom)
			}
			keep = append(keep, aws.ToString(c.Name), aws.ToString(c.Image), aws.ToInt32(c.Memory), env)
		}
		text, _ := json.Marshal(keep) // strings and numbers always marshal
		return string(text)
	}
	return ours(a) == ours(b)
}

func makeService(ctx context.Context, s *stack, svc Service, definition string) error {
	have, err := s.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &s.names.Cluster, Services: []string{svc.Name}})
	if err != nil {
		return fmt.Errorf("look for the service %s: %w", svc.Name, err)
	}
	for _, found := range have.Services {
		if aws.ToString(found.Status) != "ACTIVE" {
			continue
		}
		if aws.ToString(found.TaskDefinition) == definition && found.DesiredCount == svc.Desired {
			return nil
		}
		if _, err := s.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{
			Cluster: &s.names.Cluster, Service: &svc.Name, TaskDefinition: &definition, DesiredCount: &svc.Desired,
		}); err != nil {
			return fmt.Errorf("update the service %s: %w", svc.Name, err)
		}
		return nil
	}
	var subnets []string
	for _, role := range svc.Subnets {
		subnets = append(subnets, s.subnets[role])
	}
	in := &ecs.CreateServiceInput{
		Cluster: &s.names.Cluster, ServiceName: &svc.Name, TaskDefinition: &definition, DesiredCount: &svc.Desired,
		LaunchType: types.LaunchTypeFargate, PropagateTags: types.PropagateTagsService, Tags: s.serviceTags(svc.Group, s.names.Family(svc.Name)),
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
			Subnets: subnets, SecurityGroups: []string{s.groups[svc.Group]}, AssignPublicIp: types.AssignPublicIpEnabled,
		}},
	}
	if svc.Balanced {
		in.LoadBalancers = []types.LoadBalancer{{
			TargetGroupArn: &s.targetGroup, ContainerName: &svc.Name, ContainerPort: aws.Int32(PortApp),
		}}
	}
	if _, err := s.ecs.CreateService(ctx, in); err != nil {
		return fmt.Errorf("create the service %s: %w", svc.Name, err)
	}
	return nil
}
