package round

import (
	"fmt"
	"time"
)

// Cost is what a stack costs, as far as whoever makes it can tell.
type Cost struct {
	Known   bool       `json:"known,omitempty"`
	PerHour float64    `json:"per_hour,omitempty"` // USD
	Says    string     `json:"says,omitempty"`     // a word to it: what it leaves out, or why it is not known
	Items   []CostItem `json:"items,omitempty"`
}

// CostItem is one kind of thing that costs money.
type CostItem struct {
	What    string  `json:"what"`
	Count   int     `json:"count"`
	PerHour float64 `json:"per_hour"` // USD, of all of them
}

// Of gives what so long costs, in USD.
func (c Cost) Of(d time.Duration) float64 { return c.PerHour * d.Hours() }

// Now gives the cost as an act that is under way tells it.
func (c Cost) Now(p Progress) Cost {
	if p.PerHour == 0 || c.Known && c.PerHour == p.PerHour {
		return c
	}
	return Cost{Known: true, PerHour: p.PerHour}
}

// check holds the cost to a ceiling, in USD per hour; 0: none.
func (c Cost) check(ceiling float64) []Check {
	switch {
	case !c.Known && ceiling > 0:
		return []Check{{"cost", CheckWarns, fmt.Sprintf("What this costs is not known, so the ceiling of %s an hour is not kept by it.", USD(ceiling))}}
	case !c.Known:
		return []Check{{"cost", CheckWarns, "What this costs is not known."}}
	case ceiling > 0 && c.PerHour > ceiling:
		return []Check{{"cost", CheckFails, fmt.Sprintf("%s an hour is more than the ceiling of %s. A smaller stage costs less, or the operator raises `cost.per_hour`.", USD(c.PerHour), USD(ceiling))}}
	}
	return nil
}

// USD writes an amount as people do, small ones with a third digit.
func USD(amount float64) string {
	if amount > 0 && amount < 0.1 {
		return fmt.Sprintf("$%.3f", amount)
	}
	return fmt.Sprintf("$%.2f", amount)
}
