// Package monitoring holds the alert rules, the alert routes and the graphs of
// the shop: one source for AWS and for rehearsal, which differ in durations
// only.
//
// It knows the shop's metrics, PromQL and the files that Prometheus and
// Alertmanager read. It does not know how those two are run, what a scenario
// breaks, who is paged, or any secret: the webhook's token is named by its
// file.
package monitoring

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// Profile is the set of durations in which AWS and rehearsal differ. All are
// whole milliseconds.
type Profile struct {
	Name string // shown to the operator only

	Scrape   time.Duration // between two scrapes of a target
	Evaluate time.Duration // between two evaluations of the rules
	Window   time.Duration // of every rate; at least two scrapes
	For      time.Duration // how long an expression must hold before its alert fires

	Wait time.Duration // how long a pod may wait before that is news: longer than a node takes to start

	GroupWait      time.Duration // before the first notification of a group
	GroupInterval  time.Duration // between two notifications of a group that changed
	RepeatInterval time.Duration // between two notifications of a group that did not
	WebhookTimeout time.Duration // of one delivery; a delivery that times out is tried again
}

// AWS is the profile of a stack on AWS.
func AWS() Profile {
	return Profile{
		Name:           "aws",
		Scrape:         15 * time.Second,
		Evaluate:       15 * time.Second,
		Window:         time.Minute,
		For:            30 * time.Second,
		Wait:           3 * time.Minute,
		GroupWait:      5 * time.Second,
		GroupInterval:  30 * time.Second,
		RepeatInterval: time.Hour,
		WebhookTimeout: 10 * time.Second,
	}
}

// Rehearsal is the profile of a world on one machine. A round takes minutes
// there, so everything is as short as one scrape a second allows.
func Rehearsal() Profile {
	return Profile{
		Name:           "rehearsal",
		Scrape:         time.Second,
		Evaluate:       time.Second,
		Window:         5 * time.Second,
		For:            2 * time.Second,
		Wait:           6 * time.Second,
		GroupWait:      0,
		GroupInterval:  time.Second,
		RepeatInterval: 5 * time.Minute,
		WebhookTimeout: 2 * time.Second,
	}
}

// Autoplay is Rehearsal's profile for a round without people, in which some
// scenarios have other times.
func Autoplay() Profile {
	p := Rehearsal()
	p.Name = "autoplay"
	return p
}

// PageBound says how long after a fault its page may take at most, for alerts
// that hold for p.For:
//
//	onset + scrape + window + evaluation + for, rounded up to evaluations + group wait
//
// onset is the time from the fault to the first bad request. For is rounded up
// because an alert can only start to fire at an evaluation. Delivery over the
// network is not part of the bound.
func (p Profile) PageBound(onset time.Duration) time.Duration {
	held := p.For
	if p.Evaluate > 0 {
		held = (p.For + p.Evaluate - 1) / p.Evaluate * p.Evaluate
	}
	return onset + p.Scrape + p.Window + p.Evaluate + held + p.GroupWait
}

// Expand writes the profile's durations into a PromQL template: $window
// becomes p.Window, $scrape becomes p.Scrape.
func Expand(expr string, p Profile) string {
	return strings.NewReplacer("$window", promDuration(p.Window), "$scrape", promDuration(p.Scrape)).Replace(expr)
}

// check refuses what Prometheus or Alertmanager would refuse later, or would
// accept and never page on.
func (p Profile) check() error {
	for _, d := range []struct {
		name  string
		value time.Duration
		least time.Duration
	}{
		{"scrape", p.Scrape, time.Millisecond},
		{"evaluate", p.Evaluate, time.Millisecond},
		{"window", p.Window, 2 * p.Scrape}, // a rate of fewer than two samples is no data
		{"for", p.For, 0},
		{"wait", p.Wait, 0},
		{"group wait", p.GroupWait, 0},
		{"group interval", p.GroupInterval, time.Millisecond},
		{"repeat interval", p.RepeatInterval, p.GroupInterval},
		{"webhook timeout", p.WebhookTimeout, time.Millisecond},
	} {
		if d.value < d.least {
			return fmt.Errorf("profile %q: %s is %s, want at least %s", p.Name, d.name, d.value, d.least)
		}
		if d.value%time.Millisecond != 0 {
			return fmt.Errorf("profile %q: %s is %s, want whole milliseconds", p.Name, d.name, d.value)
		}
	}
	return nil
}

// promDuration writes d as Prometheus reads it; time.Duration's own "1.5s" is
// refused there.
func promDuration(d time.Duration) string { return model.Duration(d).String() }
