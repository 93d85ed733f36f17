package shop

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// daySQL ranks the whole catalogue for one day: a scan and a sort, which fits
// into memory.
const daySQL = `SELECT count(*) FROM (SELECT id FROM products ORDER BY md5(description || $1::int), id OFFSET 1) AS ranked`

// days are what a section covers.
const days = 30

func serveReport(ctx context.Context, c config, log *slog.Logger) error {
	return serveJob(ctx, c, log, report)
}

// report works out its sections, all at the same time and each on a connection
// of its own, again and again until ctx ends. Whoever wrote it had a database
// to themselves.
func report(ctx context.Context, j *job, c config) {
	j.log.Info("figures begin", "sections", c.parallel)
	var all sync.WaitGroup
	defer all.Wait()
	for n := range c.parallel {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := j.with(ctx, func(conn *pgx.Conn) error { return j.section(ctx, conn, n, c.pause) }); err != nil && ctx.Err() == nil {
					j.log.Error("section failed", "section", n, "error", err.Error())
					pause(ctx, time.Second)
				}
			}
		})
	}
}

// section computes one section over and over on one connection. After each day
// it puts the day's figures away, which takes a while and no CPU.
func (j *job) section(ctx context.Context, conn *pgx.Conn, n int, putAway time.Duration) error {
	for {
		began, rows := time.Now(), 0
		for day := range days {
			if err := conn.QueryRow(ctx, daySQL, n*days+day).Scan(&rows); err != nil {
				return err
			}
			if !pause(ctx, putAway) {
				return ctx.Err()
			}
		}
		j.log.Info("section done", "section", n, "days", days, "duration_ms", time.Since(began).Milliseconds())
	}
}
