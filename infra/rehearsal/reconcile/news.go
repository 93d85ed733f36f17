package reconcile

import (
	"maps"
	"sync"
)

// The services of AWS that a part of a stack is read from, by IAM's prefix.
// Writes to others, a queue's for example, have no consequence here.
const (
	fromEC2     = "ec2"
	fromECS     = "ecs"
	fromEKS     = "eks"
	fromRDS     = "rds"
	fromELB     = "elasticloadbalancing"
	fromSecrets = "secretsmanager"
	fromSSM     = "ssm"
	fromScaling = "application-autoscaling"
)

// news is what may have changed in moto since the last look: every write passes
// the gateway, which says where. So a pass reads what was written, not all.
type news struct {
	mu    sync.Mutex
	about map[string]bool
	nodes bool // a Kubernetes cluster was written to once: before, to ask for one would only cost
}

// all is news from everywhere.
func all() map[string]bool {
	return map[string]bool{fromEC2: true, fromECS: true, fromEKS: true, fromRDS: true, fromELB: true, fromSecrets: true, fromScaling: true}
}

// add notes news, and reports whether they have consequences here.
func (n *news) add(services ...string) (matters bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.about == nil {
		n.about = map[string]bool{}
	}
	known := all()
	for _, s := range services {
		n.nodes = n.nodes || s == fromEKS
		if s == fromSSM && n.nodes {
			s = fromEKS // a parameter says how many pods are wanted
		}
		if known[s] {
			n.about[s], matters = true, true
		}
	}
	return matters
}

// addAll asks for a look at everything.
func (n *news) addAll() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.about = n.everything()
}

// whole is a look at everything.
func (n *news) whole() map[string]bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.everything()
}

func (n *news) everything() map[string]bool {
	every := all()
	if !n.nodes {
		delete(every, fromEKS)
	}
	return every
}

// take gives the news away. Call it before reading: what is written while one
// reads is news for the next pass.
func (n *news) take() map[string]bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	taken := maps.Clone(n.about)
	n.about = nil
	return taken
}
