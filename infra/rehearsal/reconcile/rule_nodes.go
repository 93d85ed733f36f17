package reconcile

import (
	"slices"
	"strconv"
)

// nodeRule: a node group has as many nodes as it desires. Where they are too
// many, those that are not ready and those that carry fewest go first.
func nodeRule(seen Seen, here Local) (steps []Step) {
	var groups []NodeGroup
	if seen.Kubernetes != nil {
		groups = seen.Kubernetes.Groups
	}
	for _, n := range here.Nodes {
		if !slices.ContainsFunc(groups, func(g NodeGroup) bool { return g.Name == n.Group }) {
			steps = append(steps, Step{Verb: StopNode, Thing: n.ID})
		}
	}
	for _, g := range groups {
		nodes := slices.DeleteFunc(slices.Clone(here.Nodes), func(n Node) bool { return n.Group != g.Name })
		for range g.Desired - len(nodes) {
			steps = append(steps, Step{Verb: StartNode, Thing: g.Name})
		}
		slices.SortStableFunc(nodes, func(a, b Node) int { return load(b, here) - load(a, here) })
		for _, n := range nodes[min(len(nodes), g.Desired):] {
			steps = append(steps, Step{Verb: StopNode, Thing: n.ID})
		}
	}
	return steps
}

// load is how much a node is worth keeping.
func load(n Node, here Local) (pods int) {
	if !n.Ready {
		return -1
	}
	for _, p := range here.Pods {
		if p.Node == n.ID {
			pods++
		}
	}
	return pods
}

// podRule: there are as many pods as are wanted, and each stands on a node that
// is ready and has room. A pod whose node is gone is another pod elsewhere.
// Where they are too many, pending ones go first, then the youngest.
func podRule(seen Seen, here Local) (steps []Step) {
	free := map[string]int{}
	for _, n := range here.Nodes {
		if n.Ready {
			free[n.ID] = seen.Kubernetes.slots(n.Group)
		}
	}
	var placed, pending []Pod
	for _, p := range here.Pods {
		switch {
		case p.Node == "":
			pending = append(pending, p)
		case !slices.ContainsFunc(here.Nodes, func(n Node) bool { return n.ID == p.Node }):
			steps = append(steps, Step{Verb: EndPod, Thing: p.ID})
		default:
			placed = append(placed, p)
			free[p.Node]--
		}
	}
	wanted := wantedPods(seen.Kubernetes, here.Asked)
	for range wanted - len(placed) - len(pending) {
		steps = append(steps, Step{Verb: MakePod})
	}
	over := slices.Concat(placed, pending)
	for _, p := range over[min(len(over), wanted):] {
		steps = append(steps, Step{Verb: EndPod, Thing: p.ID})
	}
	for _, p := range pending[:min(len(pending), max(wanted-len(placed), 0))] {
		for _, n := range here.Nodes {
			if free[n.ID] > 0 {
				free[n.ID]--
				steps = append(steps, Step{PlacePod, p.ID, n.ID})
				break
			}
		}
	}
	return steps
}

// scaleRule is the cluster autoscaler: while pods are pending that no node is
// on its way for, it raises the desired size of the first group that may grow;
// when a group could do with a node fewer for a calm while, it lowers it.
func scaleRule(seen Seen, here Local) (steps []Step) {
	if seen.Kubernetes == nil {
		return nil
	}
	room, pending := 0, 0
	for _, g := range seen.Kubernetes.Groups {
		room += g.Desired * g.Slots
	}
	for _, p := range here.Pods {
		if p.Node == "" {
			pending++
		}
	}
	short := len(here.Pods) - room
	for _, g := range seen.Kubernetes.Groups {
		switch {
		case pending > 0 && short > 0 && g.Slots > 0 && g.Desired < g.Max:
			more := min((short+g.Slots-1)/g.Slots, g.Max-g.Desired)
			short -= more * g.Slots
			steps = append(steps, Step{ScaleNodes, g.Name, strconv.Itoa(g.Desired + more)})
		case here.Calm[g.Name] && spare(seen.Kubernetes, g, len(here.Pods)):
			return append(steps, Step{ScaleNodes, g.Name, strconv.Itoa(g.Desired - 1)}) // one at a time
		}
	}
	return steps
}

// spare reports whether the pods would fit with one node of the group less.
func spare(k *Kubernetes, g NodeGroup, pods int) bool {
	room := -g.Slots
	for _, other := range k.Groups {
		room += other.Desired * other.Slots
	}
	return g.Desired > g.Min && room >= pods
}
