package gateway

import (
	"context"
	"net/url"
	"slices"
)

// deleteSecurityGroup: AWS keeps a group that anything uses; moto lets it go,
// and then nobody can put the rules of a running stack back.
func deleteSecurityGroup(ctx context.Context, g *Gateway, r *request) (*response, error) {
	id := r.str("GroupId")
	if id == "" {
		return nil, nil // by name: of the default network, which no stack uses
	}
	for _, holds := range []func(context.Context, *upstream, string) (bool, error){
		heldByInterface, heldByInstance, heldByRule, heldByDatabase, heldByBalancer,
	} {
		yes, err := holds(ctx, g.moto, id)
		if err != nil {
			return nil, err
		}
		if yes {
			return nil, badRequest("DependencyViolation", "resource %s has a dependent object", id)
		}
	}
	return nil, nil
}

func heldByInterface(ctx context.Context, u *upstream, id string) (bool, error) {
	var got struct {
		IDs []string `xml:"networkInterfaceSet>item>networkInterfaceId"`
	}
	form := url.Values{"Filter.1.Name": {"group-id"}, "Filter.1.Value.1": {id}}
	err := u.query(ctx, "ec2", "DescribeNetworkInterfaces", form, &got)
	return len(got.IDs) > 0, err
}

// heldByInstance leaves out what has ended: moto goes on showing it.
func heldByInstance(ctx context.Context, u *upstream, id string) (bool, error) {
	found, err := u.instances(ctx, url.Values{"Filter.1.Name": {"instance.group-id"}, "Filter.1.Value.1": {id}})
	if err != nil {
		return false, err
	}
	for _, i := range found {
		if i.State != "terminated" && i.State != "shutting-down" {
			return true, nil
		}
	}
	return false, nil
}

// heldByRule looks for rules of other groups; its own go with it.
func heldByRule(ctx context.Context, u *upstream, id string) (bool, error) {
	var got struct {
		Groups []struct {
			ID    string   `xml:"groupId"`
			Peers []string `xml:"ipPermissions>item>groups>item>groupId"`
			Out   []string `xml:"ipPermissionsEgress>item>groups>item>groupId"`
		} `xml:"securityGroupInfo>item"`
	}
	if err := u.query(ctx, "ec2", "DescribeSecurityGroups", url.Values{}, &got); err != nil {
		return false, err
	}
	for _, other := range got.Groups {
		if other.ID != id && (slices.Contains(other.Peers, id) || slices.Contains(other.Out, id)) {
			return true, nil
		}
	}
	return false, nil
}

func heldByDatabase(ctx context.Context, u *upstream, id string) (bool, error) {
	var got struct {
		Groups []string `xml:"DescribeDBInstancesResult>DBInstances>DBInstance>VpcSecurityGroups>VpcSecurityGroupMembership>VpcSecurityGroupId"`
	}
	err := u.query(ctx, "rds", "DescribeDBInstances", url.Values{}, &got)
	return slices.Contains(got.Groups, id), err
}

func heldByBalancer(ctx context.Context, u *upstream, id string) (bool, error) {
	var got struct {
		Groups []string `xml:"DescribeLoadBalancersResult>LoadBalancers>member>SecurityGroups>member"`
	}
	err := u.query(ctx, "elasticloadbalancing", "DescribeLoadBalancers", url.Values{}, &got)
	return slices.Contains(got.Groups, id), err
}
