package infra

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// findClusters counts only active ones: a deleted cluster is shown for a while.
func findClusters(ctx context.Context, s *stack) (ids []string, err error) {
	out, err := s.ecs.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{s.names.Cluster}})
	if err != nil {
		return nil, err
	}
	for _, c := range out.Clusters {
		if aws.ToString(c.Status) != "INACTIVE" {
			ids = append(ids, aws.ToString(c.ClusterName))
		}
	}
	return ids, nil
}

func findServices(ctx context.Context, s *stack) (ids []string, err error) {
	var arns []string
	pages := ecs.NewListServicesPaginator(s.ecs, &ecs.ListServicesInput{Cluster: &s.names.Cluster, MaxResults: aws.Int32(10)})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, ignoreGone(err)
		}
		arns = append(arns, out.ServiceArns...)
	}
	for len(arns) > 0 {
		some := arns[:min(10, len(arns))] // as many as one call takes
		arns = arns[len(some):]
		out, err := s.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &s.names.Cluster, Services: some})
		if err != nil {
			return nil, ignoreGone(err)
		}
		for _, svc := range out.Services {
			if aws.ToString(svc.Status) != "INACTIVE" {
				ids = append(ids, aws.ToString(svc.ServiceName))
			}
		}
	}
	return ids, nil
}

// dropService drains the service first, so that it starts no task in place of
// one that is being stopped.
func dropService(ctx context.Context, s *stack, id string) error {
	_, err := s.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{
		Cluster: &s.names.Cluster, Service: &id, DesiredCount: aws.Int32(0),
	})
	if ignoreGone(err) != nil {
		return err
	}
	_, err = s.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: &s.names.Cluster, Service: &id, Force: aws.Bool(true)})
	return err
}

func findTasks(ctx context.Context, s *stack) (ids []string, err error) {
	pages := ecs.NewListTasksPaginator(s.ecs, &ecs.ListTasksInput{Cluster: &s.names.Cluster, DesiredStatus: types.DesiredStatusRunning})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, ignoreGone(err)
		}
		ids = append(ids, out.TaskArns...)
	}
	return ids, nil
}

// findTaskDefinitions counts only active revisions: AWS shows deleted ones
// until nothing uses them.
func findTaskDefinitions(ctx context.Context, s *stack) (ids []string, err error) {
	families := ecs.NewListTaskDefinitionFamiliesPaginator(s.ecs, &ecs.ListTaskDefinitionFamiliesInput{
		FamilyPrefix: aws.String(s.names.Prefix + "-"), Status: types.TaskDefinitionFamilyStatusActive,
	})
	for families.HasMorePages() {
		out, err := families.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, family := range out.Families {
			pages := ecs.NewListTaskDefinitionsPaginator(s.ecs, &ecs.ListTaskDefinitionsInput{
				FamilyPrefix: &family, Status: types.TaskDefinitionStatusActive,
			})
			for pages.HasMorePages() {
				out, err := pages.NextPage(ctx)
				if err != nil {
					return nil, err
				}
				ids = append(ids, out.TaskDefinitionArns...)
			}
		}
	}
	return union(ids), nil
}

func dropTaskDefinition(ctx context.Context, s *stack, id string) error {
	if _, err := s.ecs.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &id}); err != nil {
		return err
	}
	out, err := s.ecs.DeleteTaskDefinitions(ctx, &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: []string{id}})
	if err != nil {
		return err
	}
	var failed []error
	for _, f := range out.Failures {
		failed = append(failed, errors.New(strings.ToLower(aws.ToString(f.Reason))))
	}
	return errors.Join(failed...)
}
