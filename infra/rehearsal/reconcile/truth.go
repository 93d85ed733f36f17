package reconcile

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/balancer"
	"github.com/chaotic-good/scenarios/infra/rehearsal/gateway"
)

// ServiceView implements gateway.Truth from what the last pass saw.
func (r *Reconciler) ServiceView(cluster, service string) (gateway.View, bool) {
	id, ok := infra.RoundOf(cluster)
	if !ok {
		return gateway.View{}, false
	}
	r.mu.Lock()
	s := r.sites[id]
	r.mu.Unlock()
	if s == nil {
		return gateway.View{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, svc := range s.seen.Services {
		if svc.Name == service {
			return s.view(svc), true
		}
	}
	return gateway.View{}, false
}

// view tells one service. Called with mu held.
func (s *site) view(svc Service) gateway.View {
	h := s.historyOf(svc.Name)
	var v gateway.View
	counts := map[string]*gateway.Deployment{}
	deployment := func(release, definition string) *gateway.Deployment {
		d := counts[release]
		if d == nil {
			if h.releases[release].IsZero() {
				h.releases[release] = time.Now()
			}
			at := h.releases[release]
			d = &gateway.Deployment{ID: release, Status: "ACTIVE", TaskDefinition: definition, Rollout: "COMPLETED", Failed: h.unable[release], CreatedAt: at, UpdatedAt: at}
			counts[release] = d
		}
		return d
	}
	primary := deployment(svc.Release, svc.Definition)
	primary.Status, primary.Desired = "PRIMARY", svc.Desired
	for _, t := range s.seen.Tasks {
		if t.Service != svc.Name {
			continue
		}
		d := deployment(t.Release, t.Definition)
		if p := s.procs[t.ARN]; p != nil && p.addr() != "" {
			d.Running++
			v.Running++
		} else {
			d.Pending++
			v.Pending++
		}
	}
	if lacking := svc.Desired - primary.Running - primary.Pending; lacking > 0 { // those that found no place yet are awaited too
		primary.Pending += lacking
		v.Pending += lacking
	}
	if primary.Running < svc.Desired || len(counts) > 1 {
		primary.Rollout, h.steady = "IN_PROGRESS", ""
	} else if h.steady != svc.Release {
		h.steady = svc.Release
		s.noteLocked(svc.Name, fmt.Sprintf("(service %s) has reached a steady state.", svc.Name))
	}
	v.Deployments = append(v.Deployments, *primary)
	for release, d := range counts {
		if release != svc.Release {
			v.Deployments = append(v.Deployments, *d)
		}
	}
	v.Events = append(v.Events, h.events...)
	v.Scalings = append(v.Scalings, h.scaled...)
	return v
}

// TargetHealth implements gateway.Truth from the balancers' own checks.
func (r *Reconciler) TargetHealth(arn string) map[gateway.Target]gateway.Health {
	for _, s := range r.all() {
		s.mu.Lock()
		seen, shop, box := s.seen, s.balancers[frontShop], s.balancers[frontBox]
		s.mu.Unlock()
		switch {
		case shop != nil && seen.Balancer != nil && seen.Balancer.TargetGroup == arn:
			return healths(shop)
		case box != nil && seen.BoxBalancer != nil && seen.BoxBalancer.TargetGroup == arn:
			return boxHealths(seen, healths(box))
		}
	}
	return nil
}

func healths(b *balancer.Balancer) map[gateway.Target]gateway.Health {
	all := map[gateway.Target]gateway.Health{}
	for _, h := range b.TargetHealth() {
		all[gateway.Target{ID: h.ID, Port: infra.PortApp}] = gateway.Health{State: h.State, Reason: h.Reason, Description: h.Description}
	}
	return all
}

// boxHealths adds the instances that are registered and do not run: AWS sends
// them nothing and does not check them.
func boxHealths(seen Seen, all map[gateway.Target]gateway.Health) map[gateway.Target]gateway.Health {
	for _, id := range seen.BoxTargets {
		state := "terminated"
		for _, h := range seen.Hosts {
			if h.ID == id {
				state = h.State
			}
		}
		if state != stateRunning {
			all[gateway.Target{ID: id, Port: infra.PortApp}] = gateway.Health{
				State: "unused", Reason: "Target.InvalidState", Description: "Target is in the " + state + " state",
			}
		}
	}
	return all
}

// ExitCode implements gateway.Truth. Its answer comes when the process is gone,
// which is later than moto says that the task has stopped.
func (r *Reconciler) ExitCode(task string) (int, bool) {
	for _, s := range r.all() {
		s.mu.Lock()
		e, ended := s.exits[task]
		s.mu.Unlock()
		if ended {
			return e.code, true
		}
	}
	return 0, false
}

// exit is the end of a task's process.
type exit struct {
	code      int
	began, at time.Time
}

// TaskTimes implements gateway.TaskTruth.
func (r *Reconciler) TaskTimes(task string) (started, stopped time.Time) {
	for _, s := range r.all() {
		s.mu.Lock()
		p, e := s.procs[task], s.exits[task]
		s.mu.Unlock()
		switch {
		case p != nil:
			return p.began, time.Time{}
		case !e.at.IsZero():
			return e.began, e.at
		}
	}
	return time.Time{}, time.Time{}
}

// exitCode is how a shell writes the end of a process.
func exitCode(err error) int {
	var failed *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &failed):
		return 1
	}
	if status, ok := failed.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return failed.ExitCode()
}

var (
	_ gateway.Truth     = (*Reconciler)(nil)
	_ gateway.TaskTruth = (*Reconciler)(nil)
)
