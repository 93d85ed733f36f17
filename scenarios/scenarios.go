// Package scenarios is the catalogue: what may break, how it is broken and
// rolled back, and which repairs count.
//
// A scenario is a folder with scenario.yaml and debrief.md, for what people
// read, and a fault kind in Go from the table in faults.go. The package knows
// AWS through its SDK, and a stack by the names and tags that infra gives it.
// It does not know rounds under way, Discord, or whether AWS itself answers.
package scenarios

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/monitoring"
)

// Files is every scenario's folder, and the steady state that all share.
//
//go:embed steady.yaml */scenario.yaml */debrief.md
var Files embed.FS

// Catalogue is every scenario, at one pace. It implements round.Catalogue.
type Catalogue struct {
	all      []round.Scenario
	programs map[string]map[[2]string]program // by scenario; then by variant and move
}

// Load reads and checks every scenario of files. Durations are the profile's:
// its name picks the column, its window goes into the probes. All faults of all
// files are in the error.
func Load(files fs.FS, profile monitoring.Profile) (*Catalogue, error) {
	paths, err := fs.Glob(files, "*/scenario.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the scenarios: %w", err)
	}
	common, err := steady(files)
	if err != nil {
		return nil, err
	}
	c := Catalogue{programs: map[string]map[[2]string]program{}}
	var faults []error
	for _, p := range paths {
		f, debrief, err := read(files, p, common)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if err := f.check(path.Dir(p)); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", p, err))
			continue
		}
		s, err := f.scenario(debrief, profile)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", p, err))
			continue
		}
		c.all, c.programs[s.ID] = append(c.all, s), f.programs()
	}
	if len(paths) == 0 {
		faults = append(faults, errors.New("there is no scenario"))
	}
	slices.SortFunc(c.all, func(a, b round.Scenario) int { return strings.Compare(a.ID, b.ID) })
	return &c, errors.Join(faults...)
}

// steady reads the steady state that all scenarios share. A folder of somebody's
// own scenarios may have none: then it is ours.
func steady(files fs.FS) (common []probe, err error) {
	if _, err := fs.Stat(files, steadyFile); errors.Is(err, fs.ErrNotExist) {
		files = Files
	}
	return common, decode(files, steadyFile, &common)
}

const steadyFile = "steady.yaml"

// All implements round.Catalogue.
func (c *Catalogue) All() []round.Scenario { return slices.Clone(c.all) }

// Get implements round.Catalogue.
func (c *Catalogue) Get(id string) (round.Scenario, bool) {
	for _, s := range c.all {
		if s.ID == id {
			return s, true
		}
	}
	return round.Scenario{}, false
}
