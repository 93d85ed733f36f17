package shop

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

func serveMailer(ctx context.Context, c config, log *slog.Logger) error {
	return serveJob(ctx, c, log, mail)
}

// impatience is how long the mailer waits after it was refused a connection. It
// has to come back faster than a full server's free slots are taken by others.
const impatience = 10 * time.Millisecond

// mail gives each mail a worker with a connection of its own, which waits for
// news of its order and is never given back. There are c.workers of them at
// most; one that loses its connection makes room for the next.
func mail(ctx context.Context, j *job, c config) {
	var all sync.WaitGroup
	defer all.Wait()
	var waiting atomic.Int64
	complained := time.Time{}
	for wait := time.Duration(0); pause(ctx, wait); {
		wait = time.Duration(float64(time.Second) / c.rate)
		if waiting.Load() >= int64(c.workers) {
			continue
		}
		began := make(chan error, 2)
		all.Go(func() {
			err := j.with(ctx, func(conn *pgx.Conn) error {
				if _, err := conn.Exec(ctx, "LISTEN orders"); err != nil {
					return err
				}
				waiting.Add(1)
				defer waiting.Add(-1)
				began <- nil
				_, err := conn.WaitForNotification(ctx)
				return err
			})
			began <- err // where it began this comes second, and nobody reads it
		})
		err := <-began
		switch n := waiting.Load(); {
		case ctx.Err() != nil:
		case err != nil:
			wait = impatience
			if time.Since(complained) > time.Second {
				complained = time.Now()
				j.log.Error("no connection for a mail", "waiting", n, "error", err.Error())
			}
		case n%10 == 0:
			j.log.Info("mails wait for news of their orders", "waiting", n)
		}
	}
}
