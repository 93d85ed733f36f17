package shop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is one real PostgreSQL for all tests of the package; each test gets
// a database of its own in it.
var server struct {
	once    sync.Once
	stop    func()
	address string
	err     error
	names   atomic.Int64
}

func TestMain(m *testing.M) {
	code := m.Run()
	if server.stop != nil {
		server.stop()
	}
	os.Exit(code)
}

// need skips the test where err says that a tool is missing, or fails it where
// everything is required.
func need(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
		t.Fatal(err)
	}
	t.Skip(err)
}

// newDatabase returns the address of the server and the name of a new, empty
// database there, owned by the user shop.
func newDatabase(t *testing.T) (address, name string) {
	t.Helper()
	server.once.Do(func() { server.address, server.stop, server.err = startPostgres() })
	need(t, server.err)
	name = fmt.Sprintf("shop%d", server.names.Add(1))
	admin := connect(t, server.address, "postgres", "postgres")
	if _, err := admin.Exec(t.Context(), "CREATE DATABASE "+name+" OWNER shop"); err != nil {
		t.Fatal(err)
	}
	return server.address, name
}

func connect(t *testing.T, address, name, user string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", user, address, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

func startPostgres() (address string, stop func(), err error) {
	bin, err := postgresTool("initdb")
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "shop-postgres-")
	if err != nil {
		return "", nil, err
	}
	attr, err := runAs(dir)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(bin, "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D", data)
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", nil, errors.Join(fmt.Errorf("initdb: %w: %s", err, out), os.RemoveAll(dir))
	}
	// Somebody may take the port between our listening and the server's: try
	// again then.
	for range 5 {
		at, end, runErr := runPostgres(filepath.Join(filepath.Dir(bin), "postgres"), dir, data)
		if err = runErr; err == nil {
			return at, func() { end(); os.RemoveAll(dir) }, nil
		}
	}
	return "", nil, errors.Join(err, os.RemoveAll(dir))
}

func runPostgres(bin, dir, data string) (address string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	address = l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(address)
	attr, err := runAs(dir)
	if err != nil {
		return "", nil, err
	}
	dieWithParent(attr)
	cmd := exec.Command(bin, "-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "shared_buffers=32MB",
		"-c", "autovacuum=off", "-c", "jit=off")
	var out bytes.Buffer
	cmd.SysProcAttr, cmd.Dir, cmd.Stdout, cmd.Stderr = attr, dir, &out, &out
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the parent's death signal is tied to this thread
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return "", nil, err
	}
	stop = func() { _ = cmd.Process.Signal(os.Interrupt); <-ended }
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		c, err := pgx.Connect(context.Background(), "postgres://postgres@"+address+"/postgres?sslmode=disable&connect_timeout=1")
		if err == nil {
			defer c.Close(context.Background())
			_, err := c.Exec(context.Background(), "CREATE ROLE shop LOGIN")
			return address, stop, err
		}
		select {
		case <-ended:
			return "", nil, fmt.Errorf("postgres ended: %s", out.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	stop()
	return "", nil, fmt.Errorf("postgres did not start: %s", out.String())
}

func postgresTool(name string) (string, error) {
	if p, err := exec.LookPath(name); err == nil {
		return filepath.EvalSymlinks(p)
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		return "", fmt.Errorf("%s is neither on PATH nor in /usr/lib/postgresql", name)
	}
	return found[len(found)-1], nil
}

// postgresUser is whom the server runs as: it refuses to run as root.
func postgresUser() (uid, gid int, err error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, err
	}
	uid, err = strconv.Atoi(u.Uid)
	if err != nil {
		return 0, 0, err
	}
	gid, err = strconv.Atoi(u.Gid)
	return uid, gid, err
}
