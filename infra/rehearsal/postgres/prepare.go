package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// secretFile holds the superuser's password, in the data directory.
const secretFile = "rehearsal.secret"

// Prepare makes a data directory that servers can be started from, as a
// template or directly. One that is ready for this version is left as it is.
// The work is done beside it and renamed: a cut leaves no half of it.
func Prepare(ctx context.Context, t Tool, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("prepare PostgreSQL: %w", err)
	}
	if prepared(t, dir) {
		return nil
	}
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("prepare PostgreSQL: %s is there and is not ours for version %d", dir, t.Major)
	}
	as, err := runAs()
	if err != nil {
		return fmt.Errorf("prepare PostgreSQL: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o711); err != nil {
		return fmt.Errorf("prepare PostgreSQL: %w", err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".initdb")
	if err != nil {
		return fmt.Errorf("prepare PostgreSQL: %w", err)
	}
	if err = initdb(ctx, t, tmp, as); err == nil {
		err = os.Rename(filepath.Join(tmp, "data"), dir)
	}
	if err != nil && prepared(t, dir) {
		err = nil // someone else was faster
	}
	if err := errors.Join(err, os.RemoveAll(tmp)); err != nil {
		return fmt.Errorf("prepare PostgreSQL: %w", err)
	}
	return nil
}

func prepared(t Tool, dir string) bool {
	v, err := os.ReadFile(filepath.Join(dir, "PG_VERSION"))
	if err != nil || strings.TrimSpace(string(v)) != strconv.Itoa(t.Major) {
		return false
	}
	_, err = os.Stat(filepath.Join(dir, secretFile))
	return err == nil
}

func initdb(ctx context.Context, t Tool, tmp string, as *process.User) error {
	secret := filepath.Join(tmp, "secret")
	if err := os.WriteFile(secret, []byte(rand.Text()), 0o600); err != nil {
		return err
	}
	if err := own(as, tmp, secret); err != nil {
		return err
	}
	data := filepath.Join(tmp, "data")
	cmd := exec.CommandContext(ctx, t.program("initdb"), "--no-sync", "-D", data, "-U", Superuser,
		"--auth=scram-sha-256", "--pwfile="+secret, "--encoding=UTF8", "--locale=C")
	cmd.Env = environment()
	cmd.Dir = tmp
	runCommandAs(cmd, as)
	if out, err := cmd.CombinedOutput(); err != nil {
		if as != nil && errors.Is(err, os.ErrPermission) {
			return fmt.Errorf("user %d may not run %s or enter %s: %w", as.UID, cmd.Path, tmp, err)
		}
		return fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return os.Rename(secret, filepath.Join(data, secretFile))
}

// runAs is whom PostgreSQL runs as: it refuses to be root.
func runAs() (*process.User, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return &process.User{UID: uint32(uid), GID: uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody")
}

func own(as *process.User, paths ...string) error {
	if as == nil {
		return nil
	}
	for _, p := range paths {
		if err := os.Lchown(p, int(as.UID), int(as.GID)); err != nil {
			return err
		}
	}
	return nil
}

// environment is all that PostgreSQL's programs get of ours.
func environment() []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH"} {
		if v := os.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}
