package infra

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
)

func findKubernetes(ctx context.Context, s *stack) ([]string, error) {
	_, err := s.eks.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &s.names.Cluster})
	switch {
	case isGone(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []string{s.names.Cluster}, nil
}

// findNodeGroups lists every node group of the round's cluster, the player's
// own included: a group belongs to its cluster, whatever it is called.
func findNodeGroups(ctx context.Context, s *stack) (ids []string, err error) {
	clusters, err := findKubernetes(ctx, s)
	if err != nil || len(clusters) == 0 {
		return nil, err
	}
	pages := eks.NewListNodegroupsPaginator(s.eks, &eks.ListNodegroupsInput{ClusterName: &s.names.Cluster})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, ignoreGone(err)
		}
		ids = append(ids, out.Nodegroups...)
	}
	return ids, nil
}

// tagNodeGroup writes a tag on a node group, whose ARN ends in an id that only
// EKS knows.
func tagNodeGroup(ctx context.Context, s *stack, id, key, value string) error {
	out, err := s.eks.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &s.names.Cluster, NodegroupName: &id})
	if err != nil {
		return err
	}
	_, err = s.eks.TagResource(ctx, &eks.TagResourceInput{
		ResourceArn: out.Nodegroup.NodegroupArn, Tags: map[string]string{key: value},
	})
	return err
}

func tagKubernetes(ctx context.Context, s *stack, id, key, value string) error {
	_, err := s.eks.TagResource(ctx, &eks.TagResourceInput{
		ResourceArn: aws.String("arn:aws:eks:" + s.region + ":" + s.account + ":cluster/" + id), Tags: map[string]string{key: value},
	})
	return err
}
