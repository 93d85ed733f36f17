package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// caged is the argv of this test as the cage.
var caged = []string{"/proc/self/exe", "cage"}

// needCage gives what a cage lets through here; without any, the test is skipped.
func needCage(t *testing.T) (gap string) {
	t.Helper()
	gap, err := TryCage(t.Context(), tool(t), caged)
	if err != nil {
		if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return gap
}

// outside is a file that every user may read, and a folder where all may write.
func outside(t *testing.T) (file, folder string) {
	t.Helper()
	folder = publicDir(t)
	file = filepath.Join(folder, "ledger")
	if err := os.WriteFile(file, []byte("a secret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	return file, folder
}

// TestCage: what a superuser may do to the machine works without the cage, so
// that this test knows, and not in it. A restart does not open it.
func TestCage(t *testing.T) {
	needCage(t)
	file, folder := outside(t)
	tries := []string{
		"COPY got FROM PROGRAM 'id'",
		"COPY got FROM PROGRAM 'exec /bin/echo x'",
		"COPY got TO PROGRAM 'cat'",
		"COPY got FROM '" + file + "'",
		"COPY got TO '" + folder + "/new'",
		"SELECT pg_read_file('" + file + "')",
		"SELECT pg_read_file('/etc/passwd')",
		"SELECT pg_read_file('/etc/hostname')",
		"SELECT pg_read_binary_file('/proc/self/environ')",
		"SELECT pg_read_binary_file('/bin/sh')",
		"SELECT pg_ls_dir('" + folder + "')",
		"SELECT lo_import('" + file + "')",
		"SELECT lo_export((SELECT max(oid) FROM pg_largeobject_metadata), '" + folder + "/new')",
	}
	for name, argv := range map[string][]string{"without": nil, "in it": caged} {
		t.Run(name, func(t *testing.T) {
			s := newTestServer(t, Config{Users: []Login{admin}, Database: "shop", Cage: argv})
			check := func(when string) {
				conn := connect(t, s, admin, "shop")
				mustExec(t, conn, "CREATE TEMPORARY TABLE got (line text)", "INSERT INTO got VALUES ('x')", "SELECT lo_from_bytea(0, 'x')")
				for _, try := range tries {
					if _, err := conn.Exec(t.Context(), try); (err != nil) != (argv != nil) {
						t.Errorf("%s, %s: %v", when, try, err)
					}
				}
			}
			check("started")
			if err := s.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			check("started again")
		})
	}
}

// TestCagedWork: in the cage a server does what it does elsewhere.
func TestCagedWork(t *testing.T) {
	needCage(t)
	s := newTestServer(t, Config{Users: []Login{admin}, Database: "shop", MaxConnections: 20, Cage: caged})
	conn := connect(t, s, admin, "shop")
	mustExec(t, conn, "CREATE TABLE kept AS SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i", "CREATE INDEX ON kept (i)",
		"CHECKPOINT", "SELECT pg_switch_wal()", "VACUUM FULL kept", "CREATE DATABASE another", "SET work_mem = '64kB'", "SELECT pg_read_file('PG_VERSION')",
		"COPY kept TO '"+s.cfg.Dir+"/out'", "COPY kept FROM '"+s.cfg.Dir+"/out'", "SELECT now() AT TIME ZONE 'Europe/Berlin'", "ALTER SYSTEM SET max_connections = 30",
		"SET allow_in_place_tablespaces = on", "CREATE TABLESPACE here LOCATION ''", "ALTER TABLE kept SET TABLESPACE here")
	rows, err := conn.Query(t.Context(), "EXPLAIN ANALYZE SELECT * FROM kept ORDER BY repeat, i DESC")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || !strings.Contains(strings.Join(plan, "\n"), "Disk:") {
		t.Errorf("nothing was sorted on disk, %v: %q", err, plan)
	}
	for _, extension := range []string{"pgcrypto", "dblink", "postgres_fdw"} { // with libraries of their own
		if has(t, conn, extension) {
			mustExec(t, conn, "CREATE EXTENSION "+extension)
		}
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn = connect(t, s, admin, "shop")
	if got := show(t, conn, "SELECT count(*)::text FROM kept") + " " + show(t, conn, "SHOW max_connections"); got != "40000 30" {
		t.Errorf("after the restart: %s", got)
	}
	s.Process().Kill()
	<-s.Process().Done()
	if err := s.Restart(t.Context()); err != nil {
		t.Errorf("after a crash: %v", err)
	}
}

// TestCagedDial: from the cage nobody is reached.
func TestCagedDial(t *testing.T) {
	if gap := needCage(t); gap != "" {
		t.Skip(gap)
	}
	var heard atomic.Int32
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accept(t, ln, &heard)
	path := filepath.Join(publicDir(t), ".s.PGSQL.5432") // as of a PostgreSQL that asks no password of its own user
	other, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
	accept(t, other, &heard)
	for name, argv := range map[string][]string{"without": nil, "in it": caged} {
		t.Run(name, func(t *testing.T) {
			s := newTestServer(t, Config{Users: []Login{admin}, Database: "shop", Cage: argv})
			conn := connect(t, s, admin, "shop")
			if !has(t, conn, "dblink") {
				t.Skip("PostgreSQL's contrib is not installed")
			}
			mustExec(t, conn, "CREATE EXTENSION dblink")
			for _, where := range []string{fmt.Sprintf("host=127.0.0.1 port=%d", ln.Addr().(*net.TCPAddr).Port), "port=5432 host=" + filepath.Dir(path)} {
				heard.Store(0)
				_, err := conn.Exec(t.Context(), "SELECT dblink_connect('user=x password=x connect_timeout=3 "+where+"')")
				var refused *pgconn.PgError
				if !errors.As(err, &refused) || (heard.Load() == 0) != (argv != nil) {
					t.Errorf("%s: heard %d times, %v: %+v", where, heard.Load(), err, refused)
				}
			}
		})
	}
}

// accept counts who comes, and sends them away.
func accept(t *testing.T, ln net.Listener, heard *atomic.Int32) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			heard.Add(1)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = ln.Close(); <-over })
}

// TestTryCage: what cannot be put into a cage is said before anything starts.
func TestTryCage(t *testing.T) {
	needCage(t)
	shell := Tool{Bin: t.TempDir(), Version: "15"}
	script(t, shell.program("postgres"), "echo 15")
	for name, err := range map[string]error{
		"a script":     second(TryCage(t.Context(), shell, caged)),
		"no program":   second(TryCage(t.Context(), Tool{Bin: t.TempDir()}, caged)),
		"no cage":      second(TryCage(t.Context(), tool(t), nil)),
		"another main": second(TryCage(t.Context(), tool(t), []string{"/bin/true"})),
	} {
		if err == nil {
			t.Errorf("%s can be caged", name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := TryCage(ctx, tool(t), caged); err == nil {
		t.Error("with an ended ctx it can be caged")
	}
}

func second(_ string, err error) error { return err }

// TestLinks: a link that somebody put among the settings leads us nowhere.
func TestLinks(t *testing.T) {
	file, _ := outside(t)
	for _, name := range []string{configFile + ".new", "postgresql.conf"} {
		s := newTestServer(t, Config{})
		if err := os.RemoveAll(filepath.Join(s.cfg.Dir, name)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(file, filepath.Join(s.cfg.Dir, name)); err != nil {
			t.Fatal(err)
		}
		if err := s.Configure(map[string]string{"work_mem": "5MB"}); err == nil {
			t.Errorf("%s: the link was followed", name)
		}
		if raw, err := os.ReadFile(file); err != nil || string(raw) != "a secret\n" {
			t.Errorf("%s: %v, the file holds %q", name, err, raw)
		}
	}
}

func mustExec(t *testing.T, conn *pgx.Conn, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func has(t *testing.T, conn *pgx.Conn, extension string) bool {
	t.Helper()
	return show(t, conn, "SELECT count(*)::text FROM pg_available_extensions WHERE name = '"+extension+"'") == "1"
}
