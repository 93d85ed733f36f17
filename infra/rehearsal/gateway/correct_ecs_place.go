package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
)

// placeTasks runs a call's tasks in those of its subnets that have addresses
// left. moto puts them all into the first. On AWS a task that finds none stops
// at once, with a reason; here it is a failure of the call, with the same one.
func (g *Gateway) placeTasks(ctx context.Context, r *request) (*response, error) {
	vpc, ok := dig(r.params, "networkConfiguration", "awsvpcConfiguration").(map[string]any)
	subnets := r.list("networkConfiguration", "awsvpcConfiguration", "subnets")
	if !ok || len(subnets) == 0 {
		return nil, r.setJSON(r.params)
	}
	g.launches.Lock() // two calls at once must not both take the last address
	defer g.launches.Unlock()
	room, err := g.moto.room(ctx, subnets)
	if err != nil {
		return nil, err
	}
	if len(room) < len(subnets) {
		return nil, r.setJSON(r.params) // moto says which does not exist
	}
	want := 1
	if n, err := strconv.Atoi(r.str("count")); err == nil {
		want = n
	}
	where := subnets[0]
	for _, id := range subnets {
		if room[id] > room[where] {
			where = id
		}
	}
	placed := min(want, room[where])
	resp := answer(r, map[string]any{"tasks": []any{}, "failures": []any{}})
	if placed > 0 {
		vpc["subnets"], r.params["count"] = []string{where}, json.Number(strconv.Itoa(placed))
		if err := r.setJSON(r.params); err != nil {
			return nil, err
		}
		if resp, err = g.carryOut(ctx, r); err != nil || resp.status >= 300 {
			return resp, err
		}
	}
	return edit(resp, func(body map[string]any) error {
		g.mendTasks(body)
		failures := items(body["failures"])
		for range want - placed {
			failures = append(failures, map[string]any{
				"arn": r.arn("ecs", "cluster/"+last(clusterARN(r, r.str("cluster")), "/")), "reason": "RESOURCE:ENI",
				"detail": fmt.Sprintf("Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in subnet '%s': InsufficientFreeAddressesInSubnet", where),
			})
		}
		if failures != nil {
			body["failures"] = failures
		}
		return nil
	})
}
