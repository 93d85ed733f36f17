package monitoring

import (
	"testing"
	"time"
)

func TestPageBoundIsTheDesignsSum(t *testing.T) {
	odd := Rehearsal()
	odd.Evaluate, odd.For = 2*time.Second, 3*time.Second
	for _, c := range []struct {
		name    string
		profile Profile
		onset   time.Duration
		want    time.Duration
	}{
		{"rehearsal", Rehearsal(), 3 * time.Second, 12 * time.Second},                                            // 3 + 1 + 5 + 1 + 2 + 0
		{"aws", AWS(), 22 * time.Second, 147 * time.Second},                                                      // 22 + 15 + 60 + 15 + 30 + 5
		{"for is rounded up to evaluations", odd, 0, (1 + 5 + 2 + 4 + 0) * time.Second},                          // 3 s of for need two evaluations of 2 s
		{"no for", func() Profile { p := Rehearsal(); p.For = 0; return p }(), 0, (1 + 5 + 1 + 0) * time.Second}, // nothing to round
	} {
		if got := c.profile.PageBound(c.onset); got != c.want {
			t.Errorf("%s: page bound %s, want %s", c.name, got, c.want)
		}
	}
}

func TestExpandWritesPrometheusDurations(t *testing.T) {
	p := Rehearsal()
	p.Scrape, p.Window = 500*time.Millisecond, 90*time.Second
	got := Expand("rate(x[$window]) + rate(y[$scrape]) + z", p)
	if want := "rate(x[1m30s]) + rate(y[500ms]) + z"; got != want {
		t.Errorf("Expand = %q, want %q", got, want)
	}
}

func TestProfilesThatCannotWorkAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Profile){
		"no scrape":                  func(p *Profile) { p.Scrape = 0 },
		"no evaluation":              func(p *Profile) { p.Evaluate = 0 },
		"one scrape in a window":     func(p *Profile) { p.Window = p.Scrape },
		"negative for":               func(p *Profile) { p.For = -time.Second },
		"no group interval":          func(p *Profile) { p.GroupInterval = 0 },
		"repeat faster than a group": func(p *Profile) { p.RepeatInterval = p.GroupInterval / 2 },
		"no webhook timeout":         func(p *Profile) { p.WebhookTimeout = 0 },
		"microseconds":               func(p *Profile) { p.Scrape += time.Microsecond },
	} {
		p := Rehearsal()
		spoil(&p)
		if _, err := Rules(p, facts); err == nil {
			t.Errorf("%s: rules rendered", name)
		}
	}
}
