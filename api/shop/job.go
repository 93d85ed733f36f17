package shop

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// job is one-off work at the database. It has a login of its own, which it makes
// anew when it begins and never afterwards: who takes the login away while the
// job runs stops it.
type job struct {
	log  *slog.Logger
	conf *pgx.ConnConfig
}

// serveJob does the work until ctx ends, and then waits for the connections to
// close: what a job began at the server ends with it.
func serveJob(ctx context.Context, c config, log *slog.Logger, work func(context.Context, *job, config)) error {
	d := newDialer(c.resolve)
	operator, err := c.connConfig(d, c.database.operator, c.database.operatorPassword)
	if err != nil {
		return err
	}
	password := rand.Text()
	own, err := c.connConfig(d, c.database.user, password)
	if err != nil {
		return err
	}
	// A backend that computes looks whether its client is still there.
	own.RuntimeParams["client_connection_check_interval"] = "1000"
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", alive)
	mux.Handle("GET /metrics", metricsHandler(newRegistry()))
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return listen(gctx, context.WithoutCancel(ctx), c, log, mux) })
	g.Go(func() error {
		for {
			err := makeLogin(gctx, operator, c.database.user, password, true)
			if err == nil {
				break
			}
			if gctx.Err() == nil {
				log.Error("make the job's login", "error", err.Error())
			}
			if !pause(gctx, time.Second) {
				return nil
			}
		}
		log.Info("connecting as " + c.database.user)
		work(gctx, &job{log, own}, c)
		return nil
	})
	return g.Wait()
}

// closeTime is how long a connection that is given up may take to end.
const closeTime = time.Second

// with lends f a connection of its own, which ends with f.
func (j *job) with(ctx context.Context, f func(*pgx.Conn) error) error {
	conn, err := pgx.ConnectConfig(ctx, j.conf)
	if err != nil {
		return err
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer cancel()
		_ = conn.Close(last)
		select {
		case <-conn.PgConn().CleanupDone():
		case <-last.Done():
		}
	}()
	return f(conn)
}

// pause waits, and reports whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
