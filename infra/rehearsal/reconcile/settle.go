package reconcile

import (
	"context"
	"slices"
	"strings"

	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/balancer"
	"github.com/chaotic-good/scenarios/infra/rehearsal/prom"
)

// settle hands the balancer its targets and Prometheus its own, as they now are.
// Both take the whole list each time, so doing it again changes nothing.
func (s *site) settle(seen Seen) {
	byAddress := map[string]Task{}
	for _, t := range seen.Tasks {
		byAddress[t.Address] = t
	}
	if b := s.balancers[frontShop]; b != nil {
		var targets []balancer.Target
		for _, address := range seen.Targets {
			if t, ok := byAddress[address]; ok {
				if to := s.pathAddr(pathToTask(t.ARN)); to != "" {
					targets = append(targets, balancer.Target{ID: address, Addr: to})
				}
			}
		}
		b.SetTargets(targets)
	}
	if b := s.balancers[frontBox]; b != nil {
		var targets []balancer.Target
		for _, h := range seen.Hosts {
			if to := s.pathAddr(pathToBox(h.ID)); to != "" && h.State == stateRunning && slices.Contains(seen.BoxTargets, h.ID) {
				targets = append(targets, balancer.Target{ID: h.ID, Addr: to})
			}
		}
		b.SetTargets(targets)
	}
	s.mu.Lock()
	monitors := s.monitors
	s.mu.Unlock()
	if monitors != nil {
		// Rules are judged from the first target on: before there are visitors
		// there is nothing to judge, and a young stack would page.
		targets := s.scrapes(seen)
		s.watched = s.watched || slices.ContainsFunc(targets, func(t prom.Target) bool { return t.Job == "visitors" })
		if s.watched {
			monitors.SetTargets(targets)
		}
	}
}

// scrapes lists what Prometheus finds on the network: the tasks that run and
// the box, whether it answers or not. Visitors are visitors also where no
// service keeps them.
func (s *site) scrapes(seen Seen) (targets []prom.Target) {
	jobs := map[string]string{"api": "shop", "visitors": "visitors"}
	for _, t := range seen.Tasks {
		p := s.procs[t.ARN]
		service := t.Service
		if t.Node != "" {
			service = infra.ServiceAPI
		}
		if service == "" && s.familyOf(t) == infra.ServiceVisitors {
			service = infra.ServiceVisitors
		}
		if job := jobs[service]; job != "" && p != nil && p.addr() != "" {
			targets = append(targets, prom.Target{Job: job, Address: s.pathAddr(pathFromMonitor(t.ARN)), Instance: p.name})
		}
	}
	if to := s.pathAddr(pathFromMonitor(pathBox)); to != "" {
		targets = append(targets, prom.Target{Job: "inventory", Address: to, Instance: "inventory"})
	}
	if to := s.pathAddr(pathFromMonitor(pathNode)); to != "" {
		targets = append(targets, prom.Target{Job: "node", Address: to, Instance: "box"})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.database != nil {
		if to := s.database.Metrics(); to != "" { // who tells of it stands beside Prometheus
			targets = append(targets, prom.Target{Job: "database", Address: to, Instance: "database"})
		}
	}
	return targets
}

// familyOf is the service or the job of whose definition a task is.
func (s *site) familyOf(t Task) string {
	family, _, _ := strings.Cut(idOf(t.Definition), ":")
	name, _ := s.names.ServiceOf(family)
	return name
}

// Monitors gives a round's Prometheus, for the graphs; nil: none runs.
func (r *Reconciler) Monitors() *prom.Stack {
	for _, s := range r.all() {
		s.mu.Lock()
		m := s.monitors
		s.mu.Unlock()
		if m != nil {
			return m
		}
	}
	return nil
}

// Left lists what still runs for any round, for a test that nothing does.
func (r *Reconciler) Left(context.Context) (left []string) {
	for _, s := range r.all() {
		s.mu.Lock()
		if s.database != nil {
			left = append(left, string(s.id)+" database")
		}
		for front := range s.balancers {
			left = append(left, string(s.id)+" balancer of the "+front)
		}
		if s.monitors != nil {
			left = append(left, string(s.id)+" monitoring")
		}
		for id := range s.machines {
			left = append(left, string(s.id)+" machine "+id)
		}
		for _, p := range s.procs {
			left = append(left, string(s.id)+" "+p.name)
		}
		s.mu.Unlock()
	}
	return left
}
