package scenarios

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/monitoring"
)

// file is scenario.yaml. Every field but stages and action items is required.
type file struct {
	ID         string          `yaml:"id"`
	Title      string          `yaml:"title"`
	Briefing   string          `yaml:"briefing"`
	Hypothesis string          `yaml:"hypothesis"`
	Stages     []string        `yaml:"stages"`
	Fault      fault           `yaml:"fault"`
	Expect     []string        `yaml:"expect"`
	Steady     []probe         `yaml:"steady"`
	Pace       map[string]pace `yaml:"pace"`
	Hints      []string        `yaml:"hints"`
	Was        string          `yaml:"was"`
	Fixes      []move          `yaml:"fixes"`
	Wrong      []move          `yaml:"wrong"`
	Actions    []string        `yaml:"actions"`
}

type fault struct {
	Kind   string            `yaml:"kind"`
	Params map[string]string `yaml:"params"`
}

type probe struct {
	Name  string   `yaml:"name"`
	Query string   `yaml:"query"`
	Above *float64 `yaml:"above"`
	Below *float64 `yaml:"below"`
	Unit  string   `yaml:"unit"`
	Say   string   `yaml:"say"`
}

type pace struct {
	Onset time.Duration `yaml:"onset"`
	Hold  time.Duration `yaml:"hold"`
	Limit time.Duration `yaml:"limit"`
}

type move struct {
	Name  string   `yaml:"name"`
	Says  string   `yaml:"says"`
	Calls []string `yaml:"calls"`
}

// read decodes one scenario strictly: an unknown or doubled field, an empty
// file and a second document are errors that name the file and the line.
func read(files fs.FS, p string, profile monitoring.Profile) (round.Scenario, error) {
	r, err := files.Open(p)
	if err != nil {
		return round.Scenario{}, fmt.Errorf("read %s: %w", p, err)
	}
	defer func() { _ = r.Close() }() // it was only read
	var f file
	dec := yaml.NewDecoder(r, yaml.Strict())
	if err := dec.Decode(&f); err != nil {
		if errors.Is(err, io.EOF) {
			return round.Scenario{}, fmt.Errorf("%s: it is empty", p)
		}
		return round.Scenario{}, fmt.Errorf("%s: %w", p, err)
	}
	if err := dec.Decode(new(any)); !errors.Is(err, io.EOF) {
		return round.Scenario{}, fmt.Errorf("%s: want exactly one document", p)
	}
	debrief, err := fs.ReadFile(files, path.Join(path.Dir(p), "debrief.md"))
	if err != nil {
		return round.Scenario{}, fmt.Errorf("%s: its debrief is missing: %w", p, err)
	}
	if err := f.check(); err != nil {
		return round.Scenario{}, fmt.Errorf("%s: %w", p, err)
	}
	return f.scenario(strings.TrimSpace(string(debrief)), profile)
}

// scenario picks the profile's durations.
func (f file) scenario(debrief string, profile monitoring.Profile) (round.Scenario, error) {
	at, ok := f.Pace[profile.Name]
	if !ok {
		return round.Scenario{}, fmt.Errorf("%s: it has no pace %q", f.ID, profile.Name)
	}
	s := round.Scenario{
		ID: f.ID, Title: f.Title, Briefing: f.Briefing, Hypothesis: f.Hypothesis, Stages: f.Stages,
		Fault: round.Fault{Kind: f.Fault.Kind, Params: f.Fault.Params}, Expect: f.Expect, Hints: f.Hints,
		Onset: at.Onset, Hold: at.Hold, Limit: at.Limit,
		Debrief: round.Debrief{Was: f.Was, Why: debrief, Fixes: moves(f.Fixes), Wrong: moves(f.Wrong), Action: f.Actions},
	}
	for _, p := range f.Steady {
		s.Steady = append(s.Steady, round.Probe{
			Name: p.Name, Query: monitoring.Expand(p.Query, profile), Above: p.Above, Below: p.Below, Unit: p.Unit, Say: p.Say,
		})
	}
	return s, nil
}

func moves(in []move) (out []round.Move) {
	for _, m := range in {
		out = append(out, round.Move{Name: m.Name, Says: m.Says, Calls: m.Calls})
	}
	return out
}
