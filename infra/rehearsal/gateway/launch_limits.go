package gateway

import (
	"context"
	"net/url"
	"strconv"
)

// AWS has limits to what is started, and rules for what belongs together. moto
// has neither: thirty instances are thirty processes here.

// vcpuLimit is the account's quota of vCPUs: the two instances of a stack and
// four more.
const vcpuLimit = 12

// vcpus is what each instance counts: a t3.micro, which is the only type that
// is used, has two.
const vcpus = 2

// launchInstances sees the call as filled made it, which is in the form alone.
func launchInstances(ctx context.Context, g *Gateway, r *request) (*response, error) {
	asked := *r
	asked.params = nest(r.form, r.service)
	if r.str("SubnetId") != "" && len(r.list("SecurityGroup")) > 0 {
		return nil, badRequest("InvalidParameterCombination", "The parameter groupName cannot be used with the parameter subnet")
	}
	nics := items(asked.params["NetworkInterface"])
	if len(nics) > 0 && len(r.list("SecurityGroupId"))+len(r.list("SecurityGroup")) > 0 {
		return nil, badRequest("InvalidParameterCombination", "Network interfaces and an instance-level security groups may not be specified on the same request")
	}
	for _, e := range append(nics, any(asked.params)) {
		if err := g.requireOneNetwork(ctx, text(dig(e, "SubnetId")), items(dig(e, "SecurityGroupId"))); err != nil {
			return nil, err
		}
	}
	n, err := strconv.Atoi(asked.str("MinCount"))
	if err != nil || n < 1 {
		return nil, badRequest("InvalidParameterValue", "Value (%s) for parameter minCount is invalid. Must be at least 1.", asked.str("MinCount"))
	}
	g.launches.Lock() // two calls at once must not both find room for the last one
	defer g.launches.Unlock()
	if err := g.requireRoom(ctx, n); err != nil {
		return nil, err
	}
	for _, e := range append(nics, any(asked.params)) {
		if err := g.requireAddresses(ctx, text(dig(e, "SubnetId")), n); err != nil {
			return nil, err
		}
	}
	return g.carryOut(ctx, r)
}

// requireRoom refuses to run n more instances when they are too many.
func (g *Gateway) requireRoom(ctx context.Context, n int) error {
	form := url.Values{}
	setFilter(form, 1, "instance-state-name", []any{"pending", "running"})
	have, err := g.moto.instances(ctx, form)
	if err != nil {
		return err
	}
	if (len(have)+n)*vcpus > vcpuLimit {
		return badRequest("VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of %d allows "+
			"for the instance bucket that the specified instance type belongs to. "+
			"Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.", vcpuLimit)
	}
	return nil
}

// requireOneNetwork refuses security groups of another network than the
// subnet's. What does not exist is left for moto to refuse.
func (g *Gateway) requireOneNetwork(ctx context.Context, subnet string, groups []any) error {
	if subnet == "" || len(groups) == 0 {
		return nil
	}
	var place struct {
		VPC string `xml:"subnetSet>item>vpcId"`
	}
	form := url.Values{}
	setFilter(form, 1, "subnet-id", []any{subnet})
	if err := g.moto.query(ctx, "ec2", "DescribeSubnets", form, &place); err != nil {
		return err
	}
	var got struct {
		Groups []struct {
			ID  string `xml:"groupId"`
			VPC string `xml:"vpcId"`
		} `xml:"securityGroupInfo>item"`
	}
	form = url.Values{}
	setFilter(form, 1, "group-id", groups)
	if err := g.moto.query(ctx, "ec2", "DescribeSecurityGroups", form, &got); err != nil {
		return err
	}
	for _, group := range got.Groups {
		if place.VPC != "" && group.VPC != place.VPC {
			return badRequest("InvalidParameter", "Security group %s and subnet %s belong to different networks.", group.ID, subnet)
		}
	}
	return nil
}
