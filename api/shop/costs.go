package shop

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// Costs is what the shop's statements take of a database's CPU.
type Costs struct {
	Search     time.Duration // without suggestions
	Suggestion time.Duration // one candidate more
	Order      time.Duration
	Day        time.Duration // of the report
}

// Measure makes the shop's tables in an empty database, which is of no use
// afterwards, and runs the shop's statements there. spent is the CPU time that
// the connection's backend has used. The least of several runs counts: what
// runs beside us makes a run dearer and never cheaper.
func Measure(ctx context.Context, conn *pgx.Conn, spent func() (time.Duration, error)) (c Costs, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, schemaSQL); err != nil {
			return fmt.Errorf("make schema: %w", err)
		}
		return seed(ctx, tx)
	})
	if err != nil {
		return c, fmt.Errorf("prepare the measurement: %w", err)
	}
	least := func(statement string, args ...any) time.Duration {
		best := time.Duration(math.MaxInt64)
		for n := 0; n < measureRuns && err == nil; n++ {
			var from, to time.Duration
			if from, err = spent(); err != nil {
				break
			}
			if _, err = conn.Exec(ctx, statement, args...); err != nil {
				break
			}
			to, err = spent()
			best = min(best, to-from)
		}
		return best
	}
	c.Search = least(searchSQL, pattern("lantern"), pageSize, pageSize)
	few, many := least(suggestSQL, "lantern", measureFew, catalogueSize), least(suggestSQL, "lantern", measureMany, catalogueSize)
	c.Suggestion = (many - few) / (measureMany - measureFew)
	c.Search += few - measureFew*c.Suggestion // what suggestions cost before the first
	c.Day = least(daySQL, 7)
	for _, statement := range []string{
		"UPDATE products SET stock = stock - 1 WHERE id = 7", "UPDATE customers SET wallet_cents = wallet_cents - 1 WHERE id = 7",
		"INSERT INTO orders (customer, product, quantity, total_cents) VALUES (7, 7, 1, 1)",
	} {
		c.Order += least(statement)
	}
	if err != nil {
		return c, fmt.Errorf("measure the shop's statements: %w", err)
	}
	return c, nil
}

const (
	measureRuns = 15
	measureFew  = 500
	measureMany = 4500
)

// Use is the share of one CPU that so many arrivals a second take of a
// database, in the visitors' usual mix and with so many suggestions a search.
func (c Costs) Use(arrivals float64, suggestions int) float64 {
	count := map[string]float64{}
	for _, route := range visitorRoutes {
		count[route] += arrivals / float64(len(visitorRoutes))
	}
	search := c.Search + time.Duration(suggestions)*c.Suggestion
	return count[routeProducts]*search.Seconds() + count[routeOrder]*c.Order.Seconds()
}

// Suggestions is with how many of them the use comes to share.
func (c Costs) Suggestions(arrivals, share float64) int {
	const most = 65535
	each := c.Use(arrivals, 1) - c.Use(arrivals, 0)
	if each <= 0 {
		return 0
	}
	return int(max(0, min(most, (share-c.Use(arrivals, 0))/each)))
}

// Pause is with which one so many of the report's connections want that many
// CPUs in all.
func (c Costs) Pause(parallel int, cpus float64) time.Duration {
	return max(0, time.Duration(float64(parallel)/cpus*float64(c.Day))-c.Day).Round(time.Millisecond)
}
