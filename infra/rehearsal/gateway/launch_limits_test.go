package gateway

import (
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func launch(n int32, change func(*ec2.RunInstancesInput)) *ec2.RunInstancesInput {
	in := &ec2.RunInstancesInput{ImageId: aws.String("ami-12345678"), InstanceType: types.InstanceTypeT3Micro, MinCount: &n, MaxCount: &n}
	if change != nil {
		change(in)
	}
	return in
}

// AWS: an account runs no more than its quota of vCPUs, and a call that would
// exceed it starts nothing.
func TestTheQuotaOfInstances(t *testing.T) {
	w := newWorldOf(t, "111111111101")
	ctx, c := t.Context(), ec2.NewFromConfig(w.root())
	run := func(n int32) ([]types.Instance, error) {
		made, err := c.RunInstances(ctx, launch(n, nil))
		if err != nil {
			return nil, err
		}
		return made.Instances, nil
	}
	start := func(id string) error {
		_, err := c.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}})
		return err
	}
	const code = "VcpuLimitExceeded"
	_, err := run(30)
	if say := wantCode(t, err, code); !strings.Contains(say, "your current vCPU limit of 12 allows") {
		t.Errorf("AWS says %q", say)
	}
	first, err := run(5)
	must(t, err)
	_, err = run(2)
	wantCode(t, err, code)

	var started sync.Map
	var calls sync.WaitGroup
	for i := range 4 { // all at once, and one fits
		calls.Go(func() {
			if made, err := run(1); err == nil {
				started.Store(i, made)
			}
		})
	}
	calls.Wait()
	n := 0
	started.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d calls found the last place", n)
	}
	stopped := *first[0].InstanceId
	_, err = c.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{stopped}})
	must(t, err)
	_, err = run(1)
	must(t, err)
	wantCode(t, start(stopped), code)
	must(t, start(*first[1].InstanceId)) // runs, and takes no more
	_, err = c.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*first[2].InstanceId}})
	must(t, err)
	must(t, start(stopped))
	_, err = run(0)
	wantCode(t, err, "InvalidParameterValue")
}

// AWS: an instance without a subnet is in the default network's, and its
// security groups are of the network that it is in.
func TestWhereAnInstanceIs(t *testing.T) {
	w := newWorldOf(t, "111111111102")
	ctx, c := t.Context(), ec2.NewFromConfig(w.root())
	subnets, err := c.DescribeSubnets(ctx, nil)
	must(t, err)
	in := map[string]string{} // zone -> its default subnet
	for _, s := range subnets.Subnets {
		in[*s.AvailabilityZone] = *s.SubnetId
	}
	vpc, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.74.0.0/16")})
	must(t, err)
	made, err := c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.74.1.0/24")})
	must(t, err)
	own := made.Subnet.SubnetId
	there, err := c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: vpc.Vpc.VpcId, GroupName: aws.String("there"), Description: aws.String("d")})
	must(t, err)
	here := ingressGroup(w, "here")
	nic := func(subnet *string, group string) []types.InstanceNetworkInterfaceSpecification {
		return []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: subnet, Groups: []string{group}}}
	}
	const networks, mixed = "InvalidParameter", "InvalidParameterCombination"
	for _, tt := range []struct {
		name   string
		change func(*ec2.RunInstancesInput)
		want   string // its subnet
		code   string
	}{
		{"nothing said", nil, in[region+"a"], ""},
		{"a zone", func(i *ec2.RunInstancesInput) {
			i.Placement = &types.Placement{AvailabilityZone: aws.String(region + "b")}
		}, in[region+"b"], ""},
		{"a group of the default network", func(i *ec2.RunInstancesInput) { i.SecurityGroupIds = []string{here} }, in[region+"a"], ""},
		{"a group by its name", func(i *ec2.RunInstancesInput) { i.SecurityGroups = []string{"here"} }, in[region+"a"], ""},
		{"a group and no subnet", func(i *ec2.RunInstancesInput) { i.SecurityGroupIds = []string{*there.GroupId} }, "", networks},
		{"its own", func(i *ec2.RunInstancesInput) { i.SubnetId, i.SecurityGroupIds = own, []string{*there.GroupId} }, *own, ""},
		{"another network's group", func(i *ec2.RunInstancesInput) { i.SubnetId, i.SecurityGroupIds = own, []string{*there.GroupId, here} }, "", networks},
		{"a group by its name in a subnet", func(i *ec2.RunInstancesInput) { i.SubnetId, i.SecurityGroups = own, []string{"here"} }, "", mixed},
		{"an interface", func(i *ec2.RunInstancesInput) { i.NetworkInterfaces = nic(own, *there.GroupId) }, *own, ""},
		{"an interface in no subnet", func(i *ec2.RunInstancesInput) { i.NetworkInterfaces = nic(nil, here) }, in[region+"a"], ""},
		{"an interface with another network's group", func(i *ec2.RunInstancesInput) { i.NetworkInterfaces = nic(own, here) }, "", networks},
		{"an interface, and a group beside it", func(i *ec2.RunInstancesInput) {
			i.NetworkInterfaces, i.SecurityGroupIds = nic(own, *there.GroupId), []string{here}
		}, "", mixed},
		{"a subnet that does not exist", func(i *ec2.RunInstancesInput) { i.SubnetId = aws.String("subnet-0123456789abcdef0") }, "", "InvalidSubnetID.NotFound"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.RunInstances(t.Context(), launch(1, tt.change))
			if err == nil {
				defer func() {
					_, err := c.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{*got.Instances[0].InstanceId}})
					must(t, err)
				}()
			}
			switch {
			case tt.code != "":
				if say := wantCode(t, err, tt.code); tt.code == networks && !strings.HasSuffix(say, " belong to different networks.") {
					t.Errorf("AWS says %q", say)
				}
			case err != nil:
				t.Error(err)
			case *got.Instances[0].SubnetId != tt.want:
				t.Errorf("it is in %s, want %s", *got.Instances[0].SubnetId, tt.want)
			}
		})
	}
	for _, id := range in {
		_, err := c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &id})
		must(t, err)
	}
	_, err = c.RunInstances(ctx, launch(1, nil))
	if say := wantCode(t, err, "MissingInput"); !strings.HasPrefix(say, "No subnets found for the default VPC 'vpc-") {
		t.Errorf("AWS says %q", say)
	}
}
