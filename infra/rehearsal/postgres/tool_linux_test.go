package postgres

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	found := tool(t)
	for _, name := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(found.program(name)); err != nil {
			t.Error(err)
		}
	}
	if found.Major < oldest || !strings.HasPrefix(found.Version, strings.Split(found.Version, ".")[0]) {
		t.Errorf("%+v", found)
	}
	// Without a PATH, the distribution's folder is enough.
	t.Setenv("PATH", "")
	if _, err := os.Stat("/usr/lib/postgresql"); err == nil {
		if again, err := Find(t.Context()); err != nil || again.Major < oldest {
			t.Errorf("without PATH: %+v, %v", again, err)
		}
	}
}

func TestInspectRefuses(t *testing.T) {
	bin := t.TempDir()
	script(t, filepath.Join(bin, "initdb"), "exit 0")
	script(t, filepath.Join(bin, "postgres"), "echo 'postgres (PostgreSQL) 9.6.24'")
	if _, err := inspect(t.Context(), bin); err == nil || !strings.Contains(err.Error(), "too old") {
		t.Errorf("9.6: %v", err)
	}
}

func TestMissing(t *testing.T) {
	err := missing(errors.New("cause"))
	var m *MissingError
	if !errors.As(err, &m) || !strings.HasSuffix(err.Error(), m.Line) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

// TestInstall downloads from a repository that is laid out as the real one is,
// and falls back to the sentence that helps when that has nothing.
func TestInstall(t *testing.T) {
	jar := fakeJar(t)
	hits := 0
	repository := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, ".jar") {
			http.NotFound(w, r)
			return
		}
		hits++
		_, _ = w.Write(jar)
	}))
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	t.Cleanup(repository.Close)

	dir := t.TempDir()
	var said []string
	for range 2 {
		got, err := install(t.Context(), dir, repository.URL, func(s string) { said = append(said, s) })
		if err != nil {
			t.Fatal(err)
		}
		if got.Version != "16.9" || got.Bin != filepath.Join(dir, "postgres-16.9.0", "bin") {
			t.Errorf("%+v", got)
		}
	}
	if hits != 1 || len(said) != 1 {
		t.Errorf("%d downloads, said %q; want one", hits, said)
	}

	nothing := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(nothing.Close)
	_, err := install(t.Context(), t.TempDir(), nothing.URL, nil)
	var m *MissingError
	if !errors.As(err, &m) || !strings.Contains(err.Error(), "install") || m.Cause == nil {
		t.Errorf("%v, want a MissingError", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := install(ctx, t.TempDir(), nothing.URL, nil); !errors.As(err, &m) {
		t.Errorf("with an ended ctx: %v", err)
	}
}

func script(t *testing.T, path, body string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// fakeJar is a jar with a .txz of two scripts that answer as PostgreSQL would.
func fakeJar(t *testing.T) []byte {
	t.Helper()
	if _, err := exec.LookPath("xz"); err != nil {
		if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := t.TempDir()
	script(t, filepath.Join(dir, "bin", "postgres"), "echo 'postgres (PostgreSQL) 16.9'")
	script(t, filepath.Join(dir, "bin", "initdb"), "exit 0")
	script(t, filepath.Join(dir, "bin", "pg_ctl"), "exit 0")
	txz, err := exec.Command("tar", "-C", dir, "-cJf", "-", "bin").Output()
	if err != nil {
		t.Fatal(err)
	}
	var jar bytes.Buffer
	z := zip.NewWriter(&jar)
	w, err := z.Create("postgres.txz")
	if err == nil {
		_, err = w.Write(txz)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return jar.Bytes()
}

// Somebody who ends the program while it looks around wants nothing installed.
func TestFindThatIsCutShortSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Find(ctx)
	var missing *MissingError
	if !errors.Is(err, context.Canceled) || errors.As(err, &missing) {
		t.Errorf("%v, want that it was cancelled and not that PostgreSQL is missing", err)
	}
}
