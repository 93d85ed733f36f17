package scenarios

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/chaotic-good/scenarios/infra"
)

// serviceOf finds a service that carries the round's tag: the tag is the leash.
// Nil means that there is none.
func serviceOf(ctx context.Context, api *ecs.Client, names infra.Names, service string) (*types.Service, error) {
	out, err := api.DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster: &names.Cluster, Services: []string{service}, Include: []types.ServiceField{types.ServiceFieldTags},
	})
	if coded(err, "ClusterNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the service %s: %w", service, err)
	}
	for _, s := range out.Services {
		if aws.ToString(s.Status) == "ACTIVE" && carries(s.Tags, infra.TagRound, string(names.Round)) {
			return &s, nil
		}
	}
	return nil, nil
}

// carries reports whether that tag is among some.
func carries(tags []types.Tag, key, value string) bool {
	return slices.ContainsFunc(tags, func(t types.Tag) bool { return aws.ToString(t.Key) == key && aws.ToString(t.Value) == value })
}

// settled reports whether a service runs what it should and nothing else.
func settled(s types.Service) bool {
	return len(s.Deployments) == 1 && s.RunningCount == s.DesiredCount && s.PendingCount == 0
}

// definition is a task definition with its tags, which stand beside it.
type definition struct {
	*types.TaskDefinition
	tags []types.Tag
}

func definitionOf(ctx context.Context, api *ecs.Client, name string) (definition, error) {
	out, err := api.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: &name, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
	if err != nil {
		return definition{}, fmt.Errorf("read the task definition %s: %w", infra.RevisionOf(name), err)
	}
	if len(out.TaskDefinition.ContainerDefinitions) == 0 {
		return definition{}, fmt.Errorf("read the task definition %s: it has no container", infra.RevisionOf(name))
	}
	return definition{out.TaskDefinition, out.Tags}, nil
}

// again is what registers a definition once more, without its tags.
func again(d *types.TaskDefinition) *ecs.RegisterTaskDefinitionInput {
	return &ecs.RegisterTaskDefinitionInput{
		Family: d.Family, TaskRoleArn: d.TaskRoleArn, ExecutionRoleArn: d.ExecutionRoleArn, NetworkMode: d.NetworkMode,
		ContainerDefinitions: d.ContainerDefinitions, Volumes: d.Volumes, PlacementConstraints: d.PlacementConstraints,
		RequiresCompatibilities: d.RequiresCompatibilities, Cpu: d.Cpu, Memory: d.Memory, RuntimePlatform: d.RuntimePlatform,
		EphemeralStorage: d.EphemeralStorage, ProxyConfiguration: d.ProxyConfiguration, PidMode: d.PidMode, IpcMode: d.IpcMode,
	}
}

// set gives a container's variable a value; an empty value takes it away.
func set(c *types.ContainerDefinition, name, value string) {
	c.Environment = slices.DeleteFunc(slices.Clone(c.Environment), func(e types.KeyValuePair) bool { return aws.ToString(e.Name) == name })
	if value != "" {
		c.Environment = append(c.Environment, types.KeyValuePair{Name: &name, Value: &value})
	}
}

// runRevision rolls a service to a revision.
func runRevision(ctx context.Context, api *ecs.Client, names infra.Names, service, revision string) error {
	_, err := api.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: &names.Cluster, Service: &service, TaskDefinition: &revision})
	if err != nil {
		return fmt.Errorf("roll %s to %s: %w", service, infra.RevisionOf(revision), err)
	}
	return nil
}

// revisions lists a family's active revisions, in the order of their numbers.
func revisions(ctx context.Context, api *ecs.Client, family string, order types.SortOrder) (arns []string, err error) {
	pages := ecs.NewListTaskDefinitionsPaginator(api, &ecs.ListTaskDefinitionsInput{
		FamilyPrefix: &family, Status: types.TaskDefinitionStatusActive, Sort: order,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the revisions of %s: %w", family, err)
		}
		arns = append(arns, page.TaskDefinitionArns...)
	}
	return arns, nil
}

// ownRevision finds the revision that carries our run's tag; empty: there is
// none.
func ownRevision(ctx context.Context, api *ecs.Client, family, run string) (string, error) {
	all, err := revisions(ctx, api, family, types.SortOrderDesc)
	if err != nil {
		return "", err
	}
	for _, arn := range all {
		d, err := definitionOf(ctx, api, arn)
		if err != nil {
			return "", err
		}
		if d.of(run) {
			return arn, nil
		}
	}
	return "", nil
}

// of reports whether that run of the pipeline registered the definition.
func (d definition) of(run string) bool {
	return carries(d.tags, tagRun, run)
}

// runsOurs reports whether a service runs the revision of our run. That may have
// been deregistered: a service goes on with it all the same.
func runsOurs(ctx context.Context, api *ecs.Client, svc *types.Service, run string) (bool, error) {
	if svc == nil {
		return false, nil
	}
	d, err := definitionOf(ctx, api, aws.ToString(svc.TaskDefinition))
	if err != nil {
		return false, err
	}
	return d.of(run), nil
}

// stillActive gives the revision wanted, or the newest other than without where
// somebody has deregistered it.
func stillActive(ctx context.Context, api *ecs.Client, family, wanted, without string) (string, error) {
	all, err := revisions(ctx, api, family, types.SortOrderDesc)
	if err != nil {
		return "", err
	}
	if slices.Contains(all, wanted) {
		return wanted, nil
	}
	for _, arn := range all {
		if arn != without {
			return arn, nil
		}
	}
	return "", errors.New("find a revision to go back to: there is none but the one that was deployed")
}
