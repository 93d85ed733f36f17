package gateway

import (
	"context"
	"net/http"
)

// AWS refuses to reboot, start or stop an instance whose state does not allow
// it, and then touches none of the call's instances. moto brings even a
// terminated instance back to life.

func rebootInstances(ctx context.Context, g *Gateway, r *request) (*response, error) {
	return nil, g.requireState(ctx, r, "rebooted", "running", "pending")
}

func startInstances(ctx context.Context, g *Gateway, r *request) (*response, error) {
	if err := g.requireState(ctx, r, "started", "stopped", "stopping", "running", "pending"); err != nil {
		return nil, err
	}
	g.launches.Lock()
	defer g.launches.Unlock()
	have, err := g.moto.states(ctx, r.list("InstanceId"))
	if err != nil {
		return nil, err
	}
	var off []string
	for id, state := range have {
		if state == "stopped" || state == "stopping" {
			off = append(off, id)
		}
	}
	if len(off) > 0 {
		if err := g.requireRoom(ctx, len(off)); err != nil {
			return nil, err
		}
	}
	resp, err := g.carryOut(ctx, r)
	if err == nil && resp.status < 300 {
		g.kernels.started(g.cfg.Now(), off...)
	}
	return resp, err
}

func stopInstances(ctx context.Context, g *Gateway, r *request) (*response, error) {
	return nil, g.requireState(ctx, r, "stopped", "running", "pending", "stopped", "stopping")
}

// requireState refuses when one of the instances is in none of the states. An
// instance that does not exist is left for moto to refuse.
func (g *Gateway) requireState(ctx context.Context, r *request, done string, states ...string) error {
	ids := r.list("InstanceId")
	if len(ids) == 0 {
		return badRequest("InvalidRequest", "The request received was invalid.")
	}
	have, err := g.moto.states(ctx, ids)
	if err != nil {
		return err
	}
	if len(have) < len(ids) {
		return nil
	}
	for _, id := range ids {
		if !contains(states, have[id]) {
			return badRequest("IncorrectInstanceState",
				"The instance '%s' is not in a state from which it can be %s.", id, done)
		}
	}
	if r.str("DryRun") == "true" {
		return &apiError{http.StatusPreconditionFailed, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."}
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}
