package infra

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// step is one concern of a stack: how it is made, and how everything that it
// may have left, or that a player put beside it, is found and removed.
type step struct {
	name  string
	stage string   // the only one that has it; empty: every stage
	needs []string // steps that are made before this one and removed after it
	parts int      // how many things make makes, for the progress
	make  func(ctx context.Context, s *stack) error
	kinds []kind // in the order of their removal
}

// kind is one kind of thing. find looks in AWS and nowhere else; drop of a
// thing that is gone is no error.
type kind struct {
	what string // in the plural
	find func(ctx context.Context, s *stack) ([]string, error)
	drop func(ctx context.Context, s *stack, id string) error
}

// steps is the whole stack. An order that is not forced is left open: what does
// not need each other is made at the same time.
func steps() []step {
	return []step{
		networkStep(),
		groupsStep(),
		roleStep(),
		secretsStep(),
		auditStep(),
		databaseStep(),
		balancerStep(),
		parametersStep(),
		tasksStep(),
		scalingStep(),
		nodesStep(),
		hostsStep(),
		boxTargetStep(),
		answersStep(),
		visitorsStep(),
		peopleStep(),

		// Terraform makes these, and here they are only removed.
		bucketsStep(),
		firewallStep(),
		siteStep(),
		signInStep(),
		repositoryStep(),
		zonesStep(),
		logsStep(),
		endpointsStep(),
		recordStep(),
		moneyStep(),
	}
}

// makeAll makes every step as soon as all that it needs is there.
func makeAll(ctx context.Context, s *stack, all []step, made func(step)) error {
	return walk(ctx, all, func(st step) []string { return st.needs }, func(ctx context.Context, st step) error {
		if st.make == nil {
			return nil
		}
		if err := st.make(ctx, s); err != nil {
			return fmt.Errorf("make the stack's %s: %w", st.name, err)
		}
		made(st)
		return nil
	})
}

// survey is what was found of a stack, by kind.
type survey map[string][]string

func (v survey) count() (n int) {
	for _, ids := range v {
		n += len(ids)
	}
	return n
}

// say lists the kinds that were found, with their numbers and without ids.
func (v survey) say() (what []string) {
	for name, ids := range v {
		if len(ids) > 0 {
			what = append(what, fmt.Sprintf("%s: %d", name, len(ids)))
		}
	}
	slices.Sort(what)
	return what
}

// look finds everything of a round. The network comes first: what stands in it
// belongs to the round even when nothing else says so. What it cannot look for is
// an error that names it, beside all that it found.
func look(ctx context.Context, s *stack, all []step) (survey, error) {
	if err := s.findNetworks(ctx); err != nil {
		return nil, err
	}
	var (
		mu    sync.Mutex
		found = survey{}
		blind []error
		g     errgroup.Group
	)
	g.SetLimit(8)
	for _, st := range all {
		for _, k := range st.kinds {
			g.Go(func() error {
				ids, err := k.find(ctx, s)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					blind = append(blind, fmt.Errorf("look for %s: %w", k.what, err))
					return nil
				}
				found[k.what] = ids
				return nil
			})
		}
	}
	_ = g.Wait() // none of them fails
	return found, errors.Join(blind...)
}

// dropAll removes what was found, every step after all that need it. It goes on
// after an error: the next look tells what is still there. Only the end of ctx
// stops it.
func dropAll(ctx context.Context, s *stack, all []step, found survey, dropped func(what, id string, err error)) error {
	neededBy := func(st step) (names []string) {
		for _, other := range all {
			if slices.Contains(other.needs, st.name) {
				names = append(names, other.name)
			}
		}
		return names
	}
	return walk(ctx, all, neededBy, func(ctx context.Context, st step) error {
		for _, k := range st.kinds {
			_ = each(ctx, found[k.what], func(ctx context.Context, id string) error {
				dropped(k.what, id, ignoreGone(k.drop(ctx, s, id)))
				return nil
			})
		}
		return ctx.Err()
	})
}

// walk runs act for every step, each after those that before names.
func walk(ctx context.Context, all []step, before func(step) []string, act func(context.Context, step) error) error {
	done := make(map[string]chan struct{}, len(all))
	for _, st := range all {
		done[st.name] = make(chan struct{})
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, st := range all {
		g.Go(func() error {
			for _, name := range before(st) {
				select {
				case <-done[name]:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			if err := act(ctx, st); err != nil {
				return err
			}
			close(done[st.name])
			return nil
		})
	}
	return g.Wait()
}

// each runs act for all items, a few at a time, and returns the first error.
func each[T any](ctx context.Context, items []T, act func(context.Context, T) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(6)
	for _, item := range items {
		g.Go(func() error { return act(ctx, item) })
	}
	return g.Wait()
}

// union returns the ids of all lists, each once.
func union(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}
