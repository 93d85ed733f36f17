package infra

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// The nodes of the stage eks, as they are made. Each carries one pod of the
// shop, so at its maximum the group holds the usual two and not one more.
const (
	NodeType     = "t3.small"
	NodesAtLeast = 2
	NodesAtMost  = 2
	PodsAtLeast  = 2
	PodsAtMost   = 12
	OrdersPerPod = 12 // a second, by which the pods' autoscaler goes
)

// nodeDisk is given so that nobody's default has to be known.
const nodeDisk = 20

// nodesStep is the Kubernetes cluster, its nodes and how many pods the shop
// wants at least. What would be written into Kubernetes itself, the deployment
// and the two autoscalers, is not made by calls of AWS and not made here.
func nodesStep() step {
	return step{
		name:  "nodes",
		stage: StageEKS,
		needs: []string{"network", "security groups", "role", "database", "balancer", "parameters", "tasks"},
		parts: 5,
		make:  makeNodes,
		kinds: []kind{
			{"node groups", findNodeGroups, func(ctx context.Context, s *stack, id string) error {
				_, err := s.eks.DeleteNodegroup(ctx, &eks.DeleteNodegroupInput{ClusterName: &s.names.Cluster, NodegroupName: &id})
				return err
			}},
			{"Kubernetes clusters", findKubernetes, func(ctx context.Context, s *stack, id string) error {
				_, err := s.eks.DeleteCluster(ctx, &eks.DeleteClusterInput{Name: &id})
				return err
			}},
		},
	}
}

func makeNodes(ctx context.Context, s *stack) error {
	control, err := s.makeServiceRole(ctx, s.names.ClusterRole, ClusterTrust, ClusterPolicy)
	if err != nil {
		return err
	}
	nodes, err := s.makeServiceRole(ctx, s.names.NodesRole, NodesTrust, NodesPolicy)
	if err != nil {
		return err
	}
	if err := makeReplicas(ctx, s); err != nil {
		return err
	}
	if err := makeKubernetes(ctx, s, control); err != nil {
		return err
	}
	return makeNodeGroup(ctx, s, nodes)
}

// NodeSubnets returns the roles of the subnets of nodes and pods: the wide ones.
// In the tasks' small ones the addresses that a node keeps in store for its pods
// would be too many.
func NodeSubnets() []string { return []string{SubnetPublicA, SubnetPublicB} }

func (s *stack) nodeSubnets() (ids []string) {
	for _, role := range NodeSubnets() {
		ids = append(ids, s.subnets[role])
	}
	return ids
}

func (s *stack) nodeTags(name string) map[string]string {
	tags := map[string]string{}
	for _, t := range s.names.Tags(RoleNodes, name, s.spec.Expires) {
		tags[t.Key] = t.Value
	}
	return tags
}

func makeKubernetes(ctx context.Context, s *stack, role string) error {
	name := s.names.Cluster
	_, err := s.eks.CreateCluster(ctx, &eks.CreateClusterInput{
		Name: &name, RoleArn: &role, Tags: s.nodeTags(name),
		ResourcesVpcConfig: &types.VpcConfigRequest{SubnetIds: s.nodeSubnets(), EndpointPublicAccess: aws.Bool(true)},
	})
	if err != nil && !hasCode(err, "ResourceInUseException") { // which here says that there is one
		return fmt.Errorf("create the Kubernetes cluster: %w", err)
	}
	return s.until(ctx, s.cfg.Wait, "the Kubernetes cluster", func(ctx context.Context) (bool, error) {
		out, err := s.eks.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &name})
		if err != nil {
			return false, fmt.Errorf("look at the Kubernetes cluster: %w", err)
		}
		switch out.Cluster.Status {
		case types.ClusterStatusFailed, types.ClusterStatusDeleting:
			return false, fmt.Errorf("the Kubernetes cluster is %s", out.Cluster.Status)
		}
		return out.Cluster.Status == types.ClusterStatusActive, nil
	})
}

func makeNodeGroup(ctx context.Context, s *stack, role string) error {
	name := s.names.Nodes
	_, err := s.eks.CreateNodegroup(ctx, &eks.CreateNodegroupInput{
		ClusterName: &s.names.Cluster, NodegroupName: &name, NodeRole: &role, Subnets: s.nodeSubnets(), Tags: s.nodeTags(name),
		InstanceTypes: []string{NodeType}, DiskSize: aws.Int32(nodeDisk),
		ScalingConfig: &types.NodegroupScalingConfig{
			MinSize: aws.Int32(NodesAtLeast), MaxSize: aws.Int32(NodesAtMost), DesiredSize: aws.Int32(NodesAtLeast),
		},
	})
	if err != nil && !hasCode(err, "ResourceInUseException") {
		return fmt.Errorf("create the node group: %w", err)
	}
	return s.until(ctx, s.cfg.Wait, "the node group", func(ctx context.Context) (bool, error) {
		out, err := s.eks.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &s.names.Cluster, NodegroupName: &name})
		if err != nil {
			return false, fmt.Errorf("look at the node group: %w", err)
		}
		switch out.Nodegroup.Status {
		case types.NodegroupStatusCreateFailed, types.NodegroupStatusDeleting, types.NodegroupStatusDeleteFailed:
			return false, fmt.Errorf("the node group is %s", out.Nodegroup.Status)
		}
		return out.Nodegroup.Status == types.NodegroupStatusActive, nil
	})
}

// makeReplicas writes how many pods the shop wants at least, and leaves alone
// what somebody wrote there since.
func makeReplicas(ctx context.Context, s *stack) error {
	_, err := s.ssm.PutParameter(ctx, &ssm.PutParameterInput{
		Name: &s.names.Replicas, Value: aws.String(fmt.Sprint(PodsAtLeast)), Type: ssmtypes.ParameterTypeString,
		Description: aws.String("How many pods of the shop are wanted at least."),
	})
	if err != nil && !hasCode(err, "ParameterAlreadyExists") {
		return fmt.Errorf("write how many pods are wanted: %w", err)
	}
	return nil
}

// makeServiceRole makes a role with one inline policy, which bears its name.
func (s *stack) makeServiceRole(ctx context.Context, name, trust, rights string) (arn string, err error) {
	trusts, err := s.policy(trust)
	if err != nil {
		return "", err
	}
	may, err := s.policy(rights)
	if err != nil {
		return "", err
	}
	made, err := s.iam.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: &name, Path: &s.names.Path, AssumeRolePolicyDocument: &trusts,
		Tags: identityTags(s.names.Tags(RoleNodes, name, s.spec.Expires)),
	})
	switch {
	case err == nil:
		arn = aws.ToString(made.Role.Arn)
	case hasCode(err, "EntityAlreadyExists"):
		out, err := s.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		if err != nil {
			return "", fmt.Errorf("look at the role %s: %w", name, err)
		}
		arn = aws.ToString(out.Role.Arn)
	default:
		return "", fmt.Errorf("create the role %s: %w", name, err)
	}
	if _, err := s.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: &name, PolicyDocument: &may}); err != nil {
		return "", fmt.Errorf("give the role %s its rights: %w", name, err)
	}
	return arn, nil
}
