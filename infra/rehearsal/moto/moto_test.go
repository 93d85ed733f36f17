package moto

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// needTool is the machine's moto_server; without it the test is skipped, or
// fails where everything is required.
func needTool(t *testing.T) Tool {
	t.Helper()
	tool, err := Find(t.Context())
	if err != nil && os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
		t.Fatalf("moto_server is required: %v", err)
	}
	if err != nil {
		t.Skipf("needs moto_server: %v", err)
	}
	return tool
}

func TestStart(t *testing.T) {
	dir := t.TempDir()
	began := time.Now()
	s, err := Start(t.Context(), Config{
		Tool: needTool(t), Dir: dir, Account: "111122223333", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %s", time.Since(began).Round(time.Millisecond))

	if got := ask(t, s, "/moto-api/state-manager/get-transition?model_name=ecs::task", nil); !strings.Contains(got, "1000000000") {
		t.Errorf("a look at a task changes its state: %s", got)
	}
	sts := first{service: "sts", body: "Action=GetCallerIdentity&Version=2011-06-15"}
	if got := ask(t, s, "/?"+sts.body, sts.header("us-east-1")); !strings.Contains(got, "<Account>111122223333</Account>") {
		t.Errorf("moto answers for another account: %s", got)
	}
	ec2 := first{service: "ec2"}
	if got := ask(t, s, "/?Action=DescribeImages&Version=2016-11-15", ec2.header("us-east-1")); strings.Contains(got, "ami-") {
		t.Error("moto loaded its images, which makes describe-images slow")
	}

	if conn, err := net.Dial("tcp", "127.0.0.1:"+s.URL.Port()); err == nil && runtime.GOOS == "linux" {
		conn.Close()
		t.Error("moto, which lets every web site in, listens where a web page looks first")
	}

	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if resp, err := http.Get(s.URL.String()); err == nil {
		resp.Body.Close()
		t.Error("moto still answers after Stop")
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Errorf("a second Stop: %v", err)
	}
}

func TestStartSaysWhatTheProcessSaid(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "moto_server")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\necho no module named flask >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Config{Tool: Tool{Path: broken}, Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "no module named flask") {
		t.Fatalf("Start = %v, want the process's own words", err)
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	silent := filepath.Join(dir, "moto_server")
	if err := os.WriteFile(silent, []byte("#!/bin/sh\nexec sleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := Start(ctx, Config{Tool: Tool{Path: silent}, Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Start = %v, want the end of its context", err)
	}
}

func TestFind(t *testing.T) {
	plant := func(t *testing.T, version string, server bool) string {
		dir := t.TempDir()
		site := filepath.Join(dir, "lib", "python3.11", "site-packages")
		for _, d := range []string{filepath.Join(dir, "bin"), filepath.Join(site, "moto-"+version+".dist-info")} {
			if err := os.MkdirAll(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if server {
			if err := os.Mkdir(filepath.Join(site, "flask"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "bin", "moto_server"), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, "bin")
	}
	for _, tt := range []struct {
		name, version string
		server, want  bool
	}{
		{"this release", Version, true, true},
		{"an older major release", "4.2.14", true, false},
		{"without the server's parts", Version, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bin := plant(t, tt.version, tt.server)
			t.Setenv("HOME", t.TempDir())
			t.Setenv("PATH", bin)
			tool, err := Find(t.Context())
			found := err == nil && filepath.Dir(tool.Path) == bin
			if found != tt.want {
				t.Errorf("found = %v (%v, %v), want %v", found, tool, err, tt.want)
			}
		})
	}
}

func TestInstallWithoutPython(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Install(t.Context(), t.TempDir(), func(string) {})
	var said *InstallError
	if !errors.As(err, &said) || !strings.Contains(said.Say, "sudo apt-get install") {
		t.Fatalf("Install = %v, want the line that installs Python", err)
	}
}

func TestInstallThatFailsLeavesNothing(t *testing.T) {
	bin, cache := t.TempDir(), t.TempDir()
	script := "#!/bin/sh\necho ensurepip is not available\nexit 1\n"
	if err := os.WriteFile(filepath.Join(bin, "python3"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	var lines []string
	_, err := Install(t.Context(), cache, func(l string) { lines = append(lines, l) })
	var said *InstallError
	if !errors.As(err, &said) || !strings.Contains(said.Say, "python3-venv") {
		t.Errorf("Install = %v, want the line that installs venv", err)
	}
	if len(lines) < 2 || lines[1] != "ensurepip is not available" {
		t.Errorf("progress = %q, want the tool's own lines", lines)
	}
	if left, err := os.ReadDir(cache); err != nil || len(left) != 0 {
		t.Errorf("the failed attempt left %v (%v)", left, err)
	}
}

func ask(t *testing.T, s *Server, path string, h http.Header) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL.String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if h != nil {
		req.Header = h
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
