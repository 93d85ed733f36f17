package infra

import (
	"context"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/chaotic-good/scenarios/bot/round"
)

// described reads what the SDK's maker made, and nothing that the maker knows.
type described struct {
	t   *testing.T
	ctx context.Context
	c   clients
	n   Names
	w   words
	i   Inventory
	vpc types.Filter
}

func ec2Tags(tags []types.Tag) map[string]string {
	m := map[string]string{}
	for _, t := range tags {
		m[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return m
}

// inventoryOfAWS is what describe calls answer of a round's stack.
func inventoryOfAWS(t *testing.T, cfg aws.Config, n Names) Inventory {
	t.Helper()
	d := &described{t: t, ctx: t.Context(), c: newClients(cfg), n: n, w: words{}, i: newInventory()}
	d.network()
	d.identity()
	d.database()
	d.fronts()
	d.tasks()
	d.hosts()
	for _, f := range reflect.VisibleFields(reflect.TypeFor[round.Outputs]()) {
		d.i.Outputs[f.Tag.Get("json")] = "there"
	}
	return d.i
}

func (d *described) network() {
	mine := []types.Filter{filter("tag:"+TagRound, string(d.n.Round))}
	for _, v := range must(d.c.ec2.DescribeVpcs(d.ctx, &ec2.DescribeVpcsInput{Filters: mine}))(d.t).Vpcs {
		d.vpc = filter("vpc-id", aws.ToString(v.VpcId))
		names := must(d.c.ec2.DescribeVpcAttribute(d.ctx, &ec2.DescribeVpcAttributeInput{VpcId: v.VpcId, Attribute: types.VpcAttributeNameEnableDnsHostnames}))(d.t)
		d.i.Network["vpc"] = fmt.Sprintf("%s names=%v", aws.ToString(v.CidrBlock), aws.ToBool(names.EnableDnsHostnames.Value))
		d.i.Tags["vpc"] = sayTags(ec2Tags(v.Tags))
	}
	in := []types.Filter{d.vpc}
	routed := map[string]bool{}
	for _, r := range must(d.c.ec2.DescribeRouteTables(d.ctx, &ec2.DescribeRouteTablesInput{Filters: in}))(d.t).RouteTables {
		for _, route := range r.Routes {
			for _, a := range r.Associations {
				routed[aws.ToString(a.SubnetId)] = routed[aws.ToString(a.SubnetId)] || aws.ToString(route.DestinationCidrBlock) == "0.0.0.0/0"
			}
		}
		if len(r.Tags) > 0 {
			d.i.Tags["route table"] = sayTags(ec2Tags(r.Tags))
		}
	}
	for _, g := range must(d.c.ec2.DescribeInternetGateways(d.ctx, &ec2.DescribeInternetGatewaysInput{Filters: mine}))(d.t).InternetGateways {
		d.i.Tags["internet gateway"] = sayTags(ec2Tags(g.Tags))
	}
	for _, s := range must(d.c.ec2.DescribeSubnets(d.ctx, &ec2.DescribeSubnetsInput{Filters: in}))(d.t).Subnets {
		role := ec2Tags(s.Tags)[TagRole]
		d.w[aws.ToString(s.SubnetId)] = role
		d.i.Network["subnet "+role] = fmt.Sprintf("%s %s addresses=%v internet=%v", aws.ToString(s.CidrBlock), aws.ToString(s.AvailabilityZone), aws.ToBool(s.MapPublicIpOnLaunch), routed[aws.ToString(s.SubnetId)])
		d.i.Tags["subnet "+role] = sayTags(ec2Tags(s.Tags))
	}
	var ids []string
	for _, g := range must(d.c.ec2.DescribeSecurityGroups(d.ctx, &ec2.DescribeSecurityGroupsInput{Filters: in}))(d.t).SecurityGroups {
		if aws.ToString(g.GroupName) == "default" {
			continue
		}
		role := ec2Tags(g.Tags)[TagRole]
		ids = append(ids, aws.ToString(g.GroupId))
		d.w[aws.ToString(g.GroupId)] = role
		d.i.Groups[role] = aws.ToString(g.GroupName) + ": " + aws.ToString(g.Description)
		d.i.Tags["group "+role] = sayTags(ec2Tags(g.Tags))
	}
	for _, r := range must(d.c.ec2.DescribeSecurityGroupRules(d.ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: []types.Filter{filter("group-id", ids...)}}))(d.t).SecurityGroupRules {
		arrow, other := "<-", aws.ToString(r.CidrIpv4)
		if aws.ToBool(r.IsEgress) {
			arrow = "->"
		}
		if r.ReferencedGroupInfo != nil {
			other += aws.ToString(r.ReferencedGroupInfo.GroupId)
		}
		d.i.rule(d.w.say(aws.ToString(r.GroupId)), arrow, d.w.say(other), aws.ToString(r.IpProtocol), fmt.Sprint(aws.ToInt32(r.FromPort)), fmt.Sprint(aws.ToInt32(r.ToPort)))
	}
}

func (d *described) identity() {
	name := d.n.TasksRole
	role := must(d.c.iam.GetRole(d.ctx, &iam.GetRoleInput{RoleName: &name}))(d.t).Role
	d.w[aws.ToString(role.Arn)] = name
	open := func(text *string) string {
		plain, err := url.QueryUnescape(aws.ToString(text))
		if err != nil {
			d.t.Fatal(err)
		}
		return canonicalJSON(plain)
	}
	d.i.Roles[name+" trust"] = open(role.AssumeRolePolicyDocument)
	d.i.Roles[name+" path"] = aws.ToString(role.Path)
	tags := map[string]string{}
	for _, t := range role.Tags {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	d.i.Tags["role "+name] = sayTags(tags)
	for _, p := range must(d.c.iam.ListRolePolicies(d.ctx, &iam.ListRolePoliciesInput{RoleName: &name}))(d.t).PolicyNames {
		doc := must(d.c.iam.GetRolePolicy(d.ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &p}))(d.t)
		d.i.Roles[name+" rights "+p] = open(doc.PolicyDocument)
	}
}

func (d *described) database() {
	for _, db := range must(d.c.rds.DescribeDBInstances(d.ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &d.n.Database}))(d.t).DBInstances {
		var groups []string
		for _, g := range db.VpcSecurityGroups {
			groups = append(groups, aws.ToString(g.VpcSecurityGroupId))
		}
		d.w[aws.ToString(db.Endpoint.Address)] = "<database>"
		d.i.Database["instance"] = fmt.Sprintf("%s %s %s %s %d GiB", aws.ToString(db.DBInstanceIdentifier), aws.ToString(db.Engine), aws.ToString(db.EngineVersion), aws.ToString(db.DBInstanceClass), aws.ToInt32(db.AllocatedStorage))
		d.i.Database["access"] = fmt.Sprintf("port %d public %v groups %s", aws.ToInt32(db.Endpoint.Port), aws.ToBool(db.PubliclyAccessible), d.w.sayAll(groups))
		d.i.Database["kept"] = fmt.Sprintf("encrypted %v backups %d protected %v", aws.ToBool(db.StorageEncrypted), aws.ToInt32(db.BackupRetentionPeriod), aws.ToBool(db.DeletionProtection))
		d.i.Database["content"] = fmt.Sprintf("%s run by %s", aws.ToString(db.DBName), aws.ToString(db.MasterUsername))
		d.i.Database["of groups"] = fmt.Sprintf("%s %s", aws.ToString(db.DBSubnetGroup.DBSubnetGroupName), aws.ToString(db.DBParameterGroups[0].DBParameterGroupName))
		d.i.Database["password"] = fmt.Sprintf("managed %v", db.MasterUserSecret != nil)
		d.rdsTags("database", db.DBInstanceArn)
	}
	for _, g := range must(d.c.rds.DescribeDBSubnetGroups(d.ctx, &rds.DescribeDBSubnetGroupsInput{DBSubnetGroupName: &d.n.Database}))(d.t).DBSubnetGroups {
		var ids []string
		for _, s := range g.Subnets {
			ids = append(ids, aws.ToString(s.SubnetIdentifier))
		}
		d.i.Database["subnets"] = d.w.sayAll(ids)
		d.rdsTags("database's subnet group", g.DBSubnetGroupArn)
	}
	for _, g := range must(d.c.rds.DescribeDBParameterGroups(d.ctx, &rds.DescribeDBParameterGroupsInput{DBParameterGroupName: &d.n.Database}))(d.t).DBParameterGroups {
		d.i.Database["family"] = aws.ToString(g.DBParameterGroupFamily)
		d.rdsTags("database's parameter group", g.DBParameterGroupArn)
	}
	for _, p := range must(d.c.rds.DescribeDBParameters(d.ctx, &rds.DescribeDBParametersInput{DBParameterGroupName: &d.n.Database}))(d.t).Parameters {
		d.i.Database["parameter "+aws.ToString(p.ParameterName)] = aws.ToString(p.ParameterValue) + " by " + string(p.ApplyMethod)
	}
}

func (d *described) rdsTags(what string, arn *string) {
	tags := map[string]string{}
	for _, t := range must(d.c.rds.ListTagsForResource(d.ctx, &rds.ListTagsForResourceInput{ResourceName: arn}))(d.t).TagList {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	d.i.Tags[what] = sayTags(tags)
}

func (d *described) scaling() {
	for _, s := range must(d.c.scaling.DescribeScalableTargets(d.ctx, &scaling.DescribeScalableTargetsInput{ServiceNamespace: scalingtypes.ServiceNamespaceEcs}))(d.t).ScalableTargets {
		if strings.Contains(aws.ToString(s.ResourceId), "/"+d.n.Cluster+"/") {
			d.i.Scaling["bounds of "+aws.ToString(s.ResourceId)] = fmt.Sprintf("%d to %d", aws.ToInt32(s.MinCapacity), aws.ToInt32(s.MaxCapacity))
		}
	}
	for _, p := range must(d.c.scaling.DescribeScalingPolicies(d.ctx, &scaling.DescribeScalingPoliciesInput{ServiceNamespace: scalingtypes.ServiceNamespaceEcs}))(d.t).ScalingPolicies {
		if c := p.TargetTrackingScalingPolicyConfiguration; d.n.Owns(aws.ToString(p.PolicyName)) && c != nil {
			d.i.Scaling["policy "+aws.ToString(p.PolicyName)] = fmt.Sprintf("%s %v out %d in %d", c.PredefinedMetricSpecification.PredefinedMetricType, aws.ToFloat64(c.TargetValue), aws.ToInt32(c.ScaleOutCooldown), aws.ToInt32(c.ScaleInCooldown))
		}
	}
}

func (d *described) named() {
	pages := ssm.NewGetParametersByPathPaginator(d.c.ssm, &ssm.GetParametersByPathInput{Path: &d.n.Parameters, Recursive: aws.Bool(true)})
	for pages.HasMorePages() {
		for _, p := range must(pages.NextPage(d.ctx))(d.t).Parameters {
			d.i.Names["parameter "+aws.ToString(p.Name)] = string(p.Type)
		}
	}
	tags := map[string]string{}
	for _, t := range must(d.c.ssm.ListTagsForResource(d.ctx, &ssm.ListTagsForResourceInput{ResourceType: "Parameter", ResourceId: &d.n.Releases}))(d.t).TagList {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	d.i.Tags["parameter "+d.n.Releases] = sayTags(tags)
	queue := must(d.c.sqs.GetQueueUrl(d.ctx, &sqs.GetQueueUrlInput{QueueName: &d.n.Queue}))(d.t)
	d.i.Names["queue"] = d.n.Queue
	d.i.Tags["queue"] = sayTags(must(d.c.sqs.ListQueueTags(d.ctx, &sqs.ListQueueTagsInput{QueueUrl: queue.QueueUrl}))(d.t).Tags)
}
