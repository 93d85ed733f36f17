package reconcile

import (
	"fmt"
	"slices"

	"github.com/chaotic-good/scenarios/infra"
)

// Kubernetes is what moto holds of a cluster, and what its deployment is made
// from. moto has no Kubernetes behind it: its scheduler and both autoscalers,
// which the stage has installed, are the rules of this package.
type Kubernetes struct {
	Groups   []NodeGroup // by name
	Replicas int         // of the parameter
	Template string      // ARN of the task definition that a new pod is made from
	Security []string    // groups of every pod
}

// NodeGroup is a managed node group.
type NodeGroup struct {
	Name              string
	Type              string // of its instances
	Slots             int    // how many pods a node carries
	Min, Max, Desired int
}

// Node is one node that runs here. It has no instance in moto.
type Node struct {
	ID, Group string
	Ready     bool
}

// Pod is one pod of the shop. Without a node it is pending.
type Pod struct{ ID, Node string }

// What a pod asks for and what a node keeps to itself, in thousandths of a CPU.
// A node of two vCPUs (t3.small, medium, large) carries one pod, one of four
// (t3.xlarge) three, one of eight (t3.2xlarge) seven: memory is never short.
const (
	podRequest    = 1000
	systemRequest = 150 // the pods that run on every node
)

// slotsOf is how many pods a node with so many vCPUs carries. EKS reserves 6 %
// of the first for the node itself, 1 % of the second, half a percent of the
// next two and a quarter of each further one.
func slotsOf(vcpus int) int {
	free := float64(vcpus*1000 - systemRequest)
	for core := range vcpus {
		switch core {
		case 0:
			free -= 60
		case 1:
			free -= 10
		case 2, 3:
			free -= 5
		default:
			free -= 2.5
		}
	}
	return int(max(free, 0)) / podRequest
}

// wantedPods is how many pods the deployment wants: as many as the parameter
// says or as the pods' autoscaler asks for, within its bounds.
func wantedPods(k *Kubernetes, asked int) int {
	if k == nil || k.Template == "" {
		return 0
	}
	return min(max(k.Replicas, asked, infra.PodsAtLeast), infra.PodsAtMost)
}

// slots is how many pods a node of the group carries; 0: there is no such group.
func (k *Kubernetes) slots(group string) int {
	if k == nil {
		return 0
	}
	if i := slices.IndexFunc(k.Groups, func(g NodeGroup) bool { return g.Name == group }); i >= 0 {
		return k.Groups[i].Slots
	}
	return 0
}

// pendingWords is what the scheduler and the cluster autoscaler say of a pod
// that has no place.
func pendingWords(k *Kubernetes, nodes []Node) []string {
	ready, full := 0, 0
	for _, n := range nodes {
		if n.Ready {
			ready++
		}
	}
	for _, g := range k.Groups {
		if g.Desired >= g.Max {
			full++
		}
	}
	words := []string{fmt.Sprintf("0/%d nodes are available: %d Insufficient cpu.", ready, ready)}
	switch {
	case full == len(k.Groups):
		words = append(words, fmt.Sprintf("pod didn't trigger scale-up: %d max node group size reached", full))
	case ready < len(nodes):
		words = append(words, "a node is being started")
	}
	return words
}
