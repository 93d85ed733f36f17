package prom

import (
	"net"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/discovery/targetgroup"

	"github.com/chaotic-good/scenarios/monitoring"
)

// Target is one process whose /metrics is scraped.
type Target struct {
	Job      string            // one of monitoring.Jobs
	Address  string            // host:port
	Instance string            // what people see in place of the address; empty: the address
	Labels   map[string]string // more labels on all its series
}

// SetTargets replaces the targets. A new one is scraped within pickUp and one
// scrape interval; one that stays keeps its rhythm; the series of one that has
// gone end about two scrape intervals later. A target of an unknown job or
// without a port is logged and left out. The first target sets the rules
// going. After Close it does nothing.
func (s *Stack) SetTargets(targets []Target) {
	sets := map[string][]*targetgroup.Group{}
	for _, job := range monitoring.Jobs() {
		sets[job] = nil // an absent job would keep its old targets
	}
	known := 0
	for _, t := range targets {
		if !slices.Contains(monitoring.Jobs(), t.Job) {
			s.cfg.Log.Error("target left out: no such job", "job", t.Job, "instance", t.Instance)
			continue
		}
		if _, _, err := net.SplitHostPort(t.Address); err != nil {
			s.cfg.Log.Error("target left out: bad address", "job", t.Job, "instance", t.Instance, "error", err)
			continue
		}
		sets[t.Job] = append(sets[t.Job], s.group(t))
		known++
	}
	select {
	case s.prom.targets <- sets:
	case <-s.closed:
		return
	}
	if known > 0 {
		s.prom.judging.Do(s.prom.judge)
	}
}

func (s *Stack) group(t Target) *targetgroup.Group {
	l := model.LabelSet{}
	for name, value := range t.Labels {
		l[model.LabelName(name)] = model.LabelValue(value)
	}
	l[model.AddressLabel] = model.LabelValue(t.Address)
	l["round"] = model.LabelValue(s.cfg.Round)
	if t.Instance != "" {
		l[model.InstanceLabel] = model.LabelValue(t.Instance)
	}
	return &targetgroup.Group{Targets: []model.LabelSet{l}, Source: t.Job}
}
