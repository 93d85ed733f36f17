package infra

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

func (d *described) fronts() {
	tagsOf := func(arn *string) string {
		tags := map[string]string{}
		for _, described := range must(d.c.elb.DescribeTags(d.ctx, &elb.DescribeTagsInput{ResourceArns: []string{*arn}}))(d.t).TagDescriptions {
			for _, t := range described.Tags {
				tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
			}
		}
		return sayTags(tags)
	}
	for _, g := range must(d.c.elb.DescribeTargetGroups(d.ctx, &elb.DescribeTargetGroupsInput{}))(d.t).TargetGroups {
		name := aws.ToString(g.TargetGroupName)
		if !d.n.Owns(name) {
			continue
		}
		d.w[aws.ToString(g.TargetGroupArn)] = name
		delay := ""
		for _, a := range must(d.c.elb.DescribeTargetGroupAttributes(d.ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: g.TargetGroupArn}))(d.t).Attributes {
			if aws.ToString(a.Key) == "deregistration_delay.timeout_seconds" {
				delay = aws.ToString(a.Value)
			}
		}
		d.i.Fronts[name+" targets"] = fmt.Sprintf("%s %s %d delay %s", g.TargetType, g.Protocol, aws.ToInt32(g.Port), delay)
		d.i.Fronts[name+" health"] = fmt.Sprintf("%s every %d within %d, %d up, %d down", aws.ToString(g.HealthCheckPath), aws.ToInt32(g.HealthCheckIntervalSeconds),
			aws.ToInt32(g.HealthCheckTimeoutSeconds), aws.ToInt32(g.HealthyThresholdCount), aws.ToInt32(g.UnhealthyThresholdCount))
		d.i.Tags["targets "+name] = tagsOf(g.TargetGroupArn)
	}
	for _, b := range must(d.c.elb.DescribeLoadBalancers(d.ctx, &elb.DescribeLoadBalancersInput{}))(d.t).LoadBalancers {
		name := aws.ToString(b.LoadBalancerName)
		if !d.n.Owns(name) {
			continue
		}
		var subnets []string
		for _, z := range b.AvailabilityZones {
			subnets = append(subnets, aws.ToString(z.SubnetId))
		}
		d.w[aws.ToString(b.DNSName)] = map[string]string{d.n.Balancer: "<balancer>", d.n.BoxBalancer: "<inventory>"}[name]
		d.i.Fronts[name] = fmt.Sprintf("%s %s in %s groups %s", b.Scheme, b.Type, d.w.sayAll(subnets), d.w.sayAll(b.SecurityGroups))
		d.i.Tags["balancer "+name] = tagsOf(b.LoadBalancerArn)
		for _, l := range must(d.c.elb.DescribeListeners(d.ctx, &elb.DescribeListenersInput{LoadBalancerArn: b.LoadBalancerArn}))(d.t).Listeners {
			d.i.Fronts[name+" listener"] = fmt.Sprintf("%s %d to %s", l.Protocol, aws.ToInt32(l.Port), d.w.say(aws.ToString(l.DefaultActions[0].TargetGroupArn)))
			d.i.Tags["listener of "+name] = tagsOf(l.ListenerArn)
		}
	}
}

func ecsTags(tags []ecstypes.Tag) string {
	m := map[string]string{}
	for _, t := range tags {
		m[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return sayTags(m)
}

func (d *described) tasks() {
	for name, word := range map[string]string{d.n.OperatorSecret: "<operator>", d.n.DatabaseSecret: "<shop's login>"} {
		d.w[aws.ToString(must(d.c.secrets.DescribeSecret(d.ctx, &secretsmanager.DescribeSecretInput{SecretId: &name}))(d.t).ARN)] = word
	}
	for _, c := range must(d.c.ecs.DescribeClusters(d.ctx, &ecs.DescribeClustersInput{Clusters: []string{d.n.Cluster}, Include: []ecstypes.ClusterField{ecstypes.ClusterFieldTags}}))(d.t).Clusters {
		d.i.Names["cluster"] = aws.ToString(c.ClusterName)
		d.i.Tags["cluster"] = ecsTags(c.Tags)
	}
	for _, arn := range must(d.c.ecs.ListTaskDefinitions(d.ctx, &ecs.ListTaskDefinitionsInput{}))(d.t).TaskDefinitionArns {
		if !strings.Contains(arn, "/"+d.n.Prefix+"-") {
			continue
		}
		out := must(d.c.ecs.DescribeTaskDefinition(d.ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &arn, Include: []ecstypes.TaskDefinitionField{ecstypes.TaskDefinitionFieldTags}}))(d.t)
		def := out.TaskDefinition
		var compatible []string
		for _, c := range def.RequiresCompatibilities {
			compatible = append(compatible, string(c))
		}
		d.i.task(d.w, aws.ToString(def.Family), def.ContainerDefinitions, aws.ToString(def.Cpu), aws.ToString(def.Memory), string(def.NetworkMode),
			strings.Join(compatible, ","), aws.ToString(def.ExecutionRoleArn), aws.ToString(def.TaskRoleArn))
		d.i.Tags["task definition "+aws.ToString(def.Family)] = ecsTags(out.Tags)
	}
	names := must(d.c.ecs.ListServices(d.ctx, &ecs.ListServicesInput{Cluster: &d.n.Cluster}))(d.t).ServiceArns
	for _, s := range must(d.c.ecs.DescribeServices(d.ctx, &ecs.DescribeServicesInput{Cluster: &d.n.Cluster, Services: names, Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags}}))(d.t).Services {
		name, net := aws.ToString(s.ServiceName), s.NetworkConfiguration.AwsvpcConfiguration
		d.i.Services[name] = sayService(d.w, fmt.Sprint(s.DesiredCount), string(s.LaunchType), string(s.PropagateTags), net.Subnets, net.SecurityGroups,
			fmt.Sprint(net.AssignPublicIp == ecstypes.AssignPublicIpEnabled))
		for _, l := range s.LoadBalancers {
			d.i.Services[name+" behind"] = fmt.Sprintf("%s %s:%d", d.w.say(aws.ToString(l.TargetGroupArn)), aws.ToString(l.ContainerName), aws.ToInt32(l.ContainerPort))
		}
		d.i.Tags["service "+name] = ecsTags(s.Tags)
	}
	d.scaling()
	d.named()
}

func (d *described) hosts() {
	for _, l := range must(d.c.ec2.DescribeLaunchTemplates(d.ctx, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateNames: []string{d.n.Box}}))(d.t).LaunchTemplates {
		d.i.Tags["box's template"] = sayTags(ec2Tags(l.Tags))
		data := must(d.c.ec2.DescribeLaunchTemplateVersions(d.ctx, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: l.LaunchTemplateId, Versions: []string{"$Default"}}))(d.t).LaunchTemplateVersions[0].LaunchTemplateData
		d.i.Hosts["box template"] = fmt.Sprintf("%s type %s key %s groups %s metadata by token %s", aws.ToString(l.LaunchTemplateName), data.InstanceType, aws.ToString(data.KeyName),
			d.w.sayAll(data.SecurityGroupIds), data.MetadataOptions.HttpTokens)
		for _, b := range data.BlockDeviceMappings {
			d.i.Hosts["box template disk "+aws.ToString(b.DeviceName)] = fmt.Sprintf("%d GiB %s encrypted %v goes too %v", aws.ToInt32(b.Ebs.VolumeSize), b.Ebs.VolumeType, aws.ToBool(b.Ebs.Encrypted), aws.ToBool(b.Ebs.DeleteOnTermination))
		}
		for _, s := range data.TagSpecifications {
			d.i.Tags["box's template's "+string(s.ResourceType)] = sayTags(ec2Tags(s.Tags))
		}
	}
	for _, r := range must(d.c.ec2.DescribeInstances(d.ctx, &ec2.DescribeInstancesInput{Filters: []types.Filter{d.vpc}}))(d.t).Reservations {
		for _, h := range r.Instances {
			role := ec2Tags(h.Tags)[TagRole]
			d.i.Hosts[role+" subnet"] = d.w.say(aws.ToString(h.SubnetId))
			d.i.Tags["host "+role] = sayTags(ec2Tags(h.Tags))
			if role == RoleMonitoring {
				var groups []string
				for _, g := range h.SecurityGroups {
					groups = append(groups, aws.ToString(g.GroupId))
				}
				d.i.Hosts[role+" type"] = string(h.InstanceType)
				d.i.Hosts[role+" groups"] = d.w.sayAll(groups)
				d.i.Hosts[role+" metadata by token"] = string(h.MetadataOptions.HttpTokens)
			}
		}
	}
	for _, k := range must(d.c.ec2.DescribeKeyPairs(d.ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{d.n.Box}}))(d.t).KeyPairs {
		d.i.Names["key pair"] = aws.ToString(k.KeyName)
		d.i.Tags["key pair"] = sayTags(ec2Tags(k.Tags))
	}
}
