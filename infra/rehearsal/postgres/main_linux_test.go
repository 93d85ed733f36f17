package postgres

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/chaotic-good/scenarios/infra/rehearsal/cage"
	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// TestMain is also the main function of the watchdog, of the cage, and of the
// parent that a test kills.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "watchdog":
			must(process.Watchdog(context.Background(), os.Stdin, slog.New(slog.NewTextHandler(os.Stderr, nil))))
			return
		case "cage":
			must(cage.Enter(context.Background(), os.Args[2:]))
		case "parent":
			parent(os.Args[2])
			return
		}
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(templateDir())
		os.Exit(code)
	}))
}

// templateDir is where this run of the tests keeps the template of most of its
// servers: initdb is what takes the time.
func templateDir() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("postgres-template-%d", os.Getpid()))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

type told struct {
	PIDs []int
	Addr string
}

// parent runs a server with a busy backend until it is killed.
func parent(dir string) {
	ctx := context.Background()
	t, err := Find(ctx)
	must(err)
	g, err := process.NewGroup(ctx, process.Config{Dir: dir, Watchdog: []string{"/proc/self/exe", "watchdog"}})
	must(err)
	s, err := Start(ctx, Config{Group: g, Tool: t, Dir: filepath.Join(dir, "db"), Users: []Login{shop}, Database: "shop", Cage: cageOr(ctx, t)})
	must(err)
	conn, err := pgx.Connect(ctx, url(s, shop, "shop"))
	must(err)
	_, err = conn.Exec(ctx, "SELECT 1")
	must(err)
	inv, err := g.Inventory()
	must(err)
	out := told{Addr: s.Addr()}
	for _, p := range inv.Processes {
		out.PIDs = append(out.PIDs, p.PID)
	}
	must(json.NewEncoder(os.Stdout).Encode(out))
	_, err = conn.Exec(ctx, busy)
	must(err)
}

// cageOr is the cage, where there can be one.
func cageOr(ctx context.Context, t Tool) []string {
	if _, err := TryCage(ctx, t, caged); err != nil {
		return nil
	}
	return caged
}

// busy keeps a backend's CPU busy for much longer than a test.
const busy = "SELECT count(*) FROM generate_series(1, 1000000000) a"

var (
	shop  = Login{Name: "shop", Password: "sesame-of-the-shop", Member: []string{"pg_monitor"}}
	admin = Login{Name: "admin", Password: "sesame'of\\the admin", Superuser: true}
)

func url(s *Server, u Login, db string) string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=%s password='%s' dbname=%s sslmode=disable connect_timeout=5",
		s.port, u.Name, escape(u.Password), db)
}

func escape(s string) string {
	var out []rune
	for _, r := range s {
		if r == '\'' || r == '\\' {
			out = append(out, '\\')
		}
		out = append(out, r)
	}
	return string(out)
}

// tool is the PostgreSQL of this machine; without one, the test is skipped.
func tool(t *testing.T) Tool {
	t.Helper()
	found, err := Find(t.Context())
	if err != nil {
		if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return found
}

// publicDir is a folder that every user may pass through, unlike t.TempDir.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "postgres")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func newGroup(t *testing.T) (*process.Group, string) {
	t.Helper()
	dir := filepath.Join(publicDir(t), "run")
	g, err := process.NewGroup(t.Context(), process.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if left, err := process.Remains(dir); err != nil || !left.Empty() {
			t.Errorf("left: %+v, %v", left, err)
		}
	})
	return g, dir
}

// newTestServer starts one from the template that the tests share.
func newTestServer(t *testing.T, cfg Config) *Server {
	t.Helper()
	g, dir := newGroup(t)
	cfg.Group, cfg.Tool, cfg.Dir, cfg.Template = g, tool(t), filepath.Join(dir, "db"), templateDir()
	if err := Prepare(t.Context(), cfg.Tool, cfg.Template); err != nil {
		t.Fatal(err)
	}
	s, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func connect(t *testing.T, s *Server, u Login, db string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url(s, u, db))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func show(t *testing.T, conn *pgx.Conn, query string) (text string) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), query).Scan(&text); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return text
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(15 * time.Second); !ok(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("never: %s", what)
		}
	}
}

func alive(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	var state, command string
	if err == nil {
		_, err = fmt.Sscanf(string(raw), "%d %s %s", new(int), &command, &state)
	}
	return err == nil && state != "Z"
}

// startParent runs this binary as a parent and returns when its server runs.
func startParent(t *testing.T, dir string, as *syscall.Credential) (*exec.Cmd, told) {
	t.Helper()
	binary := filepath.Join(publicDir(t), "parent")
	raw, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, raw, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "parent", dir)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setsid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	var heard told
	if err := json.Unmarshal(line, &heard); err != nil {
		t.Fatalf("the parent did not start its server: %v", err)
	}
	return cmd, heard
}
