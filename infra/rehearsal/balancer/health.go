package balancer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// The states of a target, as elbv2's TargetHealthStateEnum has them.
const (
	Initial   = "initial"
	Healthy   = "healthy"
	Unhealthy = "unhealthy"
	Draining  = "draining"
)

// TargetHealth is what elbv2's DescribeTargetHealth tells of a target: Reason is
// one of its TargetHealthReasonEnum, and empty for a healthy target.
type TargetHealth struct {
	Target
	State, Reason, Description string
}

// Health is each target's state by its id.
func (b *Balancer) Health() map[string]string {
	all := make(map[string]string)
	for _, h := range b.TargetHealth() {
		if _, known := all[h.ID]; !known { // one that drains stands after its successor
			all[h.ID] = h.State
		}
	}
	return all
}

// TargetHealth is each target's health, those that drain last.
func (b *Balancer) TargetHealth() []TargetHealth {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []TargetHealth
	for _, t := range b.targets {
		h := t.health
		h.Target = t.Target
		all = append(all, h)
	}
	return all
}

// watch checks a target until ctx ends. A new one is checked more often at
// first, and without consequence: its process is just starting.
func (b *Balancer) watch(ctx context.Context, t *target) {
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		wait = min(wait, b.cfg.Interval)
		problem := b.check(ctx, t.Addr)
		if ctx.Err() != nil {
			return
		}
		if b.judge(t, problem, wait == b.cfg.Interval) != Initial {
			wait = b.cfg.Interval
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// check asks a target once; a zero TargetHealth is a good answer.
func (b *Balancer) check(ctx context.Context, addr string) TargetHealth {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+b.cfg.HealthPath, nil)
	if err != nil {
		return TargetHealth{Reason: "Target.FailedHealthChecks", Description: "Health checks failed"}
	}
	req.Header.Set("User-Agent", "ELB-HealthChecker/2.0")
	resp, err := b.checker.Do(req)
	var slow net.Error
	switch {
	case errors.As(err, &slow) && slow.Timeout():
		return TargetHealth{Reason: "Target.Timeout", Description: "Request timed out"}
	case err != nil:
		b.cfg.Log.Debug("health check failed", "addr", addr, "error", err)
		return TargetHealth{Reason: "Target.FailedHealthChecks", Description: "Health checks failed"}
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 4096)
	if resp.StatusCode != http.StatusOK {
		return TargetHealth{Reason: "Target.ResponseCodeMismatch",
			Description: fmt.Sprintf("Health checks failed with these codes: [%d]", resp.StatusCode)}
	}
	return TargetHealth{}
}

// judge takes the result of a check into account and returns the new state. A
// failure of a new target counts only when it is settled.
func (b *Balancer) judge(t *target, problem TargetHealth, settled bool) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := t.health
	if before.State == Draining {
		return Draining
	}
	switch {
	case problem.Reason == "":
		t.good, t.bad = t.good+1, 0
		if before.State == Initial || t.good >= b.cfg.Healthy {
			t.health = TargetHealth{State: Healthy}
		}
	case settled || before.State != Initial:
		t.good, t.bad = 0, t.bad+1
		if t.bad >= b.cfg.Unhealthy {
			problem.State = Unhealthy
			t.health = problem
		}
	}
	if t.health.State != before.State {
		b.cfg.Log.Info("target's health changed", "target", t.ID, "addr", t.Addr,
			"from", before.State, "to", t.health.State, "reason", t.health.Reason)
	}
	return t.health.State
}
