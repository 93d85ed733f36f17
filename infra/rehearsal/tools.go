package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/chaotic-good/scenarios/infra/rehearsal/moto"
	"github.com/chaotic-good/scenarios/infra/rehearsal/postgres"
)

// tools is what the world needs from the machine.
type tools struct {
	moto     moto.Tool
	postgres postgres.Tool
}

// findTools finds moto_server and PostgreSQL, or sets them up in the cache
// folder. Where that fails, the error's text names the line that installs what
// is missing.
func findTools(ctx context.Context, cfg Config) (t tools, err error) {
	if err := os.MkdirAll(cfg.Cache, 0o755); err != nil {
		return t, fmt.Errorf("make the cache folder: %w", err)
	}
	if t.moto, err = moto.Find(ctx, cfg.Cache); errors.Is(err, moto.ErrNotFound) {
		cfg.Progress("moto_server is not on this machine; setting it up once, in " + cfg.Cache)
		t.moto, err = moto.Install(ctx, cfg.Cache, cfg.Progress)
	}
	if err != nil {
		return t, err
	}
	var missing *postgres.MissingError
	if t.postgres, err = postgres.Find(ctx); errors.As(err, &missing) {
		cfg.Progress("PostgreSQL is not on this machine; setting it up once, in " + cfg.Cache)
		t.postgres, err = postgres.Install(ctx, cfg.Cache, cfg.Progress)
	}
	return t, err
}

// prepareTemplate makes the data folder that databases are copied from, once
// for each version of PostgreSQL.
func prepareTemplate(ctx context.Context, cache string, t postgres.Tool) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	dir := filepath.Join(cache, "postgres-"+t.Version)
	if err := postgres.Prepare(ctx, t, dir); err != nil {
		return "", fmt.Errorf("prepare PostgreSQL: %w", err)
	}
	return dir, nil
}

// tryCage gives what a database is to run in, and says what that will not stop,
// which is everything where this machine allows no cage.
func (w *World) tryCage(ctx context.Context, t tools) []string {
	gap, err := postgres.TryCage(ctx, t.postgres, w.cfg.Cage)
	if err != nil {
		w.cfg.Progress("the database is in no cage, so its operator's login reaches the programs and files of this machine: " + err.Error())
		return nil
	}
	if gap != "" {
		w.cfg.Progress("the database's cage does not hold back " + gap)
	}
	return w.cfg.Cage
}
