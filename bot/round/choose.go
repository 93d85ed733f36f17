package round

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// draft is a scenario, in the variant that was chosen, with what its fault would
// do to the stack as it is.
type draft struct {
	scenario Scenario
	plan     Plan
}

// choices lists what was asked for: the ways in which the scenario of that id may
// come, or, for a surprise, those of each scenario that fits the stage.
func (e *Engine) choices(id, variant, stage string) (all [][]Scenario, surprise bool, err error) {
	if id == "surprise" {
		if variant != "" {
			return nil, true, Refuse("variant", "A surprise has no `variant`: it is drawn too.")
		}
		for _, s := range e.cfg.Catalogue.All() {
			if s.fits(stage) {
				all = append(all, s.ways())
			}
		}
		if len(all) == 0 {
			return nil, true, Refuse("no-scenario", "No scenario fits the stage %s.", stage)
		}
		return all, true, nil
	}
	s, ok := e.cfg.Catalogue.Get(id)
	if !ok {
		return nil, false, Refuse("unknown-scenario", "There is no scenario `%s`. There are %s.", clean(id), e.scenarioNames())
	}
	if !s.fits(stage) {
		return nil, false, Refuse("stage", "`%s` needs another stage than %s: `/destroy`, then `/provision stage:%s`.", id, stage, s.Stages[0])
	}
	if variant == "" {
		return [][]Scenario{s.ways()}, false, nil
	}
	if varied, ok := s.As(variant); ok {
		return [][]Scenario{{varied}}, false, nil
	}
	return nil, false, noVariant(s, variant)
}

func noVariant(s Scenario, variant string) error {
	if len(s.Variants) == 0 {
		return Refuse("variant", "`%s` has no variants.", s.ID)
	}
	var names []string
	for _, v := range s.Variants {
		names = append(names, "`"+v.Name+"`")
	}
	return Refuse("variant", "`%s` has no variant `%s`. It has %s.", s.ID, clean(variant), strings.Join(names, ", "))
}

// draw takes the scenarios in an order that is drawn, and each one's variants
// too, until one fits the stack as it is. None fits: that is the refusal of the
// first, or, for a surprise, one that tells nothing of what was drawn.
func (e *Engine) draw(ctx context.Context, t Target, choices [][]Scenario, surprise bool) (draft, error) {
	var no error
	for ways := range drawn(e, choices) {
		for s := range drawn(e, ways) {
			plan, err := e.cfg.Faults.Plan(ctx, t, s.Fault)
			switch {
			case err == nil:
				return draft{s, plan}, nil
			case !refused(err):
				return draft{}, fmt.Errorf("plan %s: %w", s.ID, err)
			case no == nil:
				no = fmt.Errorf("plan %s: %w", s.ID, err)
			}
		}
	}
	if surprise {
		no = Refuse("no-target", "No scenario fits the stack as it is. Nothing was injected.")
	}
	return draft{}, no
}

// drawn gives all of a list, in an order that is drawn as far as it is read.
func drawn[T any](e *Engine, all []T) func(func(T) bool) {
	return func(yield func(T) bool) {
		for left := slices.Clone(all); len(left) > 0; {
			i := 0
			if len(left) > 1 {
				i = e.cfg.Pick(len(left))
			}
			if !yield(left[i]) {
				return
			}
			left = slices.Delete(left, i, i+1)
		}
	}
}

// ways gives the scenario in each of its variants; one without any is its own
// only way.
func (s Scenario) ways() (all []Scenario) {
	if len(s.Variants) == 0 {
		return []Scenario{s}
	}
	for _, v := range s.Variants {
		varied, _ := s.As(v.Name)
		all = append(all, varied)
	}
	return all
}
