package gateway

import (
	"context"
	"net/url"
	"regexp"
	"strconv"
)

// Every interface takes an address of its subnet. AWS refuses one for which
// none is left; moto counts below zero.

// room is how many addresses subnets have left. Those that do not exist are
// missing.
func (u *upstream) room(ctx context.Context, subnets []string) (map[string]int, error) {
	var got struct {
		Subnets []struct {
			ID   string `xml:"subnetId"`
			Free int    `xml:"availableIpAddressCount"`
		} `xml:"subnetSet>item"`
	}
	var values []any
	for _, id := range subnets {
		values = append(values, id)
	}
	form := url.Values{}
	setFilter(form, 1, "subnet-id", values)
	if err := u.query(ctx, "ec2", "DescribeSubnets", form, &got); err != nil {
		return nil, err
	}
	free := map[string]int{}
	for _, s := range got.Subnets {
		free[s.ID] = max(0, s.Free)
	}
	return free, nil
}

// requireAddresses refuses to take n addresses of a subnet that has fewer. One
// that does not exist is left for moto to refuse. Called with launches held.
func (g *Gateway) requireAddresses(ctx context.Context, subnet string, n int) error {
	if subnet == "" {
		return nil
	}
	room, err := g.moto.room(ctx, []string{subnet})
	if err != nil {
		return err
	}
	if free, exists := room[subnet]; exists && free < n {
		return badRequest("InsufficientFreeAddressesInSubnet",
			"The specified subnet '%s' does not have enough free addresses to satisfy the request.", subnet)
	}
	return nil
}

func createNetworkInterface(ctx context.Context, g *Gateway, r *request) (*response, error) {
	g.launches.Lock() // two calls at once must not both take the last address
	defer g.launches.Unlock()
	if err := g.requireAddresses(ctx, r.str("SubnetId"), 1); err != nil {
		return nil, err
	}
	return g.carryOut(ctx, r)
}

// deleteNetworkInterface: AWS keeps an interface that an instance or a task
// uses.
func deleteNetworkInterface(ctx context.Context, g *Gateway, r *request) (*response, error) {
	id := r.str("NetworkInterfaceId")
	all, err := g.moto.interfaces(ctx, "network-interface-id", id)
	if err != nil {
		return nil, nil // moto says what is wrong with it
	}
	for _, i := range all {
		used, err := g.inUse(ctx, i)
		if err != nil {
			return nil, err
		}
		if used {
			return nil, badRequest("InvalidParameterValue", "Network interface '%s' is currently in use.", id)
		}
	}
	return nil, nil
}

// deleteSubnet: AWS keeps a subnet in which there is an interface.
func deleteSubnet(ctx context.Context, g *Gateway, r *request) (*response, error) {
	id := r.str("SubnetId")
	all, err := g.moto.interfaces(ctx, "subnet-id", id)
	if err != nil {
		return nil, err
	}
	if len(all) > 0 {
		return nil, badRequest("DependencyViolation", "The subnet '%s' has dependencies and cannot be deleted.", id)
	}
	return nil, nil
}

// netInterface is what the gateway wants to know of a network interface.
type netInterface struct {
	ID       string `xml:"networkInterfaceId"`
	Status   string `xml:"status"`
	Instance string `xml:"attachment>instanceId"`
}

func (u *upstream) interfaces(ctx context.Context, filter, value string) ([]netInterface, error) {
	var got struct {
		List []netInterface `xml:"networkInterfaceSet>item"`
	}
	form := url.Values{}
	setFilter(form, 1, filter, []any{value})
	err := u.query(ctx, "ec2", "DescribeNetworkInterfaces", form, &got)
	return got.List, err
}

// inUse reports whether a living instance or a running task has the interface.
func (g *Gateway) inUse(ctx context.Context, i netInterface) (bool, error) {
	switch {
	case i.Instance != "":
		states, err := g.moto.states(ctx, []string{i.Instance})
		state, exists := states[i.Instance]
		return exists && state != "terminated" && state != "shutting-down", err
	case i.Status == "in-use":
		return g.moto.hasTask(ctx, i.ID)
	}
	return false, nil
}

// hasTask reports whether a running task of any cluster has the interface.
func (u *upstream) hasTask(ctx context.Context, nic string) (bool, error) {
	var clusters struct {
		ARNs []string `json:"clusterArns"`
	}
	if err := u.json(ctx, "ecs", "ListClusters", map[string]any{}, &clusters); err != nil {
		return false, err
	}
	for _, cluster := range clusters.ARNs {
		names, err := u.listTasks(ctx, map[string]any{"cluster": cluster, "desiredStatus": "RUNNING"})
		if err != nil {
			return false, err
		}
		tasks, err := u.tasks(ctx, cluster, names)
		if err != nil {
			return false, err
		}
		for _, t := range tasks {
			if t.nic() == nic {
				return true, nil
			}
		}
	}
	return false, nil
}

// terminated gives the interfaces back that instances were started with, as AWS
// does; moto keeps them and their addresses.
func terminated(ctx context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	for _, id := range r.list("InstanceId") {
		all, err := g.moto.interfaces(ctx, "attachment.instance-id", id)
		if err != nil {
			return nil, err
		}
		for _, i := range all {
			var done struct{}
			if err := g.moto.query(ctx, "ec2", "DeleteNetworkInterface", url.Values{"NetworkInterfaceId": {i.ID}}, &done); err != nil {
				return nil, err
			}
		}
	}
	return switchedOff(ctx, g, r, resp)
}

var belowZero = regexp.MustCompile(`<availableIpAddressCount>-\d+<`)

// describeSubnets: a count of addresses is never below zero, however they were
// taken.
func describeSubnets(_ context.Context, _ *Gateway, _ *request, resp *response) (*response, error) {
	if !belowZero.Match(resp.body) {
		return resp, nil
	}
	out := *resp
	out.body = belowZero.ReplaceAll(resp.body, []byte("<availableIpAddressCount>0<"))
	out.header = resp.header.Clone()
	out.header.Set("Content-Length", strconv.Itoa(len(out.body)))
	return &out, nil
}
