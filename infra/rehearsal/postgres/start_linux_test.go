package postgres

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

func code(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// TestStart: from nothing and from a template, the logins work and only with
// their passwords, which appear in no log.
func TestStart(t *testing.T) {
	pg := tool(t)
	g, dir := newGroup(t)
	template := filepath.Join(dir, "template")
	cfg := Config{Group: g, Tool: pg, Users: []Login{shop, admin}, Database: "shop", MaxConnections: 40}
	for _, from := range []string{"nothing", "template"} {
		t.Run(from, func(t *testing.T) {
			bound := 1500 * time.Millisecond
			if from == "template" {
				if err := Prepare(t.Context(), pg, template); err != nil {
					t.Fatal(err)
				}
				cfg.Template, bound = template, 300*time.Millisecond
			}
			cfg.Dir, cfg.Name = filepath.Join(dir, from), "from-"+from
			begun := time.Now()
			s, err := Start(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("started from %s in %v, aim %v on a calm machine", from, time.Since(begun).Round(time.Millisecond), bound)
			if s.port >= 32768 {
				t.Errorf("port %d is among those that the kernel gives away", s.port)
			}

			conn := connect(t, s, shop, "shop")
			if _, err := conn.Exec(t.Context(), "CREATE TABLE products (id int)"); err != nil {
				t.Errorf("the first login cannot create: %v", err)
			}
			for query, want := range map[string]string{
				"SHOW max_connections":         "40",
				"SHOW fsync":                   "off",
				"SHOW unix_socket_directories": "",
				"SHOW is_superuser":            "off",
				"SELECT pg_has_role('pg_monitor', 'member')::text":                                                      "true",
				"SELECT rolname::text FROM pg_roles JOIN pg_database d ON datdba = pg_roles.oid WHERE datname = 'shop'": "shop",
			} {
				if got := show(t, conn, query); got != want {
					t.Errorf("%s: %q, want %q", query, got, want)
				}
			}
			if got := show(t, connect(t, s, admin, "postgres"), "SHOW is_superuser"); got != "on" {
				t.Errorf("admin is superuser: %s", got)
			}
			for _, u := range []Login{{Name: "shop", Password: "wrong"}, {Name: "shop"}, {Name: Superuser, Password: "guess"}} {
				if c, err := pgx.Connect(t.Context(), url(s, u, "shop")); err == nil {
					t.Errorf("%s got in with %q", u.Name, u.Password)
					_ = c.Close(t.Context())
				}
			}
			if err := s.Stop(t.Context()); err != nil {
				t.Error(err)
			}
			log, err := os.ReadFile(filepath.Join(dir, "logs", cfg.Name+".log"))
			if err != nil || strings.Contains(string(log), "sesame") || !strings.Contains(string(log), "ready to accept") {
				t.Errorf("log, %v:\n%s", err, log)
			}
		})
	}
	if err := Prepare(t.Context(), pg, template); err != nil {
		t.Errorf("Prepare again: %v", err)
	}
}

// TestAgain: a server that is started over an existing directory keeps what is
// in it, and its logins get the passwords of now.
func TestAgain(t *testing.T) {
	s := newTestServer(t, Config{Users: []Login{shop}, Database: "shop"})
	if _, err := connect(t, s, shop, "shop").Exec(t.Context(), "CREATE TABLE kept (id int)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg, renewed := s.cfg, shop
	renewed.Password = "another"
	cfg.Users = []Login{renewed}
	again, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := connect(t, again, renewed, "shop").Exec(t.Context(), "SELECT * FROM kept"); err != nil {
		t.Error(err)
	}
}

// TestPortTaken: a port that someone else has is reported as such, so that
// Start tries another.
func TestPortTaken(t *testing.T) {
	s := newTestServer(t, Config{})
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(t.Context()); !errors.Is(err, errPort) {
		t.Errorf("Restart: %v, want errPort", err)
	}
	_ = ln.Close()
	if err := s.Restart(t.Context()); err != nil {
		t.Errorf("with the port free again: %v", err)
	}
}

func TestStartFails(t *testing.T) {
	g, dir := newGroup(t)
	cfg := Config{Group: g, Tool: tool(t), Dir: filepath.Join(dir, "db"), Settings: map[string]string{"no_such_setting": "1"}}
	begun := time.Now()
	if _, err := Start(t.Context(), cfg); err == nil || time.Since(begun) > 10*time.Second {
		t.Errorf("after %v: %v", time.Since(begun), err)
	}
	cfg.Settings = map[string]string{"work_mem": "1MB'\nport = '1"}
	if _, err := Start(t.Context(), cfg); err == nil {
		t.Error("a setting with a second line was taken")
	}
	if _, err := Start(t.Context(), Config{Group: g, Tool: cfg.Tool, Dir: filepath.Join(dir, "two"), Template: dir}); err == nil {
		t.Error("a folder that is no template was taken")
	}
	if len(g.List()) != 0 {
		t.Errorf("left: %v", g.List())
	}
}

// TestParentKilled: the program that runs the server is killed while a backend
// is busy. Neither process nor port nor folder is left, whoever ran it.
func TestParentKilled(t *testing.T) {
	tool(t)
	const nobody = 65534
	users := map[string]*syscall.Credential{"as we are": nil}
	if os.Geteuid() == 0 {
		users["as an ordinary user"] = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	for name, user := range users {
		t.Run(name, func(t *testing.T) {
			home := publicDir(t)
			if user != nil {
				if err := os.Chown(home, nobody, nobody); err != nil {
					t.Fatal(err)
				}
			}
			dir := filepath.Join(home, "run")
			cmd, heard := startParent(t, dir, user)
			if len(heard.PIDs) < 3 {
				t.Fatalf("processes: %v, want a postmaster and its children", heard.PIDs)
			}
			killed := time.Now()
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			eventually(t, "all processes gone", func() bool {
				for _, pid := range heard.PIDs {
					if alive(pid) {
						return false
					}
				}
				left, err := process.Remains(dir)
				return err == nil && left.Empty()
			})
			eventually(t, "run folder gone", func() bool {
				_, err := os.Stat(dir)
				return errors.Is(err, fs.ErrNotExist)
			})
			if _, err := net.Dial("tcp", heard.Addr); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("dial the server: %v, want a refusal", err)
			}
			t.Logf("all gone %v after the kill", time.Since(killed).Round(time.Millisecond))
		})
	}
}

// TestKill: an immediate end takes a busy backend along, and the server comes
// back by itself from what it left.
func TestKill(t *testing.T) {
	s := newTestServer(t, Config{Users: []Login{shop, admin}, Database: "shop"})
	conn := connect(t, s, shop, "shop")
	pid := int(conn.PgConn().PID())
	over := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), busy)
		over <- err
	}()
	watch := connect(t, s, admin, "shop")
	eventually(t, "the backend is busy", func() bool {
		return show(t, watch, "SELECT count(*)::text FROM pg_stat_activity WHERE state = 'active' AND usename = 'shop'") == "1"
	})
	p := s.Process()
	p.Kill()
	select {
	case err := <-over:
		if err == nil {
			t.Error("the query came to its end")
		}
	case <-time.After(15 * time.Second):
		_ = syscall.Kill(pid, syscall.SIGKILL)
		t.Fatal("the query goes on without its server")
	}
	<-p.Done()
	eventually(t, "the backend is gone", func() bool { return !alive(pid) })
	addr := s.Addr()
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.Addr() != addr {
		t.Errorf("it moved from %s to %s", addr, s.Addr())
	}
	_ = connect(t, s, shop, "shop")
}

func TestConfigure(t *testing.T) {
	s := newTestServer(t, Config{Users: []Login{admin}, MaxConnections: 20})
	if err := s.Configure(map[string]string{"max_connections": "30", "work_mem": "5MB"}); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, s, admin, "postgres")
	if got := show(t, conn, "SHOW max_connections"); got != "20" {
		t.Errorf("before the restart: %s", got)
	}
	eventually(t, "the reload is done", func() bool { return show(t, conn, "SHOW work_mem") == "5MB" })

	begun := time.Now()
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("restarted in %v", time.Since(begun).Round(time.Millisecond))
	if err := conn.Ping(t.Context()); code(err) != "57P01" {
		t.Errorf("an old session: %v, want 57P01", err)
	}
	conn = connect(t, s, admin, "postgres")
	if got := show(t, conn, "SHOW max_connections"); got != "30" {
		t.Errorf("after the restart: %s", got)
	}
	if _, err := conn.Exec(t.Context(), "ALTER SYSTEM SET max_connections = 35"); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := show(t, connect(t, s, admin, "postgres"), "SHOW max_connections"); got != "35" {
		t.Errorf("after ALTER SYSTEM: %s", got)
	}
}

// TestFull: a full server refuses with the error that the player will read.
func TestFull(t *testing.T) {
	most := 6
	if tool(t).Major >= reserving {
		most += 2
	}
	s := newTestServer(t, Config{Users: []Login{shop, admin}, Database: "shop", MaxConnections: most})
	for range 3 {
		_ = connect(t, s, shop, "shop")
	}
	_, err := pgx.Connect(t.Context(), url(s, shop, "shop"))
	if code(err) != "53300" || !strings.Contains(err.Error(), "remaining connection slots are reserved") {
		t.Errorf("the fourth of three: %v", err)
	}
	_ = connect(t, s, admin, "shop")
}

func TestStop(t *testing.T) {
	s := newTestServer(t, Config{Users: []Login{shop}})
	conn := connect(t, s, shop, "postgres")
	for range 2 {
		if err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Process().Err(); err != nil {
		t.Errorf("how it ended: %v", err)
	}
	if err := conn.Ping(t.Context()); code(err) != "57P01" {
		t.Errorf("a session: %v, want 57P01", err)
	}
	if _, err := net.Dial("tcp", s.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial: %v, want a refusal", err)
	}
}

// TestLogged: what such a login completes is in the log, with what its program
// calls itself; what fails and what others do is not.
func TestLogged(t *testing.T) {
	g, dir := newGroup(t)
	watched := Login{Name: "watched", Password: "sesame", Superuser: true, Logged: true}
	s, err := Start(t.Context(), Config{Group: g, Tool: tool(t), Dir: filepath.Join(dir, "db"), Users: []Login{shop, watched}, Database: "shop", Name: "logged"})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []Login{shop, watched} {
		conn := connect(t, s, u, "shop")
		if _, err := conn.Exec(t.Context(), "SET application_name = 'psql'"); err != nil {
			t.Error(err)
		}
		for _, sql := range []string{"SELECT 1 AS by_" + u.Name, "SELECT 1 FROM nothing_of_" + u.Name} {
			_, _ = conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol) // one of them fails
		}
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "logs", "logged.log"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for l := range strings.SplitSeq(string(log), "\n") {
		if _, text, ok := strings.Cut(l, "] "); ok && strings.Contains(l, " ms  statement: SELECT") {
			lines = append(lines, text)
		}
	}
	if len(lines) != 1 || !strings.HasPrefix(lines[0], "watched@shop app=psql LOG:  duration: ") || !strings.HasSuffix(lines[0], " ms  statement: SELECT 1 AS by_watched") {
		t.Errorf("logged are %q of\n%s", lines, log)
	}
}

// TestMetrics: they tell of connections and of the most that there may be, over
// a restart and where nobody else gets in, until the server is stopped.
func TestMetrics(t *testing.T) {
	g, dir := newGroup(t)
	s, err := Start(t.Context(), Config{Group: g, Tool: tool(t), Dir: filepath.Join(dir, "data"), Users: []Login{shop}, Database: "shop", MaxConnections: 8})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Export(); err != nil {
		t.Fatal(err)
	}
	at := s.Metrics()
	asked := func() string {
		t.Helper()
		res, err := http.Get("http://" + at + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }() // it was only read
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	for range 5 { // three more are kept for superusers
		connect(t, s, shop, "shop")
	}
	for _, want := range []string{"pg_up 1\n", "pg_stat_database_numbackends{datname=\"shop\"} 5\n", "pg_settings_max_connections 8\n"} {
		if got := asked(); !strings.Contains(got, want) {
			t.Errorf("told:\n%s\nwant %s", got, want)
		}
	}
	if err := s.Configure(map[string]string{"max_connections": "9"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := asked(); !strings.Contains(got, "pg_settings_max_connections 9\n") || s.Metrics() != at {
		t.Errorf("told at %s after a restart, at %s before:\n%s", s.Metrics(), at, got)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", at); err == nil || s.Metrics() != "" {
		t.Errorf("somebody still tells at %s: %v", at, c)
	}
}
