package shop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// acquireWait bounds how long a request waits for a connection. It is what
	// turns a database that cannot be reached into quick 5XX answers.
	acquireWait = 750 * time.Millisecond
	// statementTimeout is enforced by the server. A context's deadline would
	// close the connection instead, and reconnecting is the dearest thing that
	// can be asked of a server that is already slow.
	statementTimeout = 500 * time.Millisecond
)

// database is the pool and what is known about its server.
type database struct {
	pool     *pgxpool.Pool
	connects *connectMemory
	operator *pgx.ConnConfig // nil: nobody here may make logins
	ready    atomic.Bool     // the schema is there
}

// openDatabase makes the pool without connecting: a shop starts and listens
// while its database is away.
func openDatabase(ctx context.Context, c config, d *dialer) (*database, error) {
	own, err := c.connConfig(d, c.database.user, c.database.password)
	if err != nil {
		return nil, err
	}
	pc, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, fmt.Errorf("configure pool: %w", err)
	}
	pc.ConnConfig = own
	pc.ConnConfig.RuntimeParams["statement_timeout"] = strconv.FormatInt(statementTimeout.Milliseconds(), 10)
	connects := &connectMemory{}
	pc.ConnConfig.Tracer = connects

	pc.MaxConns = int32(c.database.pool)
	pc.MaxConnLifetime = c.database.lifetime
	pc.HealthCheckPeriod = time.Second
	// No minimum: connections made in the background would hide from the first
	// customers that new ones can no longer be made.
	pc.MinConns, pc.MinIdleConns = 0, 0

	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("make pool: %w", err)
	}
	db := &database{pool: pool, connects: connects}
	if c.database.operator != "" {
		if db.operator, err = c.connConfig(d, c.database.operator, c.database.operatorPassword); err != nil {
			return nil, err
		}
	}
	return db, nil
}

// close gives the connections up. It does not wait for a server that no
// longer answers.
func (d *database) close() {
	done := make(chan struct{})
	go func() {
		d.pool.Close()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Second):
	}
}

// use lends f a connection. Waiting for one is bounded by acquireWait, using
// it by statementTimeout for each statement.
func (d *database) use(ctx context.Context, f func(*pgxpool.Conn) error) error {
	if !d.ready.Load() {
		return unavailable(d.notReady())
	}
	conn, err := d.acquire(ctx)
	if err != nil {
		return unavailable(err)
	}
	defer conn.Release()
	return f(conn)
}

func (d *database) notReady() error {
	if last := d.connects.last(); last != nil {
		return fmt.Errorf("the schema is not there yet: %w", last)
	}
	return errors.New("the schema is not there yet")
}

func (d *database) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	wait, cancel := context.WithTimeout(ctx, acquireWait)
	defer cancel()
	conn, err := d.pool.Acquire(wait)
	if err == nil {
		return conn, nil
	}
	// Who only waited in line learns nothing but that time was up. Name what
	// the connects themselves ran into, for that is what has to be mended.
	if last := d.connects.last(); errors.Is(err, context.DeadlineExceeded) && last != nil {
		return nil, fmt.Errorf("acquire a database connection within %s: %w; last attempt: %w", acquireWait, err, last)
	}
	return nil, fmt.Errorf("acquire a database connection: %w", err)
}

// probe asks the server something trivial through the same pool.
func (d *database) probe(ctx context.Context) error {
	conn, err := d.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT 1"); err != nil {
		return fmt.Errorf("probe the database: %w", err)
	}
	return nil
}

func unavailable(err error) *problem {
	return &problem{http.StatusServiceUnavailable, "unavailable", "the shop cannot reach its books right now", err}
}

// connectMemory is a tracer that keeps the error of the latest attempt to
// connect, nil after a success. The pool itself keeps it from those in line.
type connectMemory struct{ err atomic.Pointer[error] }

func (m *connectMemory) last() error {
	if p := m.err.Load(); p != nil {
		return *p
	}
	return nil
}

func (m *connectMemory) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	return ctx
}

func (m *connectMemory) TraceConnectEnd(_ context.Context, data pgx.TraceConnectEndData) {
	m.err.Store(&data.Err)
}

func (m *connectMemory) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (m *connectMemory) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
