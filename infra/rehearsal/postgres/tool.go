package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Tool is an installed PostgreSQL.
type Tool struct {
	Bin     string // the folder of its programs
	Version string // for example "15.13"
	Major   int
}

// MissingError says that there is no PostgreSQL, and which line installs it.
type MissingError struct {
	Line  string // a shell command
	Cause error  // what was tried; may be nil
}

func (e *MissingError) Error() string {
	return "PostgreSQL is not installed; install it with: " + e.Line
}

func (e *MissingError) Unwrap() error { return e.Cause }

func missing(cause error) error { return &MissingError{Line: installLine(), Cause: cause} }

// oldest is the first version whose server says "ready" in postmaster.pid and
// checks SCRAM passwords.
const oldest = 10

// Find looks for PostgreSQL: on the PATH, where distributions keep it (the
// newest first), and where pg_config says. There must be a server and initdb
// beside it. The error is a *MissingError, unless ctx ended.
func Find(ctx context.Context) (Tool, error) {
	var tried []error
	for _, bin := range places(ctx) {
		t, err := inspect(ctx, bin)
		if err == nil {
			return t, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			tried = append(tried, err)
		}
	}
	if err := ctx.Err(); err != nil { // nobody knows: the questions were cut short
		return Tool{}, fmt.Errorf("look for PostgreSQL: %w", err)
	}
	return Tool{}, missing(errors.Join(tried...))
}

func places(ctx context.Context) []string {
	var all []string
	if path, err := exec.LookPath("postgres"); err == nil {
		// A link in /usr/local/bin has no initdb beside it.
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		all = append(all, filepath.Dir(path))
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/lib/postgresql*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*"} {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, func(a, b string) int { return cmp.Compare(number(b), number(a)) })
		all = append(all, found...)
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		all = append(all, strings.TrimSpace(string(out)))
	}
	return all
}

var digits = regexp.MustCompile(`\d+`)

func number(path string) int {
	n, _ := strconv.Atoi(digits.FindString(path))
	return n
}

func inspect(ctx context.Context, bin string) (Tool, error) {
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err != nil {
		return Tool{}, err
	}
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return Tool{}, fmt.Errorf("ask PostgreSQL in %s for its version: %w", bin, err)
	}
	// "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"
	_, version, _ := strings.Cut(string(out), ") ")
	version, _, _ = strings.Cut(strings.TrimSpace(version), " ")
	t := Tool{Bin: bin, Version: version, Major: number(version)}
	if t.Major < oldest {
		return Tool{}, fmt.Errorf("PostgreSQL %q in %s is too old: %d is the oldest that works", version, bin, oldest)
	}
	return t, nil
}

// installLine is what a person types on this distribution.
func installLine() string {
	for _, m := range [][2]string{
		{"apt-get", "apt-get install postgresql"},
		{"dnf", "dnf install postgresql-server"},
		{"pacman", "pacman -S postgresql"},
		{"apk", "apk add postgresql"},
		{"zypper", "zypper install postgresql-server"},
		{"brew", "brew install postgresql"},
	} {
		if _, err := exec.LookPath(m[0]); err == nil {
			return m[1]
		}
	}
	return "apt-get install postgresql"
}

func (t Tool) program(name string) string { return filepath.Join(t.Bin, name) }
