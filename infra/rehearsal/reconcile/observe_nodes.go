package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"

	"github.com/chaotic-good/scenarios/infra"
)

// seeNodes reads the Kubernetes cluster of a round, if it has one.
func (l look) seeNodes(ctx context.Context, seen *Seen) error {
	cluster := l.names.Cluster
	if _, err := l.eks.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &cluster}); err != nil {
		seen.Kubernetes = nil
		if gone(err) {
			return nil
		}
		return fmt.Errorf("describe the Kubernetes cluster: %w", err)
	}
	k, err := l.kubernetes(ctx, cluster)
	if err != nil { // moto fails when it is asked for the groups of a cluster that has just gone
		if _, again := l.eks.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &cluster}); gone(again) {
			seen.Kubernetes = nil
			return nil
		}
		return err
	}
	seen.Kubernetes = k
	return nil
}

func (l look) kubernetes(ctx context.Context, cluster string) (*Kubernetes, error) {
	k := &Kubernetes{}
	list, err := l.eks.ListNodegroups(ctx, &eks.ListNodegroupsInput{ClusterName: &cluster})
	if err != nil {
		return nil, fmt.Errorf("list the node groups: %w", err)
	}
	for _, name := range slices.Sorted(slices.Values(list.Nodegroups)) {
		g, err := l.nodeGroup(ctx, name)
		if err != nil {
			return nil, err
		}
		k.Groups = append(k.Groups, g)
	}
	if k.Replicas, err = l.replicas(ctx); err != nil {
		return nil, err
	}
	if k.Template, err = l.template(ctx); err != nil {
		return nil, err
	}
	if k.Security, err = l.security(ctx); err != nil {
		return nil, err
	}
	return k, nil
}

func (l look) nodeGroup(ctx context.Context, name string) (NodeGroup, error) {
	out, err := l.eks.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &l.names.Cluster, NodegroupName: &name})
	if err != nil {
		return NodeGroup{}, fmt.Errorf("describe the node group %s: %w", name, err)
	}
	g := NodeGroup{Name: name}
	if s := out.Nodegroup.ScalingConfig; s != nil {
		g.Min, g.Max, g.Desired = int(aws.ToInt32(s.MinSize)), int(aws.ToInt32(s.MaxSize)), int(aws.ToInt32(s.DesiredSize))
	}
	if types := out.Nodegroup.InstanceTypes; len(types) > 0 {
		g.Type = types[0] // the first that AWS has, and it has all
	}
	vcpus, err := l.vcpus(ctx, g.Type)
	g.Slots = slotsOf(vcpus)
	return g, err
}

// vcpus asks once for each type: what it has never changes.
func (l look) vcpus(ctx context.Context, kind string) (int, error) {
	if n, ok := l.known.vcpus[kind]; ok || kind == "" {
		return n, nil
	}
	out, err := l.ec2.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{InstanceTypes: []ec2types.InstanceType{ec2types.InstanceType(kind)}})
	if err != nil {
		return 0, fmt.Errorf("describe the instance type %s: %w", kind, err)
	}
	for _, t := range out.InstanceTypes {
		if t.VCpuInfo != nil {
			l.known.vcpus[kind] = int(aws.ToInt32(t.VCpuInfo.DefaultVCpus))
		}
	}
	return l.known.vcpus[kind], nil
}

// replicas reads the parameter. What is no number counts as none.
func (l look) replicas(ctx context.Context) (int, error) {
	out, err := l.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: &l.names.Replicas})
	if gone(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read how many pods are wanted: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(aws.ToString(out.Parameter.Value)))
	if err != nil {
		return 0, nil
	}
	return n, nil
}

// template is the newest revision of what a pod runs; empty: there is none yet.
func (l look) template(ctx context.Context) (string, error) {
	family := l.names.Family(infra.ServiceAPI)
	out, err := l.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &family})
	if gone(err) || hasCode(err, "ClientException") { // which here says that there is none
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("describe what a pod runs: %w", err)
	}
	return aws.ToString(out.TaskDefinition.TaskDefinitionArn), nil
}

// security is the groups of a pod: those of the shop's tasks elsewhere.
func (l look) security(ctx context.Context) (ids []string, err error) {
	out, err := l.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: append(l.ofRound(),
		ec2types.Filter{Name: aws.String("group-name"), Values: []string{l.names.Group(infra.RoleTasks)}})})
	if err != nil {
		return nil, fmt.Errorf("look for the pods' security group: %w", err)
	}
	for _, g := range out.SecurityGroups {
		ids = append(ids, aws.ToString(g.GroupId))
	}
	return ids, nil
}

// hasCode reports whether AWS answered with that error code.
func hasCode(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}
