package image

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// kept holds what was built, for all tests of this run.
var kept struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if kept.dir != "" {
		_ = os.RemoveAll(kept.dir)
	}
	os.Exit(code)
}

// built gives the programs of this checkout, which are built once.
func built(t *testing.T) Programs {
	t.Helper()
	kept.once.Do(func() {
		if kept.dir, kept.err = os.MkdirTemp("", "chaotic-image-test-"); kept.err == nil {
			kept.err = PutStack(context.Background(), FromSource("../.."), kept.dir)
		}
	})
	if errors.Is(kept.err, exec.ErrNotFound) && os.Getenv("CHAOTIC_REQUIRE_ALL") != "1" {
		t.Skipf("needs the Go toolchain: %v", kept.err)
	}
	if kept.err != nil {
		t.Fatal(kept.err)
	}
	return FromFolder(kept.dir)
}

// needLinux is for tests that run what was built.
func needLinux(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skipf("runs a program for Linux on x86-64; this is %s on %s", runtime.GOOS, runtime.GOARCH)
	}
}

// unpacked is an image's files by name, with their headers.
func unpacked(t *testing.T, img v1.Image) map[string]entry {
	t.Helper()
	all := map[string]entry{}
	content := mutate.Extract(img)
	defer content.Close()
	for r := tar.NewReader(content); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[h.Name] = entry{h, data}
	}
}

type entry struct {
	header *tar.Header
	data   []byte
}

// running starts a program and returns the address that it says it listens at,
// and what it said before.
func running(t *testing.T, address *regexp.Regexp, env []string, path string, args ...string) (url, said string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env, cmd.Dir = env, t.TempDir()
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); _ = in.Close(); close(ended) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	var all strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		all.WriteString(lines.Text() + "\n")
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return "http://" + m[1], all.String()
		}
	}
	t.Fatalf("%s said no address:\n%s", filepath.Base(path), all.String())
	return "", ""
}

// get reads an address.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// healthy asks until a shop that waits for the database's first word, and gets
// none, says that it is well all the same.
func healthy(t *testing.T, url string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); ; <-tick.C {
		status, body := get(t, url)
		if status == http.StatusOK {
			return
		}
		if status != http.StatusServiceUnavailable || time.Now().After(deadline) {
			t.Errorf("the balancer is told %d, %s", status, body)
			return
		}
	}
}
