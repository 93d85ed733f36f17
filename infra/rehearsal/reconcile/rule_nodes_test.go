package reconcile

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"
)

// pods is a round of the stage eks at rest: two nodes with a pod each.
func pods() (Seen, Local) {
	seen, here := stack()
	seen.Services = seen.Services[1:]
	seen.Kubernetes = &Kubernetes{
		Groups:   []NodeGroup{{Name: "nodes", Type: "t3.small", Slots: 1, Min: 2, Max: 2, Desired: 2}},
		Replicas: 2, Template: "api:1", Security: []string{"sg-tasks"},
	}
	here.Nodes = []Node{{"n1", "nodes", true}, {"n2", "nodes", true}}
	here.Pods = []Pod{{"t1", "n1"}, {"t2", "n2"}}
	for i := range seen.Tasks[:2] {
		seen.Tasks[i].Service, seen.Tasks[i].Interface, seen.Tasks[i].Node = "", "", fmt.Sprintf("n%d", i+1)
	}
	here.Lent = map[string]string{"eni-v1": "v1"}
	return seen, here
}

// doneNodes is what follows from one step of the tier.
func doneNodes(seen Seen, here Local, s Step) (Seen, Local) {
	switch s.Verb {
	case StartNode:
		here.Nodes = append(slices.Clone(here.Nodes), Node{fmt.Sprintf("n%d", len(here.Nodes)+1), s.Thing, true})
	case StopNode:
		here.Nodes = slices.DeleteFunc(slices.Clone(here.Nodes), func(n Node) bool { return n.ID == s.Thing })
	case MakePod:
		here.Pods = append(slices.Clone(here.Pods), Pod{ID: fmt.Sprintf("p%d", len(here.Pods)+1)})
	case PlacePod:
		here.Pods = slices.Clone(here.Pods)
		for i := range here.Pods {
			if here.Pods[i].ID == s.Thing {
				here.Pods[i].Node = s.Detail
			}
		}
	case EndPod:
		here.Pods = slices.DeleteFunc(slices.Clone(here.Pods), func(p Pod) bool { return p.ID == s.Thing })
	case ScaleNodes:
		k := *seen.Kubernetes
		k.Groups = slices.Clone(k.Groups)
		for i := range k.Groups {
			if k.Groups[i].Name == s.Thing {
				k.Groups[i].Desired, _ = strconv.Atoi(s.Detail)
			}
		}
		seen.Kubernetes = &k
	}
	return seen, here
}

// TestNodeRules: each rule alone, given two nodes with a pod each and one thing
// changed.
func TestNodeRules(t *testing.T) {
	group := func(name string, slots, least, most, desired int) NodeGroup {
		return NodeGroup{Name: name, Slots: slots, Min: least, Max: most, Desired: desired}
	}
	size := func(most, desired int) func(*Seen, *Local) {
		return func(s *Seen, _ *Local) { s.Kubernetes.Groups[0].Max, s.Kubernetes.Groups[0].Desired = most, desired }
	}
	four := func(here *Local) { here.Pods = append(here.Pods, Pod{"p3", ""}, Pod{"p4", ""}) }
	for _, c := range []struct {
		name string
		rule func(Seen, Local) []Step
		when func(*Seen, *Local)
		then []string
	}{
		{"nodes: more", nodeRule, size(4, 4), []string{"start-node nodes", "start-node nodes"}},
		{"nodes: fewer", nodeRule, size(2, 1), []string{"stop-node n2"}},
		{"nodes: fewer, and one carries nothing", nodeRule, func(s *Seen, here *Local) {
			size(2, 1)(s, here)
			here.Pods = here.Pods[1:]
		}, []string{"stop-node n1"}},
		{"nodes: fewer, and one is not ready", nodeRule, func(s *Seen, here *Local) {
			size(2, 1)(s, here)
			here.Nodes[0].Ready = false
		}, []string{"stop-node n1"}},
		{"nodes: a second group", nodeRule, func(s *Seen, _ *Local) {
			s.Kubernetes.Groups = append(s.Kubernetes.Groups, group("bigger", 3, 1, 1, 1))
		}, []string{"start-node bigger"}},
		{"nodes: their group is deleted", nodeRule, func(s *Seen, _ *Local) { s.Kubernetes.Groups = nil }, []string{"stop-node n1", "stop-node n2"}},
		{"nodes: the cluster is deleted", nodeRule, func(s *Seen, _ *Local) { s.Kubernetes = nil }, []string{"stop-node n1", "stop-node n2"}},

		{"pods: more are asked for by traffic than there is room for", podRule, func(_ *Seen, here *Local) { here.Asked = 4 }, []string{"make-pod", "make-pod"}},
		{"pods: more are wanted by the parameter", podRule, func(s *Seen, _ *Local) { s.Kubernetes.Replicas = 3 }, []string{"make-pod"}},
		{"pods: never more than the most", podRule, func(s *Seen, here *Local) { s.Kubernetes.Replicas = 10_000 }, slices.Repeat([]string{"make-pod"}, 10)},
		{"pods: never fewer than the least", podRule, func(s *Seen, here *Local) { s.Kubernetes.Replicas = -1 }, nil},
		{"pods: pending, and no room", podRule, func(_ *Seen, here *Local) {
			here.Asked = 4
			four(here)
		}, nil},
		{"pods: a bigger node comes", podRule, func(s *Seen, here *Local) {
			here.Asked = 4
			four(here)
			s.Kubernetes.Groups = append(s.Kubernetes.Groups, group("bigger", 3, 1, 1, 1))
			here.Nodes = append(here.Nodes, Node{"n3", "bigger", true})
		}, []string{"place-pod p3 n3", "place-pod p4 n3"}},
		{"pods: the node is not ready", podRule, func(s *Seen, here *Local) {
			here.Asked = 3
			here.Pods = append(here.Pods, Pod{"p3", ""})
			here.Nodes = append(here.Nodes, Node{"n3", "nodes", false})
		}, nil},
		{"pods: a node too small for any", podRule, func(s *Seen, here *Local) {
			here.Asked = 3
			here.Pods = append(here.Pods, Pod{"p3", ""})
			s.Kubernetes.Groups = append(s.Kubernetes.Groups, group("tiny", 0, 1, 1, 1))
			here.Nodes = append(here.Nodes, Node{"n3", "tiny", true})
		}, nil},
		{"pods: fewer are wanted, the pending go first", podRule, func(_ *Seen, here *Local) {
			here.Asked = 3
			here.Pods = []Pod{{"t1", "n1"}, {"p2", ""}, {"p3", ""}, {"t2", "n2"}}
		}, []string{"end-pod p3"}},
		{"pods: fewer are wanted, then the youngest", podRule, func(_ *Seen, here *Local) {
			here.Nodes = append(here.Nodes, Node{"n3", "nodes", true})
			here.Pods = append(here.Pods, Pod{"p3", "n3"})
		}, []string{"end-pod p3"}},
		{"pods: their node is gone", podRule, func(_ *Seen, here *Local) { here.Nodes = here.Nodes[:1] }, []string{"end-pod t2", "make-pod"}},
		{"pods: nothing to make them from", podRule, func(s *Seen, here *Local) { s.Kubernetes.Template, here.Pods = "", nil }, nil},
		{"pods: the cluster is deleted", podRule, func(s *Seen, _ *Local) { s.Kubernetes = nil }, []string{"end-pod t1", "end-pod t2"}},

		{"scale: pending at the maximum", scaleRule, func(_ *Seen, here *Local) { four(here) }, nil},
		{"scale: pending below the maximum", scaleRule, func(s *Seen, here *Local) {
			size(4, 2)(s, here)
			four(here)
		}, []string{"scale-nodes nodes 4"}},
		{"scale: up to the maximum", scaleRule, func(s *Seen, here *Local) {
			size(3, 2)(s, here)
			four(here)
		}, []string{"scale-nodes nodes 3"}},
		{"scale: a node is on its way", scaleRule, func(s *Seen, here *Local) {
			size(9, 4)(s, here)
			four(here)
		}, nil},
		{"scale: the second group may grow", scaleRule, func(s *Seen, here *Local) {
			s.Kubernetes.Groups = append(s.Kubernetes.Groups, group("tiny", 0, 0, 9, 0), group("two", 3, 0, 3, 0))
			four(here)
		}, []string{"scale-nodes two 1"}},
		{"scale: a calm while with a node too many", scaleRule, func(s *Seen, here *Local) {
			size(4, 4)(s, here)
			here.Calm = map[string]bool{"nodes": true}
		}, []string{"scale-nodes nodes 3"}},
		{"scale: not calm yet", scaleRule, size(4, 4), nil},
		{"scale: not below the minimum", scaleRule, func(s *Seen, here *Local) {
			s.Kubernetes.Groups[0].Min, s.Kubernetes.Groups[0].Desired = 3, 3
			here.Calm = map[string]bool{"nodes": true}
		}, nil},

		{"proc: a pod's container ended", procRule, func(_ *Seen, here *Local) { here.Procs["t1"] = Proc{} }, []string{"stop-proc t1"}},
		{"proc: it keeps ending at once", procRule, func(_ *Seen, here *Local) {
			delete(here.Procs, "t1")
			here.Failing = map[string]bool{podService: true}
		}, nil},
		{"target: a pod that listens", targetRule, func(s *Seen, _ *Local) { s.Targets = s.Targets[:1] }, []string{"register 10.20.2.20"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen, here := pods()
			if steps := plan(seen, here); steps != nil {
				t.Fatalf("a stack at rest needs %q", say(steps))
			}
			c.when(&seen, &here)
			if got := say(c.rule(seen, here)); !reflect.DeepEqual(got, c.then) {
				t.Errorf("steps %q, want %q", got, c.then)
			}
		})
	}
}

// TestNodesSettle plays the rules together: what fits runs, the rest stays
// pending, and it comes to rest.
func TestNodesSettle(t *testing.T) {
	for _, c := range []struct {
		name                    string
		when                    func(*Seen, *Local)
		nodes, running, pending int
	}{
		{"a campaign, and the maximum is too low", func(_ *Seen, here *Local) { here.Asked = 4 }, 2, 2, 2},
		{"the maximum is raised", func(s *Seen, here *Local) { here.Asked, s.Kubernetes.Groups[0].Max = 4, 4 }, 4, 4, 0},
		{"the maximum is raised by one", func(s *Seen, here *Local) { here.Asked, s.Kubernetes.Groups[0].Max = 4, 3 }, 3, 3, 1},
		{"a bigger node", func(s *Seen, here *Local) {
			here.Asked = 4
			s.Kubernetes.Groups = append(s.Kubernetes.Groups, NodeGroup{Name: "bigger", Slots: 3, Min: 1, Max: 1, Desired: 1})
		}, 3, 4, 0},
		{"more replicas, and no room", func(s *Seen, here *Local) { here.Asked, s.Kubernetes.Replicas = 4, 6 }, 2, 2, 4},
		{"from nothing", func(_ *Seen, here *Local) { here.Nodes, here.Pods = nil, nil }, 2, 2, 0},
		{"the group shrinks", func(s *Seen, _ *Local) {
			s.Kubernetes.Groups[0].Min, s.Kubernetes.Groups[0].Desired, s.Kubernetes.Groups[0].Max = 1, 1, 1
		}, 1, 1, 1},
		{"the cluster goes", func(s *Seen, _ *Local) { s.Kubernetes = nil }, 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen, here := pods()
			c.when(&seen, &here)
			var steps []Step
			for range 8 {
				steps = slices.Concat(nodeRule(seen, here), podRule(seen, here), scaleRule(seen, here))
				if seen, here = done(seen, here, steps); len(steps) == 0 {
					break
				}
			}
			running, pending := 0, 0
			for _, p := range here.Pods {
				if p.Node == "" {
					pending++
				} else {
					running++
				}
			}
			if len(steps) > 0 || len(here.Nodes) != c.nodes || running != c.running || pending != c.pending {
				t.Errorf("%d nodes, %d pods run, %d pend, and it still wants %q; want %d, %d, %d",
					len(here.Nodes), running, pending, say(steps), c.nodes, c.running, c.pending)
			}
		})
	}
}

// TestSlots: how many pods a node carries goes by its vCPUs.
func TestSlots(t *testing.T) {
	for vcpus, want := range map[int]int{0: 0, 1: 0, 2: 1, 4: 3, 8: 7, 16: 15} {
		if got := slotsOf(vcpus); got != want {
			t.Errorf("%d vCPUs carry %d pods, want %d", vcpus, got, want)
		}
	}
}

// TestAsks: the pods' autoscaler asks by the orders that arrive, goes up at
// once, and down only when the traffic has been low for a while.
func TestAsks(t *testing.T) {
	seen, _ := pods()
	tr, now := newTier(), time.Unix(1_800_000_000, 0)
	asked := func(orders float64, after time.Duration) int {
		now = now.Add(after)
		tr.measure(seen.Kubernetes, orders, now)
		var here Local
		tr.local(&here, now)
		return here.Asked
	}
	for _, c := range []struct {
		orders float64
		after  time.Duration
		want   int
	}{
		{0, 0, 2}, {9, time.Second, 2}, {26, time.Second, 2}, {27, time.Second, 3}, {44, time.Second, 4}, {50, time.Second, 4},
		{10, 10 * time.Second, 4}, {10, 6 * time.Second, 2}, {1000, time.Second, 12},
	} {
		if got := asked(c.orders, c.after); got != c.want {
			t.Errorf("at %v orders a second %d pods are asked for, want %d", c.orders, got, c.want)
		}
	}
}

// TestCalm: a node too many goes after a calm minute, and not when it was
// needed in between.
func TestCalm(t *testing.T) {
	seen, _ := pods()
	k := seen.Kubernetes
	k.Groups[0].Max, k.Groups[0].Desired = 4, 3
	tr, now := newTier(), time.Unix(1_800_000_000, 0)
	tr.makePod()
	tr.makePod()
	calm := func(after time.Duration) bool {
		now = now.Add(after)
		tr.measure(k, 0, now)
		var here Local
		tr.local(&here, now)
		return here.Calm["nodes"]
	}
	if calm(0) || calm(50*time.Second) {
		t.Error("it is calm at once")
	}
	tr.makePod()
	if calm(20 * time.Second) {
		t.Error("it is calm although every node is needed")
	}
	tr.endPod(tr.pods[2].id)
	if calm(time.Second) || calm(30*time.Second) || !calm(31*time.Second) {
		t.Error("the minute is not counted from when the node was needed last")
	}
}

// TestStatus: what the shop tells of its nodes.
func TestStatus(t *testing.T) {
	seen, here := pods()
	here.Asked = 3
	here.Pods = append(here.Pods, Pod{"p3", ""})
	got := statusOf(seen, here)
	want := status{
		Nodes:   []statusNodes{{Group: "nodes", Type: "t3.small", Nodes: 2, Ready: 2, PodsOne: 1}},
		Pods:    statusPods{Wanted: 3, Running: 2, Pending: 1},
		Pending: []statusPod{{"api-p3", []string{"0/2 nodes are available: 2 Insufficient cpu.", "pod didn't trigger scale-up: 1 max node group size reached"}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the status is %+v, want %+v", got, want)
	}
	seen.Kubernetes.Groups[0].Max = 3
	if words := pendingWords(seen.Kubernetes, here.Nodes); len(words) != 1 {
		t.Errorf("below the maximum a pending pod is told %q", words)
	}
}

// TestEvents: what changed is logged once.
func TestEvents(t *testing.T) {
	seen, here := pods()
	calm := statusOf(seen, here)
	if lines := events(calm, calm); lines != nil {
		t.Errorf("a calm deployment logs %q", lines)
	}
	here.Asked = 3
	here.Pods = append(here.Pods, Pod{"p3", ""})
	busy := statusOf(seen, here)
	want := []string{
		`{"level":"INFO","msg":"Scaled the deployment api from 2 to 3 pods"}`,
		`{"level":"WARN","msg":"Pod api-p3 is pending: 0/2 nodes are available: 2 Insufficient cpu. pod didn't trigger scale-up: 1 max node group size reached"}`,
	}
	if lines := events(calm, busy); !reflect.DeepEqual(lines, want) {
		t.Errorf("a busy one logs %q", lines)
	}
	seen.Kubernetes.Groups = []NodeGroup{{Name: "other", Type: "t3.xlarge", Slots: 3, Max: 1}}
	here.Nodes, here.Pods = nil, nil
	want = []string{
		`{"level":"INFO","msg":"Node group other (t3.xlarge): 0 nodes, 0 ready"}`, `{"level":"INFO","msg":"Node group nodes is gone"}`,
	}
	if lines := events(busy, statusOf(seen, here)); !reflect.DeepEqual(lines, want) {
		t.Errorf("with other nodes it logs %q", lines)
	}
}

// TestNewsOfNodes: nobody asks for Kubernetes before there is some.
func TestNewsOfNodes(t *testing.T) {
	var n news
	if n.addAll(); n.take()[fromEKS] || n.add(fromSSM) || n.whole()[fromEKS] {
		t.Error("a classic round is asked for nodes")
	}
	if !n.add(fromEKS) || !n.take()[fromEKS] || !n.add(fromSSM) || !n.take()[fromEKS] {
		t.Error("a write to nodes or to their parameter is no news")
	}
	if n.addAll(); !n.take()[fromEKS] {
		t.Error("a look at everything leaves out the nodes")
	}
}
