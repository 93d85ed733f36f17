// Package cost says what a stack costs by the hour, before it is made.
//
// It knows the on-demand prices of us-east-1, as they stand in the tables with
// their sources, and which parts of a stack cost by the hour. It does not know
// discounts, taxes, the handful of secrets that the bot keeps outside of the stack,
// or what is paid by use: requests, traffic, log lines. Those are small at a
// round's load. Whatever it has no price for is an error, never free of charge.
package cost

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/chaotic-good/scenarios/infra/resources"
)

// Estimate is what a stack costs.
type Estimate struct {
	PerHour float64 // USD
	Items   []Item  // the dearest first
}

// Item is what several equal parts of a stack cost together.
type Item struct {
	What      string // for people: "Fargate task of 0.25 vCPU and 0.5 GB"
	Count     int
	PerHour   float64  // USD, of all of them
	Resources []string // the addresses that they come from
}

// String says it to people: "2 x Fargate task of 0.25 vCPU and 0.5 GB".
func (i Item) String() string { return fmt.Sprintf("%d x %s", i.Count, i.What) }

// For is what the stack costs, in USD, when it stands for a time. AWS bills by
// the second, some parts with a minimum of minutes, which this leaves out.
func (e Estimate) For(d time.Duration) float64 { return e.PerHour * d.Hours() }

// UnpricedError names what has no price here.
type UnpricedError struct {
	Resources []string // their addresses
	Why       []string // of each, a sentence's end
}

func (e *UnpricedError) Error() string {
	var all []string
	for i, r := range e.Resources {
		all = append(all, r+" "+e.Why[i])
	}
	return "add up what the stack costs: " + strings.Join(all, "; ")
}

// line is what one resource adds to an item.
type line struct {
	what  string
	count int
	each  float64
}

// Of adds up what the stack of a plan will cost. Its error, an *UnpricedError,
// names every resource of which that is not known.
func Of(plan *tfjson.Plan) (Estimate, error) {
	s := stack{resources.OfPlan(plan).Resources}
	items := map[string]*Item{}
	var e Estimate
	var wrong UnpricedError
	for _, r := range s.all {
		if r.Data {
			continue
		}
		lines, err := s.price(r)
		if err != nil {
			wrong.Resources, wrong.Why = append(wrong.Resources, r.Address), append(wrong.Why, err.Error())
			continue
		}
		for _, l := range lines {
			if l.count == 0 {
				continue
			}
			i := items[l.what]
			if i == nil {
				i = &Item{What: l.what}
				items[l.what] = i
			}
			i.Count += l.count
			i.PerHour += float64(l.count) * l.each
			i.Resources = append(i.Resources, r.Address)
			e.PerHour += float64(l.count) * l.each
		}
	}
	if len(wrong.Resources) > 0 {
		return Estimate{}, &wrong
	}
	for _, what := range slices.Sorted(maps.Keys(items)) {
		e.Items = append(e.Items, *items[what])
	}
	slices.SortStableFunc(e.Items, func(a, b Item) int {
		switch {
		case a.PerHour > b.PerHour:
			return -1
		case a.PerHour < b.PerHour:
			return 1
		}
		return 0
	})
	return e, nil
}

// stack finds one resource from another.
type stack struct{ all []resources.Resource }

// price is nothing for what is free.
func (s stack) price(r resources.Resource) ([]line, error) {
	if by, ok := pricers()[r.Type]; ok {
		return by(s, r)
	}
	if each, ok := flat()[r.Type]; ok {
		return []line{each}, nil
	}
	if free()[r.Type] {
		return nil, nil
	}
	return nil, errors.New("is of a type without a price here")
}

// mentioned are the resources of a type that r's configuration names.
func (s stack) mentioned(r resources.Resource, kind string) (some []resources.Resource) {
	for _, other := range s.all {
		if other.Type == kind && !other.Data && slices.Contains(r.References, other.Block) {
			some = append(some, other)
		}
	}
	return some
}
