package gateway

import (
	"context"
	"net/url"
	"strings"
)

var (
	instances = named("instance/", "InstanceId")
	groups    = all(named("security-group/", "GroupId"), groupsByName)
	volume    = named("volume/", "VolumeId")
	eni       = named("network-interface/", "NetworkInterfaceId")
	subnet    = named("subnet/", "SubnetId")
	vpc       = named("vpc/", "VpcId")
	acl       = named("network-acl/", "NetworkAclId")
	igw       = named("internet-gateway/", "InternetGatewayId")
	template  = named("launch-template/", "LaunchTemplateId")
	routes    = named("route-table/", "RouteTableId")
)

var ec2Subjects = map[string]subjects{
	"StartInstances":                  instances,
	"StopInstances":                   instances,
	"RebootInstances":                 instances,
	"TerminateInstances":              instances,
	"MonitorInstances":                instances,
	"ModifyInstanceAttribute":         instances,
	"ResetInstanceAttribute":          instances,
	"ModifyInstanceMetadataOptions":   instances,
	"GetConsoleOutput":                instances,
	"RunInstances":                    runInstances,
	"AssociateIamInstanceProfile":     named("instance/", "InstanceId"),
	"AuthorizeSecurityGroupIngress":   all(groups, newRules),
	"AuthorizeSecurityGroupEgress":    all(groups, newRules),
	"RevokeSecurityGroupIngress":      groups,
	"RevokeSecurityGroupEgress":       groups,
	"ModifySecurityGroupRules":        all(groups, changedRules),
	"GetSecurityGroupsForVpc":         vpc,
	"DeleteSecurityGroup":             groups,
	"CreateSecurityGroup":             all(fixed("security-group/*"), vpc),
	"CreateTags":                      taggedThings,
	"DeleteTags":                      taggedThings,
	"ImportKeyPair":                   keyPair,
	"CreateKeyPair":                   keyPair,
	"DeleteKeyPair":                   keyPair,
	"CreateVolume":                    fixed("volume/*"),
	"ModifyVolume":                    volume,
	"DeleteVolume":                    volume,
	"AttachVolume":                    all(volume, instances),
	"DetachVolume":                    all(volume, instances),
	"CreateSnapshot":                  all(volume, fixed("snapshot/*")),
	"CreateNetworkInterface":          all(fixed("network-interface/*"), subnet, named("security-group/", "SecurityGroupId")),
	"DeleteNetworkInterface":          eni,
	"ModifyNetworkInterfaceAttribute": all(eni, named("security-group/", "SecurityGroupId")),
	"AttachNetworkInterface":          all(eni, instances),
	"CreateSubnet":                    all(fixed("subnet/*"), vpc),
	"DeleteSubnet":                    subnet,
	"ModifySubnetAttribute":           subnet,
	"ModifyVpcAttribute":              vpc,
	"DeleteVpc":                       vpc,
	"AssociateVpcCidrBlock":           vpc,
	"CreateNetworkAclEntry":           acl,
	"ReplaceNetworkAclEntry":          acl,
	"DeleteNetworkAclEntry":           acl,
	"CreateInternetGateway":           fixed("internet-gateway/*"),
	"AttachInternetGateway":           all(igw, vpc),
	"DetachInternetGateway":           all(igw, vpc),
	"DeleteInternetGateway":           igw,
	"CreateRouteTable":                all(fixed("route-table/*"), vpc),
	"AssociateRouteTable":             all(routes, subnet),
	"DeleteRouteTable":                routes,
	"CreateLaunchTemplate":            fixed("launch-template/*"),
	"DeleteLaunchTemplate":            template,
	"CreateLaunchTemplateVersion":     template,
	"ModifyLaunchTemplate":            template,
	"DetachNetworkInterface":          eni,
	"CreateRoute":                     routes,
	"ReplaceRoute":                    routes,
	"DeleteRoute":                     routes,
	"DeleteVpcEndpoints":              named("vpc-endpoint/", "VpcEndpointId"),
	"DeleteFlowLogs":                  named("vpc-flow-log/", "FlowLogId"),
	"DisassociateAddress":             associated,
	"AllocateAddress":                 fixed("elastic-ip/*"),
	"AssociateAddress":                all(named("elastic-ip/", "AllocationId"), instances, eni),
	"CreateVpc":                       fixed("vpc/*"),
	"CreateVpcEndpoint":               all(fixed("vpc-endpoint/*"), vpc, routes),
	"CreateFlowLogs":                  all(fixed("vpc-flow-log/*"), named("vpc/", "ResourceId")),
	"ReleaseAddress":                  named("elastic-ip/", "AllocationId"),

	"UpdateSecurityGroupRuleDescriptionsIngress": groups,
	"UpdateSecurityGroupRuleDescriptionsEgress":  groups,
}

// runInstances needs everything that the new instance is made of.
func runInstances(_ context.Context, _ *upstream, r *request) ([]string, error) {
	out := []string{
		r.arn("ec2", "instance/*"), r.arn("ec2", "volume/*"), r.arn("ec2", "network-interface/*"),
		"arn:aws:ec2:" + r.region + "::image/" + r.str("ImageId"),
	}
	parts := map[string][]string{
		"subnet/":          r.list("SubnetId"),
		"security-group/":  r.list("SecurityGroupId"),
		"key-pair/":        r.list("KeyName"),
		"launch-template/": r.list("LaunchTemplate", "LaunchTemplateId"),
	}
	for _, nic := range items(r.params["NetworkInterface"]) {
		for kind, name := range map[string]string{
			"subnet/": "SubnetId", "security-group/": "SecurityGroupId", "network-interface/": "NetworkInterfaceId",
		} {
			for _, id := range items(dig(nic, name)) {
				parts[kind] = append(parts[kind], text(id))
			}
		}
	}
	for kind, ids := range parts {
		for _, id := range ids {
			out = append(out, r.arn("ec2", kind+id))
		}
	}
	return out, nil
}

// groupsByName resolves groups of the default network, which may be named.
func groupsByName(ctx context.Context, u *upstream, r *request) ([]string, error) {
	names := r.list("GroupName")
	if len(names) == 0 || r.str("GroupId") != "" {
		return nil, nil
	}
	var got struct {
		IDs []string `xml:"securityGroupInfo>item>groupId"`
	}
	form := url.Values{"Filter.1.Name": {"group-name"}, "Filter.1.Value.1": {names[0]}}
	if err := u.query(ctx, "ec2", "DescribeSecurityGroups", form, &got); err != nil {
		return nil, err
	}
	var out []string
	for _, id := range got.IDs {
		out = append(out, r.arn("ec2", "security-group/"+id))
	}
	return out, nil
}

// kinds maps the beginning of an EC2 id to the word in its ARN.
var kinds = map[string]string{
	"i": "instance", "sg": "security-group", "sgr": "security-group-rule", "subnet": "subnet", "vpc": "vpc",
	"vol": "volume", "eni": "network-interface", "rtb": "route-table", "igw": "internet-gateway",
	"acl": "network-acl", "ami": "image", "snap": "snapshot", "lt": "launch-template", "eipalloc": "elastic-ip",
	"nat": "natgateway", "key": "key-pair", "fl": "vpc-flow-log", "vpce": "vpc-endpoint",
}

func taggedThings(_ context.Context, _ *upstream, r *request) ([]string, error) {
	var out []string
	for _, id := range r.list("ResourceId") {
		prefix, _, _ := strings.Cut(id, "-")
		kind, ok := kinds[prefix]
		if !ok {
			kind = "*"
		}
		out = append(out, r.arn("ec2", kind+"/"+id))
	}
	return out, nil
}
