package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/infra/rehearsal/cage"
)

// readable is what PostgreSQL reads outside its own folders, or may: libraries,
// time zones, and how to encrypt. Nothing of it is anybody's secret.
var readable = []string{
	"/lib*", "/usr/lib*", "/usr/local/lib*", "/nix/store", "/gnu/store", "/usr/share/zoneinfo", "/usr/share/locale", "/usr/share/icu",
	"/etc/ld.so.cache", "/etc/ld-musl-*.path", "/etc/localtime", "/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf", "/etc/crypto-policies",
	"/dev/urandom",
}

// cage is what a server may reach. A superuser can make it run programs and
// read or write files, and before PostgreSQL 16 the player is told the login of
// one: with it they would have a shell on this machine, as whoever PostgreSQL runs as.
func (t Tool) cage() cage.Cage {
	c := cage.Cage{Program: t.program("postgres"), Write: []string{os.DevNull}}
	home := filepath.Dir(t.Bin)
	for _, pattern := range append([]string{filepath.Join(home, "lib*")}, readable...) {
		c.Read = append(c.Read, glob(pattern)...)
	}
	// Its share folder by what is in it: the one above may hold everything else.
	for _, share := range []string{filepath.Join(home, "share"), "/usr/share"} {
		for _, depth := range []string{"", "*", "*/*"} {
			for _, found := range glob(filepath.Join(share, depth, "postgres.bki")) {
				c.Read = append(c.Read, filepath.Dir(found))
			}
		}
	}
	for _, dir := range filepath.SplitList(os.Getenv("LD_LIBRARY_PATH")) {
		if filepath.IsAbs(dir) && filepath.Clean(dir) != "/" {
			c.Read = append(c.Read, dir)
		}
	}
	return c
}

func glob(pattern string) []string {
	found, _ := filepath.Glob(pattern) // only a bad pattern is an error
	return found
}

// command is the command line of the server.
func (s *Server) command() ([]string, error) {
	args := []string{"-D", s.cfg.Dir}
	if s.cfg.Cage == nil {
		return append([]string{s.cfg.Tool.program("postgres")}, args...), nil
	}
	c := s.cfg.Tool.cage()
	// Shared memory is in the data directory, too, and there is no socket folder.
	c.Write = append(c.Write, s.cfg.Dir)
	c.Listen = []uint16{uint16(s.port)}
	return c.Argv(s.cfg.Cage, args...)
}

// tryTime is how long PostgreSQL may take to say its version.
const tryTime = 10 * time.Second

// TryCage finds out whether PostgreSQL can run in a cage here; self is what
// Config.Cage will be. gap says what such a cage would let through, empty for
// nothing. An error says why there can be none. Ask it before anybody has a
// login: a server that fails in its cage must not be started without.
func TryCage(ctx context.Context, t Tool, self []string) (gap string, err error) {
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	if gap, err = cage.Gap(); err != nil {
		return "", err
	}
	argv, err := t.cage().Argv(self, "--version")
	if err != nil {
		return "", err
	}
	as, err := runAs()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env, cmd.Dir = environment(), "/"
	runCommandAs(cmd, as)
	out, err := cmd.CombinedOutput()
	if err == nil && !strings.Contains(string(out), t.Version) {
		err = errors.New("it does not say its version")
	}
	if err != nil {
		return "", fmt.Errorf("try PostgreSQL in a cage: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return gap, nil
}
