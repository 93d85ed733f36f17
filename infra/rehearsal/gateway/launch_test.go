package gateway

import (
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/chaotic-good/scenarios/infra"
)

func ec2Tags(round, role string) []types.Tag {
	return []types.Tag{{Key: aws.String(infra.TagRound), Value: &round}, {Key: aws.String(infra.TagRole), Value: &role}}
}

// TestThePlayerReplacesTheBox: as the round's template says, and in no other way.
func TestThePlayerReplacesTheBox(t *testing.T) {
	w := newWorld(t)
	ctx, names, c := t.Context(), infra.NamesOf("R73"), ec2.NewFromConfig(w.root())
	vpc, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.73.0.0/16")})
	must(t, err)
	tagged := func(kind types.ResourceType, role string) []types.TagSpecification {
		return []types.TagSpecification{{ResourceType: kind, Tags: ec2Tags("R73", role)}}
	}
	subnet, err := c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.73.1.0/24"),
		TagSpecifications: tagged(types.ResourceTypeSubnet, "public-a")})
	must(t, err)
	group, err := c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: vpc.Vpc.VpcId, GroupName: aws.String(names.Group(infra.RoleBox)),
		Description: aws.String("box"), TagSpecifications: tagged(types.ResourceTypeSecurityGroup, infra.RoleBox)})
	must(t, err)
	_, err = c.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: &names.Box, TagSpecifications: tagged(types.ResourceTypeLaunchTemplate, infra.RoleBox),
		LaunchTemplateData: &types.RequestLaunchTemplateData{
			ImageId: aws.String("ami-12345678"), InstanceType: infra.HostType, SecurityGroupIds: []string{*group.GroupId},
			TagSpecifications: []types.LaunchTemplateTagSpecificationRequest{
				{ResourceType: types.ResourceTypeInstance, Tags: ec2Tags("R73", infra.RoleBox)},
				{ResourceType: types.ResourceTypeVolume, Tags: ec2Tags("R73", infra.RoleBox)},
			},
		},
	})
	must(t, err)

	player := w.player("R73")
	in := func(change func(*ec2.RunInstancesInput)) *ec2.RunInstancesInput {
		in := &ec2.RunInstancesInput{MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: subnet.Subnet.SubnetId,
			LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateName: &names.Box, Version: aws.String("$Default")}}
		change(in)
		return in
	}
	defaults, err := c.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []types.Filter{
		{Name: aws.String("default-for-az"), Values: []string{"true"}}, {Name: aws.String("availability-zone"), Values: []string{region + "a"}}}})
	must(t, err)
	nic := func(id *string) []types.InstanceNetworkInterfaceSpecification {
		return []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: id, Groups: []string{*group.GroupId}}}
	}
	c = ec2.NewFromConfig(player)
	for name, change := range map[string]func(*ec2.RunInstancesInput){
		"in no subnet":              func(in *ec2.RunInstancesInput) { in.SubnetId = nil },
		"in the default subnet":     func(in *ec2.RunInstancesInput) { in.SubnetId = defaults.Subnets[0].SubnetId },
		"an interface in no subnet": func(in *ec2.RunInstancesInput) { in.SubnetId, in.NetworkInterfaces = nil, nic(nil) },
		"an interface in the default's": func(in *ec2.RunInstancesInput) {
			in.SubnetId, in.NetworkInterfaces = nil, nic(defaults.Subnets[0].SubnetId)
		},
		"without the template": func(in *ec2.RunInstancesInput) { in.LaunchTemplate, in.ImageId = nil, aws.String("ami-12345678") },
		"a bigger type":        func(in *ec2.RunInstancesInput) { in.InstanceType = types.InstanceTypeM5Large },
		"another role": func(in *ec2.RunInstancesInput) {
			in.TagSpecifications = tagged(types.ResourceTypeInstance, infra.RoleMonitoring)
		},
		"another round": func(in *ec2.RunInstancesInput) {
			in.TagSpecifications = []types.TagSpecification{{ResourceType: types.ResourceTypeInstance, Tags: ec2Tags("R74", infra.RoleBox)}}
		},
	} {
		if made, err := c.RunInstances(ctx, in(change)); err == nil {
			w.ends(made.Instances[0])
			t.Errorf("%s: it was started", name)
		} else {
			wantCode(t, err, "UnauthorizedOperation")
		}
	}
	made, err := c.RunInstances(ctx, in(func(*ec2.RunInstancesInput) {}))
	must(t, err)
	box := made.Instances[0]
	w.ends(box)
	tags := map[string]string{}
	for _, tag := range box.Tags {
		if !strings.HasPrefix(*tag.Key, "aws:") { // AWS adds tags of its own, too
			tags[*tag.Key] = *tag.Value
		}
	}
	if box.InstanceType != infra.HostType || *box.ImageId != "ami-12345678" || *box.SubnetId != *subnet.Subnet.SubnetId ||
		len(box.SecurityGroups) != 1 || *box.SecurityGroups[0].GroupId != *group.GroupId ||
		!maps.Equal(tags, map[string]string{infra.TagRound: "R73", infra.TagRole: infra.RoleBox}) {
		t.Errorf("it is not as the template says: %s %s %s %+v %v", box.InstanceType, *box.ImageId, *box.SubnetId, box.SecurityGroups, tags)
	}
	_, err = c.RunInstances(ctx, in(func(in *ec2.RunInstancesInput) { in.LaunchTemplate.LaunchTemplateName = aws.String("nobody's") }))
	wantCode(t, err, "InvalidLaunchTemplateName.NotFoundException")

	b := elb.NewFromConfig(w.root())
	for name, allowed := range map[string]bool{names.BoxTargetGroup: true, names.TargetGroup: false} {
		g, err := b.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: &name, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(infra.PortApp),
			VpcId: vpc.Vpc.VpcId, TargetType: elbtypes.TargetTypeEnumInstance})
		must(t, err)
		target := []elbtypes.TargetDescription{{Id: box.InstanceId}}
		_, err = elb.NewFromConfig(player).RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: g.TargetGroups[0].TargetGroupArn, Targets: target})
		if !allowed {
			wantCode(t, err, "AccessDenied")
			continue
		}
		must(t, err)
		_, err = elb.NewFromConfig(player).DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: g.TargetGroups[0].TargetGroupArn, Targets: target})
		must(t, err)
	}
}
