package cost

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/chaotic-good/scenarios/infra/resources"
)

func database(_ stack, r resources.Resource) ([]line, error) {
	if engine, _ := r.Values["engine"].(string); engine != "postgres" {
		return nil, errors.New("is no PostgreSQL, and no other engine has a price here")
	}
	class, _ := r.Values["instance_class"].(string)
	each, ok := databases()[class]
	if !ok {
		return nil, fmt.Errorf("is of the class %s, which has no price here", quoted(r.Values["instance_class"]))
	}
	size, ok := number(r.Values["allocated_storage"])
	if !ok {
		return nil, errors.New("does not say how much storage it has")
	}
	switch kind := known(r.Values["storage_type"]); {
	case kind == nil, kind == "gp2", kind == "gp3":
	case r.Writes("storage_type"): // left out, it is one of these, whatever a state says
		return nil, fmt.Errorf("has storage of the type %s, which has no price here", quoted(kind))
	}
	zones, where := 1, ""
	if at := r.Values["multi_az"]; at != false && at != nil { // left out: one zone
		zones, where = 2, " in two zones"
	}
	lines := []line{
		{"database " + class + where, 1, float64(zones) * each},
		{fmt.Sprintf("database storage of %g GB%s", size, where), 1, float64(zones) * size * databaseStorage},
	}
	if r.Values["manage_master_user_password"] == true {
		lines = append(lines, line{"secret", 1, secret})
	}
	if open := r.Values["publicly_accessible"]; open != false && open != nil {
		lines = append(lines, line{"public IPv4 address", 1, publicAddress})
	}
	return lines, nil
}

// loadBalancer is an application one; open to the internet, it has an address in
// each of its subnets.
func loadBalancer(_ stack, r resources.Resource) ([]line, error) {
	if kind := known(r.Values["load_balancer_type"]); kind != nil && kind != "application" {
		return nil, errors.New("is no application load balancer, and no other kind has a price here")
	}
	lines := []line{{"load balancer", 1, balancer}}
	if r.Values["internal"] != true { // left out: open
		subnets := max(len(list(r.Values["subnets"])), len(list(r.Values["subnet_mapping"])), 2)
		lines = append(lines, line{"public IPv4 address", subnets, publicAddress})
	}
	return lines, nil
}

func endpoint(_ stack, r resources.Resource) ([]line, error) {
	switch kind := known(r.Values["vpc_endpoint_type"]); kind {
	case nil, "Gateway": // left out: a gateway, which is free
		return nil, nil
	case "Interface":
		return []line{{"interface endpoint in one zone", max(len(list(r.Values["subnet_ids"])), 1), interfaceEndpoint}}, nil
	default:
		return nil, fmt.Errorf("is an endpoint of the type %s, which has no price here", quoted(kind))
	}
}

func webACL(_ stack, r resources.Resource) ([]line, error) {
	return []line{{"firewall", 1, firewall}, {"firewall rule", len(list(r.Values["rule"])), firewallRule}}, nil
}

// known is nil for what nobody wrote and for what nobody knows yet.
func known(v any) any {
	if resources.IsUnknown(v) || v == "" {
		return nil
	}
	return v
}

// quoted never shows more than a word: prices are asked for by such.
func quoted(v any) string {
	text, ok := v.(string)
	if !ok {
		return "(not known yet)"
	}
	return strconv.Quote(text)
}

// list is empty where there is none, and one where a block is not known yet.
func list(v any) []any {
	if resources.IsUnknown(v) {
		return []any{v}
	}
	l, _ := v.([]any)
	return l
}

func at(v any, key string) any {
	m, _ := v.(map[string]any)
	return m[key]
}

// number reads what Terraform writes as a number or as text.
func number(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case string:
		f, err := strconv.ParseFloat(n, 64)
		return f, err == nil
	}
	return 0, false
}
