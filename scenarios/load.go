package scenarios

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/monitoring"
)

// file is scenario.yaml. Every field but stages, cost, steady, variants and
// action items is required; what every variant gives for itself may be missing
// above them. Steady is what the scenario measures beside what all do.
type file struct {
	ID         string          `yaml:"id"`
	Title      string          `yaml:"title"`
	Difficulty string          `yaml:"difficulty"`
	Cost       float64         `yaml:"cost"`
	Briefing   string          `yaml:"briefing"`
	Does       string          `yaml:"does"`
	Hypothesis string          `yaml:"hypothesis"`
	Stages     []string        `yaml:"stages"`
	Expect     []string        `yaml:"expect"`
	Steady     []probe         `yaml:"steady"`
	Pace       map[string]pace `yaml:"pace"`
	Variants   []variant       `yaml:"variants"`
	Part       part            `yaml:",inline"`
}

// part is what differs between the variants of a scenario.
type part struct {
	Fault   fault    `yaml:"fault"`
	Hints   []string `yaml:"hints"`
	Was     string   `yaml:"was"`
	Fixes   []move   `yaml:"fixes"`
	Wrong   []move   `yaml:"wrong"`
	Actions []string `yaml:"actions"`
}

// variant is one way in which the scenario may come. What it does not say is
// the file's.
type variant struct {
	Name string `yaml:"name"`
	Says string `yaml:"says"`
	Part part   `yaml:",inline"`
}

// whole gives the variants with what the file says for all of them. A file
// without variants has one, without a name.
func (f file) whole() []variant {
	if len(f.Variants) == 0 {
		return []variant{{Part: f.Part}}
	}
	var all []variant
	for _, v := range f.Variants {
		own, shared := &v.Part, f.Part
		if own.Fault.Kind == "" {
			own.Fault = shared.Fault
		}
		if own.Was == "" {
			own.Was = shared.Was
		}
		own.Hints, own.Actions = either(own.Hints, shared.Hints), either(own.Actions, shared.Actions)
		own.Fixes, own.Wrong = either(own.Fixes, shared.Fixes), either(own.Wrong, shared.Wrong)
		all = append(all, v)
	}
	return all
}

func either[T any](own, shared []T) []T {
	if len(own) > 0 {
		return own
	}
	return shared
}

type fault struct {
	Kind   string            `yaml:"kind"`
	Params map[string]string `yaml:"params"`
	Also   []fault           `yaml:"also"`
}

func (f fault) fault() round.Fault {
	out := round.Fault{Kind: f.Kind, Params: f.Params}
	for _, also := range f.Also {
		out.Also = append(out.Also, also.fault())
	}
	return out
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

// move is something that a player may do. Its program is the one that fixes.go
// has for the scenario by the move's name, or another scenario's: "other/move".
type move struct {
	Name    string   `yaml:"name"`
	Says    string   `yaml:"says"`
	Calls   []string `yaml:"calls"`
	Program string   `yaml:"program"`
}

// program finds the move's program.
func (m move) program(scenario string) program {
	if other, name, ok := strings.Cut(m.Program, "/"); ok {
		return fixes[other][name]
	}
	return fixes[scenario][m.Name]
}

// programs lists every move's program, by variant and name.
func (f file) programs() map[[2]string]program {
	all := map[[2]string]program{}
	for _, v := range f.whole() {
		for _, m := range slices.Concat(v.Part.Fixes, v.Part.Wrong) {
			all[[2]string{v.Name, m.Name}] = m.program(f.ID)
		}
	}
	return all
}

// decode reads one YAML document strictly: an unknown or doubled field, an
// empty file and a second document are errors that name the file and the line.
func decode(files fs.FS, p string, into any) error {
	r, err := files.Open(p)
	if err != nil {
		return fmt.Errorf("read %s: %w", p, err)
	}
	defer func() { _ = r.Close() }() // it was only read
	dec := yaml.NewDecoder(r, yaml.Strict())
	if err := dec.Decode(into); err != nil {
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%s: it is empty", p)
		}
		return fmt.Errorf("%s: %w", p, err)
	}
	if err := dec.Decode(new(any)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: want exactly one document", p)
	}
	return nil
}

// read decodes one scenario, and its debrief. Common is the steady state that all
// share.
func read(files fs.FS, p string, common []probe) (f file, debrief string, err error) {
	if err := decode(files, p, &f); err != nil {
		return f, "", err
	}
	raw, err := fs.ReadFile(files, path.Join(path.Dir(p), "debrief.md"))
	if err != nil {
		return f, "", fmt.Errorf("%s: its debrief is missing: %w", p, err)
	}
	f.Steady = slices.Concat(common, f.Steady)
	return f, strings.TrimSpace(string(raw)), nil
}

// The paces that a scenario has. Autoplay's is the rehearsal's where the file
// has none.
const (
	paceAWS       = "aws"
	paceRehearsal = "rehearsal"
	paceAutoplay  = "autoplay"
)

// scenario picks the profile's durations.
func (f file) scenario(debrief string, profile monitoring.Profile) (round.Scenario, error) {
	at, ok := f.Pace[profile.Name]
	if !ok && profile.Name == paceAutoplay {
		at, ok = f.Pace[paceRehearsal]
	}
	if !ok {
		return round.Scenario{}, fmt.Errorf("%s: it has no pace %q", f.ID, profile.Name)
	}
	s := round.Scenario{
		ID: f.ID, Title: f.Title, Difficulty: f.Difficulty, Cost: f.Cost, Stages: f.Stages,
		Briefing: f.Briefing, Does: f.Does, Hypothesis: f.Hypothesis,
		Expect: f.Expect, Onset: at.Onset, Hold: at.Hold, Limit: at.Limit,
	}
	for i, v := range f.whole() {
		p := v.Part
		one := round.Variant{
			Name: v.Name, Says: v.Says, Hints: p.Hints,
			Fault:   p.Fault.fault(),
			Debrief: round.Debrief{Was: p.Was, Why: debrief, Fixes: moves(p.Fixes), Wrong: moves(p.Wrong), Action: p.Actions},
		}
		if i == 0 { // also what a scenario is before its variant is chosen
			s.Fault, s.Hints, s.Debrief = one.Fault, one.Hints, one.Debrief
		}
		if one.Name != "" {
			s.Variants = append(s.Variants, one)
		}
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
