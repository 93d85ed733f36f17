package gateway

import (
	"context"
	"net/url"
)

// defaultGroup: tasks for which no security group is named get their network's
// default one on AWS; moto crashes.
func (g *Gateway) defaultGroup(ctx context.Context, r *request) error {
	vpcConfig, ok := dig(r.params, "networkConfiguration", "awsvpcConfiguration").(map[string]any)
	subnets := items(vpcConfig["subnets"])
	if !ok || len(subnets) == 0 || len(items(vpcConfig["securityGroups"])) > 0 {
		return nil
	}
	var subnet struct {
		VPC []string `xml:"subnetSet>item>vpcId"`
	}
	form := url.Values{}
	setFilter(form, 1, "subnet-id", subnets[:1])
	if err := g.moto.query(ctx, "ec2", "DescribeSubnets", form, &subnet); err != nil {
		return err
	}
	if len(subnet.VPC) == 0 {
		vpcConfig["securityGroups"] = []string{} // moto says that there is no such subnet
		return nil
	}
	var group struct {
		IDs []string `xml:"securityGroupInfo>item>groupId"`
	}
	form = url.Values{}
	setFilter(form, 1, "vpc-id", []any{subnet.VPC[0]})
	setFilter(form, 2, "group-name", []any{"default"})
	if err := g.moto.query(ctx, "ec2", "DescribeSecurityGroups", form, &group); err != nil {
		return err
	}
	vpcConfig["securityGroups"] = group.IDs
	return nil
}
