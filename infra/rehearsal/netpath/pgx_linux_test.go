package netpath_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chaotic-good/scenarios/infra/rehearsal/netpath"
	"github.com/chaotic-good/scenarios/infra/rehearsal/postgres"
	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// TestPlayerReads: what a client of PostgreSQL reports is what it reports on
// AWS, because the player finds the cause by it.
func TestPlayerReads(t *testing.T) {
	db := database(t)
	p := open(t, func() string { return db.Addr() })
	ctx := t.Context()

	old, err := connect(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close(context.Background())

	set(t, p, netpath.Dropped)
	// Two timers of pgx and the dialer race for the end of this sentence.
	if _, err := connect(ctx, p); err == nil || !strings.Contains(err.Error(), "dial error: timeout: dial tcp "+p.Addr()+": i/o timeout") &&
		!strings.Contains(err.Error(), "dial error: timeout: context deadline exceeded") {
		t.Errorf("dropped: %v", err)
	}
	if err := old.Ping(ctx); err != nil {
		t.Errorf("dropped, an established session: %v", err)
	}

	set(t, p, netpath.Refused)
	if _, err := connect(ctx, p); err == nil || !strings.Contains(err.Error(), "dial tcp "+p.Addr()+": connect: connection refused") {
		t.Errorf("refused: %v", err)
	}
	if err := old.Ping(ctx); err == nil {
		t.Error("refused: an established session lives on")
	}

	set(t, p, netpath.Allowed)
	again, err := connect(ctx, p)
	if err != nil {
		t.Fatalf("allowed again: %v", err)
	}
	defer again.Close(context.Background())

	if err := db.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := connect(ctx, p); err == nil || !strings.Contains(err.Error(), "connection re") { // reset or refused
		t.Errorf("with the database stopped: %v", err)
	}
}

func connect(ctx context.Context, p *netpath.Path) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig("postgres://shop:sesame@" + p.Addr() + "/shop?sslmode=disable")
	if err != nil {
		return nil, err
	}
	cfg.ConnectTimeout = time.Second
	return pgx.ConnectConfig(ctx, cfg)
}

func database(t *testing.T) *postgres.Server {
	t.Helper()
	tool, err := postgres.Find(t.Context())
	if err != nil {
		if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	home, err := os.MkdirTemp("", "netpath") // not t.TempDir: the server's user could not pass through
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	if err := os.Chmod(home, 0o755); err != nil {
		t.Fatal(err)
	}
	g, err := process.NewGroup(t.Context(), process.Config{Dir: filepath.Join(home, "run")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	db, err := postgres.Start(t.Context(), postgres.Config{Group: g, Tool: tool, Dir: filepath.Join(home, "run", "db"),
		Users: []postgres.Login{{Name: "shop", Password: "sesame"}}, Database: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	return db
}
