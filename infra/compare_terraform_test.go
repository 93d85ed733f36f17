package infra

import (
	"fmt"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/chaotic-good/scenarios/infra/tftest"
)

// value is a part of a resource in a state.
type value struct{ any }

// at goes down by keys and, in lists, to the first element.
func (v value) at(path ...string) value {
	for _, key := range path {
		if l, ok := v.any.([]any); ok {
			if len(l) == 0 {
				return value{}
			}
			v = value{l[0]}
		}
		m, _ := v.any.(map[string]any)
		v = value{m[key]}
	}
	return v
}

func (v value) String() string {
	if v.any == nil {
		return ""
	}
	return fmt.Sprint(v.any)
}

func (v value) list() (all []value) {
	l, _ := v.any.([]any)
	for _, item := range l {
		all = append(all, value{item})
	}
	return all
}

func (v value) texts() (all []string) {
	for _, item := range v.list() {
		all = append(all, item.String())
	}
	return all
}

func (v value) tags() map[string]string {
	tags := map[string]string{}
	m, _ := v.any.(map[string]any)
	for k, x := range m {
		tags[k] = fmt.Sprint(x)
	}
	return tags
}

// state is the resources of a state, by type; data. begins that of a data source.
type state map[string][]value

func stateOf(m *tfjson.StateModule, into state) state {
	if m == nil {
		return into
	}
	for _, r := range m.Resources {
		kind := r.Type
		if r.Mode == tfjson.DataResourceMode {
			kind = "data." + kind
		}
		into[kind] = append(into[kind], value{map[string]any(r.AttributeValues)})
	}
	for _, child := range m.ChildModules {
		stateOf(child, into)
	}
	return into
}

// inventoryOfState is what Terraform made, as its state says.
func inventoryOfState(t *testing.T, s *tfjson.State, n Names) Inventory {
	t.Helper()
	all := stateOf(s.Values.RootModule, state{})
	w := words{}
	for _, r := range all["aws_subnet"] {
		w[r.at("id").String()] = r.at("tags", "role").String()
	}
	for _, r := range all["aws_security_group"] {
		w[r.at("id").String()] = r.at("tags", "role").String()
	}
	for _, r := range all["aws_lb_target_group"] {
		w[r.at("arn").String()] = r.at("name").String()
	}
	for _, r := range all["aws_lb"] {
		w[r.at("arn").String()] = r.at("name").String()
		if r.at("name").String() == n.BoxBalancer {
			w[r.at("dns_name").String()] = "<inventory>"
		}
	}
	for _, r := range all["aws_route53_record"] {
		w[r.at("name").String()] = "<balancer>"
	}
	for _, r := range all["aws_iam_role"] {
		w[r.at("arn").String()] = r.at("name").String()
	}
	for _, r := range all["aws_db_instance"] {
		w[r.at("address").String()] = "<database>"
		w[r.at("master_user_secret", "secret_arn").String()] = "<operator>"
	}
	w[tftest.DatabaseSecret] = "<shop's login>"
	w["com.amazonaws.global.cloudfront.origin-facing"] = "pl:cloudfront"
	i := newInventory()
	networkOfState(i, all, w)
	tasksOfState(i, all, w, n)
	frontsOfState(i, all, w)
	restOfState(i, all, w, n)
	for name := range s.Values.Outputs {
		i.Outputs[name] = "there"
	}
	return i
}

func networkOfState(i Inventory, all state, w words) {
	for _, r := range all["aws_vpc"] {
		i.Network["vpc"] = r.at("cidr_block").String() + " names=" + r.at("enable_dns_hostnames").String()
		i.Tags["vpc"] = sayTags(r.at("tags_all").tags())
	}
	routed := map[string]bool{}
	for _, r := range all["aws_route_table_association"] {
		routed[r.at("subnet_id").String()] = true
	}
	for _, r := range all["aws_subnet"] {
		role := r.at("tags", "role").String()
		i.Network["subnet "+role] = fmt.Sprintf("%s %s addresses=%s internet=%v", r.at("cidr_block"), r.at("availability_zone"), r.at("map_public_ip_on_launch"), routed[r.at("id").String()])
		i.Tags["subnet "+role] = sayTags(r.at("tags_all").tags())
	}
	for _, r := range all["aws_vpc_endpoint"] {
		i.Network["s3 endpoint"] = r.at("service_name").String()
	}
	for _, kind := range []string{"aws_internet_gateway", "aws_route_table"} {
		for _, r := range all[kind] {
			i.Tags[strings.ReplaceAll(strings.TrimPrefix(kind, "aws_"), "_", " ")] = sayTags(r.at("tags_all").tags())
		}
	}
	for _, r := range all["aws_security_group"] {
		role := r.at("tags", "role").String()
		i.Groups[role] = r.at("name").String() + ": " + r.at("description").String()
		i.Tags["group "+role] = sayTags(r.at("tags_all").tags())
	}
	for kind, arrow := range map[string]string{"aws_vpc_security_group_ingress_rule": "<-", "aws_vpc_security_group_egress_rule": "->"} {
		for _, r := range all[kind] {
			other := r.at("referenced_security_group_id").String() + r.at("cidr_ipv4").String() + r.at("prefix_list_id").String()
			i.rule(w.say(r.at("security_group_id").String()), arrow, w.say(other), r.at("ip_protocol").String(), r.at("from_port").String(), r.at("to_port").String())
		}
	}
}

func (i Inventory) rule(group, arrow, other, protocol, from, to string) {
	ports := " " + from
	switch {
	case protocol == "-1":
		protocol, ports = "all", ""
	case from != to:
		ports += "-" + to
	}
	i.Rules[group+" "+arrow+" "+other+" "+protocol+ports] = "allowed"
}

func frontsOfState(i Inventory, all state, w words) {
	for _, r := range all["aws_lb"] {
		name := r.at("name").String()
		scheme := map[string]string{"true": "internal", "false": "internet-facing"}[r.at("internal").String()]
		i.Fronts[name] = fmt.Sprintf("%s %s in %s groups %s", scheme, r.at("load_balancer_type"), w.sayAll(r.at("subnets").texts()), w.sayAll(r.at("security_groups").texts()))
		i.Fronts[name+" drops bad headers"] = r.at("drop_invalid_header_fields").String()
		if bucket := r.at("access_logs", "bucket").String(); bucket != "" {
			i.Fronts[name+" access log"] = bucket
		}
		i.Tags["balancer "+name] = sayTags(r.at("tags_all").tags())
	}
	for _, r := range all["aws_lb_listener"] {
		name := w.say(r.at("load_balancer_arn").String())
		i.Fronts[name+" listener"] = fmt.Sprintf("%s %s to %s", r.at("protocol"), r.at("port"), w.say(r.at("default_action", "target_group_arn").String()))
		i.Tags["listener of "+name] = sayTags(r.at("tags_all").tags())
	}
	for _, r := range all["aws_lb_target_group"] {
		name, h := r.at("name").String(), r.at("health_check")
		i.Fronts[name+" targets"] = fmt.Sprintf("%s %s %s delay %s", r.at("target_type"), r.at("protocol"), r.at("port"), r.at("deregistration_delay"))
		i.Fronts[name+" health"] = fmt.Sprintf("%s every %s within %s, %s up, %s down", h.at("path"), h.at("interval"), h.at("timeout"), h.at("healthy_threshold"), h.at("unhealthy_threshold"))
		i.Tags["targets "+name] = sayTags(r.at("tags_all").tags())
	}
}
