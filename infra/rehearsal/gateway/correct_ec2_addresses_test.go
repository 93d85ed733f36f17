package gateway

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// narrow is a network with one /28 subnet, for one test.
type narrow struct {
	stack
	c      *ec2.Client
	subnet *string
	group  string
}

func newNarrow(t *testing.T, name, cidr string) narrow {
	s := newStack(t, name)
	c, ctx := ec2.NewFromConfig(s.root()), t.Context()
	vpc, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.20.0.0/16")})
	must(t, err)
	_, err = c.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: vpc.Vpc.VpcId, EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)}})
	must(t, err)
	made, err := c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: &cidr})
	must(t, err)
	group, err := c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: vpc.Vpc.VpcId, GroupName: &name, Description: &name})
	must(t, err)
	s.network.AwsvpcConfiguration.Subnets, s.network.AwsvpcConfiguration.SecurityGroups = []string{*made.Subnet.SubnetId}, []string{*group.GroupId}
	return narrow{s, c, made.Subnet.SubnetId, *group.GroupId}
}

func (n narrow) free() int32 {
	n.Helper()
	out, err := n.c.DescribeSubnets(n.Context(), &ec2.DescribeSubnetsInput{SubnetIds: []string{*n.subnet}})
	must(n, err)
	return *out.Subnets[0].AvailableIpAddressCount
}

func (n narrow) take() (*string, error) {
	out, err := n.c.CreateNetworkInterface(n.Context(), &ec2.CreateNetworkInterfaceInput{SubnetId: n.subnet})
	if err != nil {
		return nil, err
	}
	return out.NetworkInterface.NetworkInterfaceId, nil
}

func (n narrow) drop(id *string) error {
	_, err := n.c.DeleteNetworkInterface(n.Context(), &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: id})
	return err
}

// AWS: a subnet gives away the addresses that it has, to whatever needs one.
func TestAFullSubnetRefuses(t *testing.T) {
	n := newNarrow(t, "full-subnet", "10.20.1.0/28")
	ctx := t.Context()
	n.revision()
	if got := n.free(); got != 11 {
		t.Fatalf("a new /28 has %d addresses", got)
	}
	n.run("x")
	var last *string
	for range 9 {
		id, err := n.take()
		must(t, err)
		last = id
	}
	two := launch(2, func(in *ec2.RunInstancesInput) { in.SubnetId, in.SecurityGroupIds = n.subnet, []string{n.group} })
	_, err := n.c.RunInstances(ctx, two)
	if say := wantCode(t, err, "InsufficientFreeAddressesInSubnet"); !strings.Contains(say, *n.subnet) {
		t.Errorf("AWS says %q", say)
	}
	out, err := n.ecs.RunTask(ctx, &ecs.RunTaskInput{Cluster: &n.cluster, TaskDefinition: &n.cluster, Count: aws.Int32(3), NetworkConfiguration: n.network})
	must(t, err)
	if len(out.Tasks) != 1 || len(out.Failures) != 2 || !strings.Contains(*out.Failures[0].Detail, "'"+*n.subnet+"': InsufficientFreeAddressesInSubnet") {
		t.Errorf("of three tasks %d run, and the failures are %+v", len(out.Tasks), out.Failures)
	}
	if got := n.free(); got != 0 {
		t.Errorf("%d addresses are left", got)
	}
	_, err = n.take()
	wantCode(t, err, "InsufficientFreeAddressesInSubnet")
	out, err = n.ecs.RunTask(ctx, &ecs.RunTaskInput{Cluster: &n.cluster, TaskDefinition: &n.cluster, NetworkConfiguration: n.network})
	must(t, err)
	if len(out.Tasks) != 0 || len(out.Failures) != 1 {
		t.Errorf("without an address %d tasks run, and the failures are %+v", len(out.Tasks), out.Failures)
	}
	must(t, n.drop(last))
	_, err = n.take()
	must(t, err)
}

// AWS: a task goes where an address is.
func TestATaskGoesWhereThereIsRoom(t *testing.T) {
	n := newNarrow(t, "room-elsewhere", "10.20.1.0/28")
	n.revision()
	for range 11 {
		_, err := n.take()
		must(t, err)
	}
	full := *n.subnet
	vpcs, err := n.c.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{SubnetIds: []string{full}})
	must(t, err)
	other, err := n.c.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpcs.Subnets[0].VpcId, CidrBlock: aws.String("10.20.3.0/28")})
	must(t, err)
	n.network.AwsvpcConfiguration.Subnets = []string{full, *other.Subnet.SubnetId}
	n.run("x")
	n.subnet = other.Subnet.SubnetId
	if got := n.free(); got != 10 {
		t.Errorf("the other subnet has %d addresses left", got)
	}
}

// AWS: an interface in use is kept, and so is the subnet around it. Both can go
// when what used it is gone.
func TestAnInterfaceInUseIsKept(t *testing.T) {
	n := newNarrow(t, "interface-in-use", "10.20.1.0/28")
	ctx := t.Context()
	n.revision()
	task := n.run("x")
	made, err := n.c.RunInstances(ctx, launch(1, func(in *ec2.RunInstancesInput) { in.SubnetId, in.SecurityGroupIds = n.subnet, []string{n.group} }))
	must(t, err)
	nics, err := n.c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: []types.Filter{{Name: aws.String("subnet-id"), Values: []string{*n.subnet}}}})
	must(t, err)
	if len(nics.NetworkInterfaces) != 2 {
		t.Fatalf("there are %d interfaces", len(nics.NetworkInterfaces))
	}
	for _, i := range nics.NetworkInterfaces {
		if say := wantCode(t, n.drop(i.NetworkInterfaceId), "InvalidParameterValue"); !strings.Contains(say, "is currently in use") {
			t.Errorf("AWS says %q", say)
		}
	}
	free := func() error {
		_, err := n.c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: n.subnet})
		return err
	}
	wantCode(t, free(), "DependencyViolation")
	_, err = n.c.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*made.Instances[0].InstanceId}})
	must(t, err)
	if got := n.free(); got != 10 {
		t.Errorf("after the instance %d addresses are left", got)
	}
	_, err = n.ecs.StopTask(ctx, &ecs.StopTaskInput{Cluster: &n.cluster, Task: &task})
	must(t, err)
	nics, err = n.c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: []types.Filter{{Name: aws.String("subnet-id"), Values: []string{*n.subnet}}}})
	must(t, err)
	for _, i := range nics.NetworkInterfaces { // the reconciler's part
		must(t, n.drop(i.NetworkInterfaceId))
	}
	must(t, free())
}
