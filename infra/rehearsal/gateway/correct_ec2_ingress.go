package gateway

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// AWS takes a call that changes a group's rules as a whole or not at all, and
// a rule's description is no part of what it is. moto applies a failing call
// in part, and does not find a rule between groups whose description differs.

// authorizeIngress refuses beforehand what AWS would refuse.
func authorizeIngress(ctx context.Context, g *Gateway, r *request) (*response, error) {
	id, rules, err := g.ingress(ctx, r)
	if err != nil || id == "" {
		return nil, err
	}
	wanted, err := permissions(r)
	if err != nil {
		return nil, err
	}
	seen := map[permission]bool{}
	for _, p := range wanted {
		if seen[p] {
			return nil, badRequest("InvalidParameterValue", "The same permission must not appear multiple times")
		}
		seen[p] = true
		if err := g.checkPeer(ctx, p); err != nil {
			return nil, err
		}
		for _, rule := range rules {
			if rule.permission() == p {
				return nil, badRequest("InvalidPermission.Duplicate", `the specified rule "%s" already exists`, p)
			}
		}
	}
	return nil, nil
}

// revokeIngress turns permissions into the ids of the rules that they mean.
func revokeIngress(ctx context.Context, g *Gateway, r *request) (*response, error) {
	id, rules, err := g.ingress(ctx, r)
	if err != nil || id == "" || len(r.list("SecurityGroupRuleId")) > 0 {
		return nil, err
	}
	wanted, err := permissions(r)
	if err != nil {
		return nil, err
	}
	form := url.Values{"Action": {r.action}, "Version": {r.form.Get("Version")}, "GroupId": {id}}
	if dry := r.str("DryRun"); dry != "" {
		form.Set("DryRun", dry)
	}
	n := 0
	for _, p := range wanted {
		found := false
		for _, rule := range rules {
			if rule.permission() == p { // moto may hold it twice, with two descriptions
				n, found = n+1, true
				form.Set(fmt.Sprintf("SecurityGroupRuleId.%d", n), rule.ID)
			}
		}
		if !found {
			return nil, badRequest("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
		}
	}
	if n > 0 {
		r.form = form // the parameters stay: the record shows what the caller asked for
	}
	return nil, nil
}

// permission is one source on one range of ports; comparable, and written as
// EC2 writes it in errors.
type permission struct {
	protocol, from, to string
	peer               string // a group's id, a network or a prefix list
}

func (p permission) String() string {
	if p.protocol == "-1" {
		return "peer: " + p.peer + ", ALL, ALLOW"
	}
	return fmt.Sprintf("peer: %s, %s, from port: %s, to port: %s, ALLOW", p.peer, strings.ToUpper(p.protocol), p.from, p.to)
}

// rule is one ingress rule as EC2 lists it.
type rule struct {
	ID       string `xml:"securityGroupRuleId"`
	Egress   bool   `xml:"isEgress"`
	Protocol string `xml:"ipProtocol"`
	From     string `xml:"fromPort"`
	To       string `xml:"toPort"`
	IPv4     string `xml:"cidrIpv4"`
	IPv6     string `xml:"cidrIpv6"`
	Prefix   string `xml:"prefixListId"`
	Group    string `xml:"referencedGroupInfo>groupId"`
}

func (r rule) permission() permission {
	return normal(r.Protocol, r.From, r.To, r.IPv4+r.IPv6+r.Prefix+r.Group)
}

// normal gives one writing to each permission: protocols by name, and no ports
// where all are meant.
func normal(protocol, from, to, peer string) permission {
	switch protocol {
	case "6":
		protocol = "tcp"
	case "17":
		protocol = "udp"
	case "1":
		protocol = "icmp"
	}
	if protocol == "-1" {
		from, to = "", ""
	}
	if net, err := netip.ParsePrefix(peer); err == nil {
		peer = net.Masked().String()
	}
	return permission{protocol, from, to, peer}
}

// ingress is the call's group and its ingress rules; the id is empty where
// there is no such group, which moto refuses as AWS does.
func (g *Gateway) ingress(ctx context.Context, r *request) (id string, rules []rule, err error) {
	id = r.str("GroupId")
	if name := r.str("GroupName"); id == "" && name != "" {
		arns, err := groupsByName(ctx, g.moto, r)
		if err != nil || len(arns) == 0 {
			return "", nil, err
		}
		id = last(arns[0], "/")
	}
	if id == "" {
		return "", nil, nil
	}
	var got struct {
		Rules []rule `xml:"securityGroupRuleSet>item"`
	}
	form := url.Values{}
	setFilter(form, 1, "group-id", []any{id})
	if err := g.moto.query(ctx, "ec2", "DescribeSecurityGroupRules", form, &got); err != nil {
		return "", nil, err
	}
	for _, rule := range got.Rules {
		if !rule.Egress {
			rules = append(rules, rule)
		}
	}
	if len(got.Rules) == 0 { // perhaps the group does not exist
		exists, err := g.groupExists(ctx, id)
		if err != nil || !exists {
			return "", nil, err
		}
	}
	return id, rules, nil
}

func (g *Gateway) groupExists(ctx context.Context, id string) (bool, error) {
	var got struct {
		IDs []string `xml:"securityGroupInfo>item>groupId"`
	}
	form := url.Values{}
	setFilter(form, 1, "group-id", []any{id})
	err := g.moto.query(ctx, "ec2", "DescribeSecurityGroups", form, &got)
	return len(got.IDs) > 0, err
}

// checkPeer refuses a source that does not exist or is not a network.
func (g *Gateway) checkPeer(ctx context.Context, p permission) error {
	switch {
	case strings.HasPrefix(p.peer, "pl-"):
		return nil
	case strings.HasPrefix(p.peer, "sg-"):
		exists, err := g.groupExists(ctx, p.peer)
		if err == nil && !exists {
			err = badRequest("InvalidGroup.NotFound", "The security group '%s' does not exist", p.peer)
		}
		return err
	}
	if _, err := netip.ParsePrefix(p.peer); err != nil {
		return badRequest("InvalidParameterValue", "CIDR block %s is malformed", p.peer)
	}
	return nil
}

// permissions are what the call names, in either of EC2's two ways.
func permissions(r *request) ([]permission, error) {
	var out []permission
	add := func(p any, peer string) {
		if peer != "" {
			out = append(out, normal(text(dig(p, "IpProtocol")), text(dig(p, "FromPort")), text(dig(p, "ToPort")), peer))
		}
	}
	add(r.params, r.str("CidrIp"))
	for _, p := range items(r.params["IpPermissions"]) {
		for _, e := range items(dig(p, "IpRanges")) {
			add(p, text(dig(e, "CidrIp")))
		}
		for _, e := range items(dig(p, "Ipv6Ranges")) {
			add(p, text(dig(e, "CidrIpv6")))
		}
		for _, e := range items(dig(p, "PrefixListIds")) {
			add(p, text(dig(e, "PrefixListId")))
		}
		for _, name := range []string{"Groups", "UserIdGroupPairs"} {
			for _, e := range items(dig(p, name)) {
				if text(dig(e, "GroupId")) == "" {
					return nil, badRequest("InvalidParameterValue", "The rehearsal wants source groups by id, not by name.")
				}
				add(p, text(dig(e, "GroupId")))
			}
		}
	}
	return out, nil
}
