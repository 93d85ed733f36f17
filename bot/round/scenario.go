package round

import "time"

// Scenario is what is written down about a break, with its durations already
// chosen for the pace that the bot runs at.
type Scenario struct {
	ID         string
	Title      string  // how the post-mortem's headline names it; never shown before the end
	Difficulty string  // easy, medium or hard
	Cost       float64 // USD an hour that it adds on AWS while it runs, on top of the stack
	Briefing   string  // for whoever is paged: what customers see, in the words of an on-call page
	Does       string  // for the admin, before injecting: what breaks
	Hypothesis string  // what the exercise expects of shop, alerts and people
	Stages     []string
	Fault      Fault
	Expect     []string // names of alerts; the first of any of them is the page
	Steady     []Probe
	Hints      []string
	Onset      time.Duration // injected -> first bad sample, at most
	Hold       time.Duration // how long the steady state must hold to prove recovery
	Limit      time.Duration // of the incident, from the injection
	Debrief    Debrief
	Variants   []Variant // the ways in which it may come; none: there is only one
	Variant    string    // which of them this is; empty: none was chosen yet
}

// Variant is one way in which a scenario may come: another fault behind the same
// alerts, with hints, fixes and a debrief of its own.
type Variant struct {
	Name    string
	Says    string // for the admin: what this one does
	Fault   Fault
	Hints   []string
	Debrief Debrief
}

// As gives the scenario in one of its variants, or false when it has no such
// one. A scenario without variants is its own only one, by the empty name.
func (s Scenario) As(variant string) (Scenario, bool) {
	if len(s.Variants) == 0 {
		return s, variant == ""
	}
	for _, v := range s.Variants {
		if v.Name == variant {
			s.Fault, s.Hints, s.Debrief, s.Variant = v.Fault, v.Hints, v.Debrief, v.Name
			return s, true
		}
	}
	return s, false
}

// Fault names a kind from the fault table, and its parameters. Also is what
// breaks with it: injected after it, and rolled back before it.
type Fault struct {
	Kind   string            `json:"kind"`
	Params map[string]string `json:"params,omitempty"`
	Also   []Fault           `json:"also,omitempty"`
}

// Debrief is what may be read once an incident has ended.
type Debrief struct {
	Was    string   `json:"was"`              // completes "It was: ..."
	Why    string   `json:"why,omitempty"`    // Markdown: why it happens, with links
	Fixes  []Move   `json:"fixes,omitempty"`  // what counts
	Wrong  []Move   `json:"wrong,omitempty"`  // what does not
	Action []string `json:"action,omitempty"` // action items
}

// Move is something that a player may do, recognised by the AWS calls it makes.
type Move struct {
	Name  string   `json:"name"`
	Says  string   `json:"says"`
	Calls []string `json:"calls,omitempty"` // as Call.Is takes them: service:Action, or service:Action(what it asks for)
}

// Probe is one measurement of the steady state. Query is asked of the stack's
// Prometheus and must give exactly one value; no value is unknown, never good.
type Probe struct {
	Name  string
	Query string
	Above *float64 // good when the value is at least this
	Below *float64 // good when the value is under this
	Unit  string   // "ratio" and "s" change how people read it
	Say   string   // what is wrong when it is bad: "every order fails"
}

// Health is what a probe says.
type Health string

// The three answers. Unknown is never good.
const (
	Good    Health = "good"
	Bad     Health = "bad"
	Unknown Health = "unknown"
)

// Reading is one probe's answer.
type Reading struct {
	Probe  string
	Health Health
	Value  float64
	Say    string // a sentence's half for people: "checkout p95 is 1.2 s (needs under 0.4 s)"
}

// Alert is one alert as Alertmanager tells it.
type Alert struct {
	Fingerprint string    `json:"fingerprint"`
	Group       string    `json:"group"` // Alertmanager's group key
	Name        string    `json:"name"`
	Severity    string    `json:"severity"`
	Summary     string    `json:"summary"`
	Description string    `json:"description,omitempty"`
	Runbook     string    `json:"runbook,omitempty"`
	StartsAt    time.Time `json:"starts_at"`
	EndsAt      time.Time `json:"ends_at,omitzero"`
	Firing      bool      `json:"firing"`
}
