package reconcile

import (
	"maps"
	"slices"
)

// rules is every rule, in the order in which their steps are done. Each is a
// pure function, and done twice it changes nothing the second time.
var rules = []func(Seen, Local) []Step{
	pathRule,
	settingsRule, // before the server starts, for it reads them then
	databaseRule,
	rebootRule,
	operatorRule,
	trackRule,
	serviceRule,
	nodeRule,
	podRule,
	scaleRule,
	procRule,
	machineRule,
	addressRule,
	balancerRule,
	targetRule,
	monitorRule,
	endpointRule,
}

// plan lets every rule speak.
func plan(seen Seen, here Local) (steps []Step) {
	for _, rule := range rules {
		steps = append(steps, rule(seen, here)...)
	}
	return steps
}

// serves reports whether a task does its service's work.
func serves(s Service, t Task, here Local) bool {
	if !here.Procs[t.ARN].Listening {
		return false
	}
	return !s.Balanced || here.Health[t.Address] == healthy
}

const healthy = "healthy"

// procRule: a process runs exactly while its task or its host does, and until
// the balancer's requests to it are answered. A task whose process ended is a
// stopped task.
func procRule(seen Seen, here Local) (steps []Step) {
	known := map[string]bool{}
	for _, t := range seen.Tasks {
		known[t.ARN] = true
		switch p, started := here.Procs[t.ARN]; {
		case !started && t.Node != "" && here.Failing[podService]: // Kubernetes waits longer each time
		case started && !p.Alive && t.Node != "": // the pod stays, and its container is started again
			steps = append(steps, Step{Verb: StopProc, Thing: t.ARN})
		case !started:
			steps = append(steps, Step{Verb: StartProc, Thing: t.ARN})
		case !p.Alive:
			steps = append(steps, Step{Verb: StopTask, Thing: t.ARN, Detail: "Essential container in task exited"}, Step{Verb: StopProc, Thing: t.ARN})
		}
	}
	for _, h := range seen.Hosts {
		if h.Role != roleBox {
			continue
		}
		known[h.ID] = true
		p, started := here.Procs[h.ID]
		switch {
		case started && h.Crashed:
			steps = append(steps, Step{Verb: StopProc, Thing: h.ID, Detail: hard})
		case started && (!h.on() || p.Boots != h.Boots): // one that boots is started by the next pass
			steps = append(steps, Step{Verb: StopProc, Thing: h.ID})
		case h.on() && !started && !here.Ending[h.ID]: // two must not write to one volume
			steps = append(steps, Step{Verb: StartProc, Thing: h.ID})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(here.Procs)) {
		if p := here.Procs[id]; !known[id] && !(p.Alive && p.Draining) {
			steps = append(steps, Step{Verb: StopProc, Thing: id})
		}
	}
	return steps
}

const (
	stateRunning   = "running"
	stateAvailable = "available"

	roleBox     = "box"
	roleMonitor = "monitoring"
)

// addressRule: a task that has stopped gives its address back.
func addressRule(seen Seen, here Local) (steps []Step) {
	running := map[string]bool{}
	for _, t := range seen.Tasks {
		running[t.ARN] = true
	}
	for _, nic := range slices.Sorted(maps.Keys(here.Lent)) {
		if !running[here.Lent[nic]] {
			steps = append(steps, Step{Verb: FreeAddress, Thing: nic})
		}
	}
	return steps
}

// balancerRule: a balancer listens exactly while it exists.
func balancerRule(seen Seen, here Local) (steps []Step) {
	for _, b := range []struct {
		thing      string
		want, have bool
	}{
		{frontShop, seen.Balancer != nil, here.Balancer},
		{frontBox, seen.BoxBalancer != nil, here.BoxFront},
	} {
		switch {
		case b.want && !b.have:
			steps = append(steps, Step{Verb: StartBalancer, Thing: b.thing})
		case !b.want && b.have:
			steps = append(steps, Step{Verb: StopBalancer, Thing: b.thing})
		}
	}
	return steps
}

// The balancers, by what stands behind them.
const (
	frontShop = "shop"
	frontBox  = "box"
)

// targetRule: the target group holds the addresses of the running tasks of the
// balanced services, as ECS keeps it.
func targetRule(seen Seen, here Local) (steps []Step) {
	if seen.Balancer == nil || seen.Balancer.TargetGroup == "" {
		return nil
	}
	balanced := map[string]bool{}
	for _, s := range seen.Services {
		balanced[s.Name] = s.Balanced
	}
	want := map[string]bool{}
	for _, t := range seen.Tasks {
		if (balanced[t.Service] || t.Node != "") && here.Procs[t.ARN].Listening {
			want[t.Address] = true
		}
	}
	for _, t := range seen.Tasks {
		if want[t.Address] && !slices.Contains(seen.Targets, t.Address) {
			steps = append(steps, Step{Verb: Register, Thing: t.Address})
		}
	}
	for _, address := range seen.Targets {
		if !want[address] {
			steps = append(steps, Step{Verb: Deregister, Thing: address})
		}
	}
	return steps
}

// monitorRule: Prometheus and Alertmanager run while their host does.
func monitorRule(seen Seen, here Local) []Step {
	want := seen.Webhook != nil && slices.ContainsFunc(seen.Hosts, func(h Host) bool {
		return h.Role == roleMonitor && h.State == stateRunning
	})
	switch {
	case want && !here.Monitors:
		return []Step{{Verb: StartMonitors}}
	case !want && here.Monitors:
		return []Step{{Verb: StopMonitors}}
	}
	return nil
}

// endpointRule: where a part listens is written down, for whoever made the
// stack. A stack that goes away writes nothing any more.
func endpointRule(seen Seen, here Local) (steps []Step) {
	exists := map[string]bool{
		endShop: seen.Balancer != nil,
		endBox:  slices.ContainsFunc(seen.Hosts, func(h Host) bool { return h.Role == roleBox }),
	}
	for _, end := range monitorEnds() {
		exists[end] = seen.Webhook != nil && len(seen.Hosts) > 0
	}
	for _, name := range slices.Sorted(maps.Keys(here.Ends)) {
		if url := here.Ends[name]; exists[name] && here.Written[name] != url {
			steps = append(steps, Step{Verb: WriteEnd, Thing: name, Detail: url})
		}
	}
	return steps
}

// moving reports whether the next pass may find something else without any
// write: a process that starts, a target that is being checked.
func moving(seen Seen, here Local) bool {
	if d := here.Database; d != nil && !d.Listening {
		return true
	}
	for _, p := range here.Procs {
		if !p.Machine && p.Alive && (!p.Listening || p.Draining) { // a box says it when something changes
			return true
		}
	}
	if slices.ContainsFunc(here.Nodes, func(n Node) bool { return !n.Ready }) {
		return true
	}
	for _, h := range seen.Hosts {
		if _, started := here.Procs[h.ID]; h.Role == roleBox && h.on() && !started {
			return true
		}
	}
	for _, svc := range seen.Services {
		var serving, other int
		for _, t := range seen.Tasks {
			switch {
			case t.Service != svc.Name:
			case t.Release == svc.Release && serves(svc, t, here):
				serving++
			default:
				other++
			}
		}
		if other > 0 || serving < svc.Desired && placeable(seen, svc) {
			return true
		}
	}
	return false
}

// The endpoints, by the last part of their parameter's name.
const (
	endShop         = "shop"
	endPrometheus   = "prometheus"
	endAlertmanager = "alertmanager"
	endGraphs       = "graphs"
	endLogs         = "logs"
	endRunbooks     = "runbooks"
	endBox          = "box"
)

// monitorEnds are those of the monitoring.
func monitorEnds() []string {
	return []string{endPrometheus, endAlertmanager, endGraphs, endLogs, endRunbooks}
}
