package reconcile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// status is what Kubernetes would tell of the deployment. The shop shows it at
// /status until there is a Kubernetes to be asked.
type status struct {
	Nodes   []statusNodes `json:"nodes"`
	Pods    statusPods    `json:"pods"`
	Pending []statusPod   `json:"pending,omitempty"`
}

type statusNodes struct {
	Group   string `json:"group"`
	Type    string `json:"type"`
	Nodes   int    `json:"nodes"`
	Ready   int    `json:"ready"`
	PodsOne int    `json:"pods_per_node"`
}

type statusPods struct {
	Wanted  int `json:"wanted"`
	Running int `json:"running"`
	Pending int `json:"pending"`
}

type statusPod struct {
	Pod    string   `json:"pod"`
	Events []string `json:"events"`
}

func statusOf(seen Seen, here Local) status {
	k := seen.Kubernetes
	st := status{Pods: statusPods{Wanted: wantedPods(k, here.Asked)}}
	for _, g := range k.Groups {
		row := statusNodes{Group: g.Name, Type: g.Type, PodsOne: g.Slots}
		for _, n := range here.Nodes {
			if n.Group == g.Name {
				row.Nodes++
				if n.Ready {
					row.Ready++
				}
			}
		}
		st.Nodes = append(st.Nodes, row)
	}
	for _, p := range here.Pods {
		if p.Node != "" {
			st.Pods.Running++
			continue
		}
		st.Pods.Pending++
		st.Pending = append(st.Pending, statusPod{"api-" + p.ID, pendingWords(k, here.Nodes)})
	}
	return st
}

// statusFile is where each pod finds the status.
func (s *site) statusFile() string { return filepath.Join(s.dir, "cluster.json") }

// tellPods writes the status when it changed.
func (s *site) tellPods(ctx context.Context, seen Seen) {
	if seen.Kubernetes == nil {
		return
	}
	now := statusOf(seen, s.local())
	if s.r.cfg.Say != nil {
		for _, line := range events(s.tier.said, now) {
			s.r.cfg.Say("kubernetes", line)
		}
		s.tier.said = now
	}
	text, err := json.Marshal(now)
	if err == nil && bytes.Equal(text, s.tier.status) {
		return
	}
	if err == nil {
		err = writeWhole(s.statusFile(), text)
	}
	if err != nil {
		s.complain(ctx, "write what the nodes carry", err)
		return
	}
	s.tier.status = text
}

// writeWhole replaces a file at once: nobody reads a half.
func writeWhole(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	draft := path + ".new"
	if err := os.WriteFile(draft, text, 0o644); err != nil {
		return fmt.Errorf("write the draft: %w", err)
	}
	if err := os.Rename(draft, path); err != nil {
		return fmt.Errorf("put it in place: %w", err)
	}
	return nil
}

// traffic is the orders a second that arrive at the shop.
func (s *site) traffic() float64 {
	s.mu.Lock()
	b := s.balancers[frontShop]
	s.mu.Unlock()
	if b == nil {
		return 0
	}
	return b.Rate(askWindow).Writes
}

// tend lets the autoscaler of the pods look, before the rules speak.
func (s *site) tend(seen Seen) []Task {
	orders := s.traffic()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tier.measure(seen.Kubernetes, orders, time.Now())
	s.tier.served = s.tier.served || orders > 0
	return s.tier.tasks()
}
