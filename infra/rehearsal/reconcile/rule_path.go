package reconcile

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/chaotic-good/scenarios/infra"
)

// end is one end of a path: who stands there, and whether anybody does.
type end struct {
	groups  []string
	address string
	subnet  netip.Prefix
	on      bool // the host is up
	serving bool // and its process listens
}

// The names of paths. Each task has its own, so that a rule may admit one task
// and not its neighbour.
func pathToDatabase(arn string) string  { return arn + " -> database" }
func pathToInventory(arn string) string { return arn + " -> box balancer" }
func pathToBalancer(arn string) string  { return arn + " -> balancer" }
func pathToTask(arn string) string      { return "balancer -> " + arn }
func pathToBox(id string) string        { return "box balancer -> " + id }
func pathFromMonitor(id string) string  { return "monitoring -> " + id }

// pathBox stands for the box as the monitoring finds it, whichever instance it is.
const pathBox = "box"

// pathNode stands for what the box tells of its machine.
const pathNode = "box node"

// pathRule: a path is open exactly when an ingress rule of its far end admits
// the near end. Connections that are established live on, as on AWS.
func pathRule(seen Seen, here Local) (steps []Step) {
	for name, want := range ways(seen, here) {
		if have, ok := here.Paths[name]; ok && have != want {
			steps = append(steps, Step{Verb: SetPath, Thing: name, Detail: string(want)})
		}
	}
	slices.SortFunc(steps, func(a, b Step) int { return strings.Compare(a.Thing, b.Thing) })
	return steps
}

// ways says how every path of the stack treats a new connection.
func ways(seen Seen, here Local) map[string]Way {
	ends := map[string]end{}
	if d := seen.Database; d != nil {
		ends["database"] = end{groups: d.Groups, on: d.Status == stateAvailable, serving: here.Database != nil && here.Database.Listening}
	}
	if b := seen.Balancer; b != nil {
		ends["balancer"] = end{groups: b.Groups, on: true, serving: here.Balancer}
	}
	if b := seen.BoxBalancer; b != nil {
		ends["box balancer"] = end{groups: b.Groups, on: true, serving: here.BoxFront}
	}
	w := map[string]Way{}
	for _, h := range seen.Hosts {
		e := end{groups: h.Groups, address: h.Address, on: h.on(), serving: here.Procs[h.ID].Listening}
		if old, ok := ends[h.Role]; !ok || !old.on {
			ends[h.Role] = e
		}
		if h.Role == roleBox {
			w[pathToBox(h.ID)] = way(seen, ends["box balancer"], e, infra.PortApp)
			e.serving = here.Procs[h.ID].Node
			if old, ok := ends[pathNode]; !ok || !old.on {
				ends[pathNode] = e
			}
		}
	}
	w[pathFromMonitor(pathBox)] = way(seen, ends[roleMonitor], ends[roleBox], infra.PortApp)
	w[pathFromMonitor(pathNode)] = way(seen, ends[roleMonitor], ends[pathNode], infra.PortNode)
	for _, t := range seen.Tasks {
		e := end{groups: t.Groups, address: t.Address, subnet: t.Subnet, on: true, serving: here.Procs[t.ARN].Listening}
		w[pathToDatabase(t.ARN)] = way(seen, e, ends["database"], infra.PortPostgres)
		w[pathToInventory(t.ARN)] = way(seen, e, ends["box balancer"], infra.PortApp)
		w[pathToBalancer(t.ARN)] = way(seen, e, ends["balancer"], infra.PortBalancer)
		w[pathToTask(t.ARN)] = way(seen, ends["balancer"], e, infra.PortApp)
		w[pathFromMonitor(t.ARN)] = way(seen, ends[roleMonitor], e, infra.PortApp)
	}
	return w
}

func way(seen Seen, from, to end, port int32) Way {
	switch {
	case !to.on, !admitted(seen, from, to, port):
		return Dropped
	case !to.serving:
		return Refused
	}
	return Open
}

// admitted reports whether any rule of the far end's groups lets the near end
// in. Where no group is, nobody gets in: on AWS everything in a network has at
// least the default group, which admits its own members only.
func admitted(seen Seen, from, to end, port int32) bool {
	address, _ := netip.ParseAddr(from.address)
	for _, id := range to.groups {
		for _, r := range seen.Groups[id].Rules {
			if !r.covers(port) {
				continue
			}
			if r.From != "" && slices.Contains(from.groups, r.From) {
				return true
			}
			if r.CIDR.IsValid() && (address.IsValid() && r.CIDR.Contains(address) || holds(r.CIDR, from.subnet)) {
				return true
			}
		}
	}
	return false
}

// holds reports whether every address of the smaller range is in the larger. A
// task's subnet counts beside its address: moto draws that from another range.
func holds(larger, smaller netip.Prefix) bool {
	return smaller.IsValid() && larger.Bits() <= smaller.Bits() && larger.Contains(smaller.Addr())
}

func (r Rule) covers(port int32) bool {
	return r.Protocol == "-1" || r.Protocol == "tcp" && r.First <= port && port <= r.Last
}
