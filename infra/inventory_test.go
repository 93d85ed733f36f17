package infra

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// inventory lists everything in the account, by none of the code that it is
// there to check: nothing is looked up by name or tag, but for parameters, of
// which AWS has thousands of its own.
func inventory(t *testing.T, cfg aws.Config) (all []string) {
	t.Helper()
	c, ctx := newClients(cfg), t.Context()
	add := func(kind, id string) { all = append(all, kind+" "+id) }
	inventoryEC2(t, ctx, c, add)
	inventoryECS(t, ctx, c, add)
	for _, name := range must(c.eks.ListClusters(ctx, &eks.ListClustersInput{}))(t).Clusters {
		add("Kubernetes cluster", name)
		for _, group := range must(c.eks.ListNodegroups(ctx, &eks.ListNodegroupsInput{ClusterName: &name}))(t).Nodegroups {
			add("node group", group)
		}
	}

	dbs := must(c.rds.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{}))(t)
	for _, d := range dbs.DBInstances {
		add("database", aws.ToString(d.DBInstanceIdentifier))
	}
	for _, g := range must(c.rds.DescribeDBSubnetGroups(ctx, &rds.DescribeDBSubnetGroupsInput{}))(t).DBSubnetGroups {
		add("subnet group", aws.ToString(g.DBSubnetGroupName))
	}
	for _, g := range must(c.rds.DescribeDBParameterGroups(ctx, &rds.DescribeDBParameterGroupsInput{}))(t).DBParameterGroups {
		add("parameter group", aws.ToString(g.DBParameterGroupName))
	}
	for _, b := range must(c.elb.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{}))(t).LoadBalancers {
		add("balancer", aws.ToString(b.LoadBalancerArn))
		for _, l := range must(c.elb.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: b.LoadBalancerArn}))(t).Listeners {
			add("listener", aws.ToString(l.ListenerArn))
		}
	}
	for _, g := range must(c.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{}))(t).TargetGroups {
		add("target group", aws.ToString(g.TargetGroupArn))
	}
	for _, s := range must(c.secrets.ListSecrets(ctx, &secretsmanager.ListSecretsInput{IncludePlannedDeletion: aws.Bool(true)}))(t).SecretList {
		add("secret", aws.ToString(s.Name))
	}
	for _, p := range must(c.ssm.DescribeParameters(ctx, &ssm.DescribeParametersInput{
		MaxResults: aws.Int32(50), ParameterFilters: []ssmtypes.ParameterStringFilter{{
			Key: aws.String("Name"), Option: aws.String("BeginsWith"), Values: []string{"/chaotic"},
		}},
	}))(t).Parameters {
		add("parameter", aws.ToString(p.Name))
	}
	for _, q := range must(c.sqs.ListQueues(ctx, &sqs.ListQueuesInput{}))(t).QueueUrls {
		add("queue", q)
	}
	for _, u := range must(c.iam.ListUsers(ctx, &iam.ListUsersInput{}))(t).Users {
		add("user", aws.ToString(u.Arn))
	}
	for _, r := range must(c.iam.ListRoles(ctx, &iam.ListRolesInput{}))(t).Roles {
		add("role", aws.ToString(r.Arn))
	}
	for _, p := range must(c.iam.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal}))(t).Policies {
		add("policy", aws.ToString(p.Arn))
	}
	slices.Sort(all)
	return all
}

func inventoryEC2(t *testing.T, ctx context.Context, c clients, add func(kind, id string)) {
	t.Helper()
	for _, v := range must(c.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{}))(t).Vpcs {
		add("network", aws.ToString(v.VpcId))
	}
	for _, s := range must(c.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{}))(t).Subnets {
		add("subnet", aws.ToString(s.SubnetId))
	}
	for _, g := range must(c.ec2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{}))(t).InternetGateways {
		add("gateway", aws.ToString(g.InternetGatewayId))
	}
	for _, r := range must(c.ec2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{}))(t).RouteTables {
		add("route table", aws.ToString(r.RouteTableId))
		for _, a := range r.Associations {
			add("association", aws.ToString(a.RouteTableAssociationId))
		}
	}
	for _, g := range must(c.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{}))(t).SecurityGroups {
		add("security group", aws.ToString(g.GroupId))
	}
	for _, r := range must(c.ec2.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{}))(t).SecurityGroupRules {
		add("rule", aws.ToString(r.SecurityGroupRuleId))
	}
	for _, n := range must(c.ec2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{}))(t).NetworkInterfaces {
		add("interface", aws.ToString(n.NetworkInterfaceId))
	}
	for _, r := range must(c.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{}))(t).Reservations {
		for _, i := range r.Instances {
			if i.State.Name != types.InstanceStateNameTerminated {
				add("instance", aws.ToString(i.InstanceId))
			}
		}
	}
	for _, v := range must(c.ec2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{}))(t).Volumes {
		add("volume", aws.ToString(v.VolumeId))
	}
	for _, l := range must(c.ec2.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{}))(t).LaunchTemplates {
		add("launch template", aws.ToString(l.LaunchTemplateName))
	}
}

func inventoryECS(t *testing.T, ctx context.Context, c clients, add func(kind, id string)) {
	t.Helper()
	arns := must(c.ecs.ListClusters(ctx, &ecs.ListClustersInput{}))(t).ClusterArns
	for _, cluster := range must(c.ecs.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: arns}))(t).Clusters {
		if aws.ToString(cluster.Status) == "ACTIVE" {
			add("cluster", aws.ToString(cluster.ClusterName))
		}
		services := must(c.ecs.ListServices(ctx, &ecs.ListServicesInput{Cluster: cluster.ClusterArn, MaxResults: aws.Int32(10)}))(t).ServiceArns
		if len(services) > 0 {
			out := must(c.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: cluster.ClusterArn, Services: services}))(t)
			for _, s := range out.Services {
				if aws.ToString(s.Status) == "ACTIVE" {
					add("service", aws.ToString(s.ServiceArn))
				}
			}
		}
		running := must(c.ecs.ListTasks(ctx, &ecs.ListTasksInput{Cluster: cluster.ClusterArn, DesiredStatus: ecstypes.DesiredStatusRunning}))(t)
		for _, task := range running.TaskArns {
			add("task", task)
		}
	}
	for _, d := range must(c.ecs.ListTaskDefinitions(ctx, &ecs.ListTaskDefinitionsInput{}))(t).TaskDefinitionArns {
		add("task definition", d)
	}
}

// must turns a call's two results into one, or ends the test.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// sameInventory says what one list has and the other has not.
func sameInventory(t *testing.T, want, got []string) {
	t.Helper()
	for _, thing := range got {
		if !slices.Contains(want, thing) {
			t.Errorf("too much: %s", thing)
		}
	}
	for _, thing := range want {
		if !slices.Contains(got, thing) {
			t.Errorf("missing: %s", thing)
		}
	}
}
