package rehearsal

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
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
)

// list is one kind of resource and how all of it is listed. A rehearsal holds
// fewer than one page of each.
type list struct {
	kind string
	ids  func(context.Context) ([]string, error)
}

// ids takes the names out of an answer.
func ids[T any](items []T, err error, id func(T) *string) ([]string, error) {
	var out []string
	for _, item := range items {
		if p := id(item); p != nil {
			out = append(out, *p)
		}
	}
	return out, err
}

func awsLists(cfg aws.Config) []list {
	var all []list
	for _, of := range [][]list{networkLists(ec2.NewFromConfig(cfg)), hostLists(ec2.NewFromConfig(cfg)), taskLists(ecs.NewFromConfig(cfg)), nodeLists(eks.NewFromConfig(cfg)), scalingLists(scaling.NewFromConfig(cfg)),
		dataLists(cfg), balancerLists(elb.NewFromConfig(cfg)), identityLists(iam.NewFromConfig(cfg))} {
		all = append(all, of...)
	}
	return all
}

func networkLists(c *ec2.Client) []list {
	return []list{
		{"network", func(ctx context.Context) ([]string, error) {
			o, err := c.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
			if err != nil {
				return nil, err
			}
			return ids(o.Vpcs, nil, func(x ec2types.Vpc) *string { return x.VpcId })
		}},
		{"subnet", func(ctx context.Context) ([]string, error) {
			o, err := c.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
			if err != nil {
				return nil, err
			}
			return ids(o.Subnets, nil, func(x ec2types.Subnet) *string { return x.SubnetId })
		}},
		{"security group", func(ctx context.Context) ([]string, error) {
			o, err := c.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{})
			if err != nil {
				return nil, err
			}
			return ids(o.SecurityGroups, nil, func(x ec2types.SecurityGroup) *string { return x.GroupId })
		}},
		{"internet gateway", func(ctx context.Context) ([]string, error) {
			o, err := c.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{})
			if err != nil {
				return nil, err
			}
			return ids(o.InternetGateways, nil, func(x ec2types.InternetGateway) *string { return x.InternetGatewayId })
		}},
		{"route table", func(ctx context.Context) ([]string, error) {
			o, err := c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{})
			if err != nil {
				return nil, err
			}
			return ids(o.RouteTables, nil, func(x ec2types.RouteTable) *string { return x.RouteTableId })
		}},
		{"network interface", func(ctx context.Context) ([]string, error) {
			o, err := c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{})
			if err != nil {
				return nil, err
			}
			return ids(o.NetworkInterfaces, nil, func(x ec2types.NetworkInterface) *string { return x.NetworkInterfaceId })
		}},
		{"address", func(ctx context.Context) ([]string, error) {
			o, err := c.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
			if err != nil {
				return nil, err
			}
			return ids(o.Addresses, nil, func(x ec2types.Address) *string { return x.AllocationId })
		}},
	}
}

func hostLists(c *ec2.Client) []list {
	return []list{
		{"instance", func(ctx context.Context) (out []string, err error) {
			o, err := c.DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
			if err != nil {
				return nil, err
			}
			for _, r := range o.Reservations {
				for _, i := range r.Instances {
					if i.State.Name != ec2types.InstanceStateNameTerminated {
						out = append(out, aws.ToString(i.InstanceId))
					}
				}
			}
			return out, nil
		}},
		{"volume", func(ctx context.Context) ([]string, error) {
			o, err := c.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{})
			if err != nil {
				return nil, err
			}
			return ids(o.Volumes, nil, func(x ec2types.Volume) *string { return x.VolumeId })
		}},
		{"launch template", func(ctx context.Context) ([]string, error) {
			o, err := c.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{})
			if err != nil {
				return nil, err
			}
			return ids(o.LaunchTemplates, nil, func(x ec2types.LaunchTemplate) *string { return x.LaunchTemplateId })
		}},
		{"key pair", func(ctx context.Context) ([]string, error) {
			o, err := c.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{})
			if err != nil {
				return nil, err
			}
			return ids(o.KeyPairs, nil, func(x ec2types.KeyPairInfo) *string { return x.KeyPairId })
		}},
	}
}

func taskLists(c *ecs.Client) []list {
	return []list{
		{"cluster", func(ctx context.Context) (out []string, err error) {
			o, err := c.ListClusters(ctx, &ecs.ListClustersInput{})
			if err != nil || len(o.ClusterArns) == 0 {
				return nil, err
			}
			d, err := c.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: o.ClusterArns})
			if err != nil {
				return nil, err
			}
			for _, x := range d.Clusters {
				if aws.ToString(x.Status) != "INACTIVE" {
					out = append(out, aws.ToString(x.ClusterArn))
				}
			}
			return out, nil
		}},
		{"task definition", func(ctx context.Context) ([]string, error) {
			o, err := c.ListTaskDefinitions(ctx, &ecs.ListTaskDefinitionsInput{Status: ecstypes.TaskDefinitionStatusActive})
			if err != nil {
				return nil, err
			}
			return o.TaskDefinitionArns, nil
		}},
	}
}

func balancerLists(c *elb.Client) []list {
	return []list{
		{"balancer", func(ctx context.Context) (out []string, err error) {
			o, err := c.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{})
			if err != nil {
				return nil, err
			}
			for _, x := range o.LoadBalancers {
				out = append(out, aws.ToString(x.LoadBalancerArn))
			}
			return out, nil
		}},
		{"target group", func(ctx context.Context) (out []string, err error) {
			o, err := c.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{})
			if err != nil {
				return nil, err
			}
			for _, x := range o.TargetGroups {
				out = append(out, aws.ToString(x.TargetGroupArn))
			}
			return out, nil
		}},
	}
}

func dataLists(cfg aws.Config) []list {
	db, secrets, queues, params := rds.NewFromConfig(cfg), secretsmanager.NewFromConfig(cfg), sqs.NewFromConfig(cfg), ssm.NewFromConfig(cfg)
	return []list{
		{"database", func(ctx context.Context) (out []string, err error) {
			o, err := db.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{})
			if err != nil {
				return nil, err
			}
			for _, x := range o.DBInstances {
				out = append(out, aws.ToString(x.DBInstanceIdentifier))
			}
			return out, nil
		}},
		{"database snapshot", func(ctx context.Context) (out []string, err error) {
			o, err := db.DescribeDBSnapshots(ctx, &rds.DescribeDBSnapshotsInput{})
			if err != nil {
				return nil, err
			}
			for _, x := range o.DBSnapshots {
				out = append(out, aws.ToString(x.DBSnapshotIdentifier))
			}
			return out, nil
		}},
		{"database subnet group", func(ctx context.Context) (out []string, err error) {
			o, err := db.DescribeDBSubnetGroups(ctx, &rds.DescribeDBSubnetGroupsInput{})
			if err != nil {
				return nil, err
			}
			for _, x := range o.DBSubnetGroups {
				out = append(out, aws.ToString(x.DBSubnetGroupName))
			}
			return out, nil
		}},
		{"database parameter group", func(ctx context.Context) (out []string, err error) {
			o, err := db.DescribeDBParameterGroups(ctx, &rds.DescribeDBParameterGroupsInput{})
			if err != nil {
				return nil, err
			}
			for _, x := range o.DBParameterGroups {
				if name := aws.ToString(x.DBParameterGroupName); len(name) < 8 || name[:8] != "default." {
					out = append(out, name) // AWS's own appear by themselves
				}
			}
			return out, nil
		}},
		{"secret", func(ctx context.Context) (out []string, err error) {
			o, err := secrets.ListSecrets(ctx, &secretsmanager.ListSecretsInput{})
			if err != nil {
				return nil, err
			}
			for _, x := range o.SecretList {
				out = append(out, aws.ToString(x.Name))
			}
			return out, nil
		}},
		{"queue", func(ctx context.Context) ([]string, error) {
			o, err := queues.ListQueues(ctx, &sqs.ListQueuesInput{})
			if err != nil {
				return nil, err
			}
			return o.QueueUrls, nil
		}},
		{"parameter", func(ctx context.Context) (out []string, err error) {
			o, err := params.GetParametersByPath(ctx, &ssm.GetParametersByPathInput{Path: aws.String("/chaotic-good/"), Recursive: aws.Bool(true)})
			if err != nil {
				return nil, err
			}
			for _, x := range o.Parameters {
				out = append(out, aws.ToString(x.Name))
			}
			return out, nil
		}},
	}
}

func identityLists(c *iam.Client) []list {
	return []list{
		{"user", func(ctx context.Context) (out []string, err error) {
			o, err := c.ListUsers(ctx, &iam.ListUsersInput{})
			if err != nil {
				return nil, err
			}
			for _, x := range o.Users {
				out = append(out, aws.ToString(x.Arn))
				k, err := c.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: x.UserName})
				if err != nil {
					return nil, err
				}
				for _, key := range k.AccessKeyMetadata {
					out = append(out, "key of "+aws.ToString(key.UserName)) // its id is nobody's business
				}
			}
			return out, nil
		}},
		{"role", func(ctx context.Context) ([]string, error) {
			o, err := c.ListRoles(ctx, &iam.ListRolesInput{})
			if err != nil {
				return nil, err
			}
			return ids(o.Roles, nil, func(x iamtypes.Role) *string { return x.Arn })
		}},
		{"policy", func(ctx context.Context) ([]string, error) {
			o, err := c.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal})
			if err != nil {
				return nil, err
			}
			return ids(o.Policies, nil, func(x iamtypes.Policy) *string { return x.Arn })
		}},
		{"instance profile", func(ctx context.Context) ([]string, error) {
			o, err := c.ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{})
			if err != nil {
				return nil, err
			}
			return ids(o.InstanceProfiles, nil, func(x iamtypes.InstanceProfile) *string { return x.Arn })
		}},
	}
}
