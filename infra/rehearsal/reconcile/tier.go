package reconcile

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/chaotic-good/scenarios/infra"
)

// tier is the nodes and pods of one round. Only its site's passes change it,
// with the site's mutex held.
type tier struct {
	nodes  []*node // oldest first
	pods   []*pod  // oldest first
	served bool    // the shop has served: nodes take their time from now on
	asks   []ask   // what the pods' autoscaler asked for lately
	spare  map[string]time.Time
	serial int    // of addresses
	status []byte // as it was written last
	said   status // as it was told in the logs last
}

type node struct {
	id, group string
	began     time.Time
	boots     time.Duration
}

type pod struct {
	id   string
	task Task // once it stands on a node
}

type ask struct {
	at   time.Time
	pods int
}

// How long things take here. On AWS a node takes one to two minutes, the pods'
// autoscaler waits five minutes before it asks for fewer, and the cluster
// autoscaler ten before it takes a node away.
const (
	nodeBoot    = 3 * time.Second
	askWindow   = 4 * time.Second  // over which traffic is measured
	askSteadies = 15 * time.Second // for which the highest ask stands
	calmNodes   = time.Minute
	tolerance   = 0.1 // of the pods' autoscaler: less than that changes nothing
)

// podService stands for the deployment where ECS has a service.
const podService = "pods"

func newTier() *tier { return &tier{spare: map[string]time.Time{}} }

// tasks is the pods that stand on a node, as what runs a container is told of.
func (t *tier) tasks() (all []Task) {
	for _, p := range t.pods {
		if p.task.Node != "" {
			all = append(all, p.task)
		}
	}
	return all
}

// withPods is the tasks of ECS and the pods as they are now.
func withPods(tasks, pods []Task) []Task {
	ecs := slices.DeleteFunc(slices.Clone(tasks), func(t Task) bool { return t.Node != "" })
	return append(ecs, pods...)
}

// local tells the rules.
func (t *tier) local(here *Local, now time.Time) {
	for _, n := range t.nodes {
		here.Nodes = append(here.Nodes, Node{n.id, n.group, now.Sub(n.began) >= n.boots})
	}
	for _, p := range t.pods {
		here.Pods = append(here.Pods, Pod{p.id, p.task.Node})
	}
	for _, a := range t.asks {
		here.Asked = max(here.Asked, a.pods)
	}
	here.Calm = map[string]bool{}
	for group, since := range t.spare {
		here.Calm[group] = now.Sub(since) >= calmNodes
	}
}

// measure lets the pods' autoscaler see the traffic, and notes since when each
// group has had a node too many.
func (t *tier) measure(k *Kubernetes, orders float64, now time.Time) {
	if k == nil {
		t.asks = nil
		clear(t.spare)
		return
	}
	last := infra.PodsAtLeast
	if len(t.asks) > 0 {
		last = t.asks[len(t.asks)-1].pods
	}
	t.asks = append(t.asks, ask{now, asksFor(orders, last)})
	t.asks = slices.DeleteFunc(t.asks, func(a ask) bool { return now.Sub(a.at) > askSteadies })
	for _, g := range k.Groups {
		switch _, was := t.spare[g.Name]; {
		case !spare(k, g, len(t.pods)):
			delete(t.spare, g.Name)
		case !was:
			t.spare[g.Name] = now
		}
	}
	maps.DeleteFunc(t.spare, func(group string, _ time.Time) bool { return k.slots(group) == 0 })
}

// asksFor is how many pods so many orders a second need; near enough to what
// there is nothing changes.
func asksFor(orders float64, now int) int {
	if ratio := orders / float64(now*infra.OrdersPerPod); math.Abs(ratio-1) <= tolerance {
		return now
	}
	return min(max(int(math.Ceil(orders/infra.OrdersPerPod)), infra.PodsAtLeast), infra.PodsAtMost)
}

func (t *tier) startNode(group string, now time.Time) {
	n := &node{id: t.nodeName(), group: group, began: now, boots: nodeBoot}
	if !t.served { // a stack is being made: that it takes minutes on AWS is known
		n.boots = 0
	}
	t.nodes = append(t.nodes, n)
}

func (t *tier) stopNode(id string) {
	t.nodes = slices.DeleteFunc(t.nodes, func(n *node) bool { return n.id == id })
}

func (t *tier) makePod() { t.pods = append(t.pods, &pod{id: shortID()}) }

func (t *tier) endPod(id string) {
	t.pods = slices.DeleteFunc(t.pods, func(p *pod) bool { return p.id == id })
}

// placePod gives a pod its node, and with it an address.
func (t *tier) placePod(id, node string, k *Kubernetes) {
	for _, p := range t.pods {
		if p.id != id {
			continue
		}
		address, subnet := t.address()
		p.task = Task{
			ARN: "pod/" + id, ID: id, Definition: k.Template, Node: node,
			Address: address.String(), Subnet: subnet, Groups: k.Security,
		}
	}
}

// address is the next free one of the nodes' subnets, above those that moto
// gives away.
func (t *tier) address() (netip.Addr, netip.Prefix) {
	var ranges []netip.Prefix
	for _, s := range infra.Subnets() {
		if slices.Contains(infra.NodeSubnets(), s.Role) {
			ranges = append(ranges, netip.MustParsePrefix(s.CIDR))
		}
	}
	const first, count = 128, 120
	t.serial++
	in := ranges[t.serial%len(ranges)]
	raw := in.Addr().As4()
	raw[3] = byte(first + t.serial/len(ranges)%count)
	return netip.AddrFrom4(raw), in
}

func (t *tier) nodeName() string {
	address, _ := t.address()
	return "ip-" + strings.ReplaceAll(address.String(), ".", "-")
}

func shortID() string {
	raw := make([]byte, 4)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}

// scaleNodes writes a desired size, as the cluster autoscaler does on AWS
// through the group's Auto Scaling group.
func (s *site) scaleNodes(ctx context.Context, group, size string) error {
	n, err := strconv.Atoi(size)
	if err != nil {
		return fmt.Errorf("scale %s to %q: %w", group, size, err)
	}
	defer s.r.news.add(fromEKS)
	_, err = s.r.aws.eks.UpdateNodegroupConfig(ctx, &eks.UpdateNodegroupConfigInput{
		ClusterName: &s.names.Cluster, NodegroupName: &group,
		ScalingConfig: &types.NodegroupScalingConfig{DesiredSize: aws.Int32(int32(n))},
	})
	if err = ignoreGone(err); err != nil {
		return fmt.Errorf("scale %s to %d nodes: %w", group, n, err)
	}
	s.log.InfoContext(ctx, "the cluster autoscaler scales a node group", "group", group, "nodes", n)
	return nil
}

// NodesReady implements gateway.NodeTruth.
func (r *Reconciler) NodesReady(cluster, group string) (ready int, known bool) {
	for _, s := range r.all() {
		s.mu.Lock()
		if s.names.Cluster == cluster {
			known = s.seen.Kubernetes != nil && slices.ContainsFunc(s.seen.Kubernetes.Groups, func(g NodeGroup) bool { return g.Name == group })
			for _, n := range s.tier.nodes {
				if n.group == group && time.Since(n.began) >= n.boots {
					ready++
				}
			}
		}
		s.mu.Unlock()
	}
	return ready, known
}

// actTier does what concerns nodes and pods alone.
func (s *site) actTier(seen Seen, step Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch t := s.tier; step.Verb {
	case StartNode:
		t.startNode(step.Thing, time.Now())
	case StopNode:
		t.stopNode(step.Thing)
	case MakePod:
		t.makePod()
	case PlacePod:
		t.placePod(step.Thing, step.Detail, seen.Kubernetes)
	case EndPod:
		t.endPod(step.Thing)
	}
}
