package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestExamineKeepsTheOrderAndTheTime: one check that never ends costs no more
// than the limit, and none of what the others found.
func TestExamineKeepsTheOrderAndTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		checks := []Check{
			{"stuck", func(context.Context) Finding { <-gate; return Well("late") }},
			{"obedient", func(ctx context.Context) Finding { <-ctx.Done(); return Well("it gave up") }},
			{"slow", func(context.Context) Finding { time.Sleep(3 * time.Second); return Well("slow") }},
			{"quick", func(context.Context) Finding { return Well("quick") }},
		}
		began := time.Now()
		all := Examine(t.Context(), 10*time.Second, checks)
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("it took %s", took)
		}
		close(gate)
		for i, want := range []struct {
			state State
			says  string
		}{{Wrong, "no answer within 10s"}, {OK, "it gave up"}, {OK, "slow"}, {OK, "quick"}} {
			if r := all[i]; r.Name != checks[i].Name || r.State != want.state || !strings.Contains(r.Says, want.says) {
				t.Errorf("%+v, want %+v", r, want)
			}
		}
	})
}

func TestPrint(t *testing.T) {
	var b strings.Builder
	healthy, err := Print(&b, []Result{
		{"clock", Well("It agrees.")},
		{"a long name", Finding{Warning, "Two\nlines.\x1b[2J", "Mend it."}},
	})
	want := `ok       clock        It agrees.
warning  a long name  Two lines. [2J
                      -> Mend it.

2 checks: 1 ok, 1 warning, 0 wrong
`
	if b.String() != want || !healthy || err != nil {
		t.Errorf("%v, %v:\n%s\nwant\n%s", healthy, err, b.String(), want)
	}
	if healthy, _ := Print(&b, []Result{{"clock", Finding{Wrong, "No.", "Do."}}}); healthy {
		t.Error("what is wrong is healthy")
	}
}

func TestDisk(t *testing.T) {
	free := func(n uint64) func(string) (uint64, error) {
		return func(string) (uint64, error) { return n, nil }
	}
	yes := func(string) error { return nil }
	home := t.TempDir()
	private, open, file := filepath.Join(home, "private"), filepath.Join(home, "open"), filepath.Join(home, "file")
	for path, mode := range map[string]os.FileMode{private: 0o700, open: 0o755} {
		if err := errors.Join(os.Mkdir(path, mode), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		disk Disk
		want State
		says string
	}{
		"all is well":         {Disk{private, free(5 << 30), yes}, OK, "5.0 GiB are free"},
		"it is not there yet": {Disk{filepath.Join(private, "a", "b"), free(5 << 30), yes}, OK, "does not exist yet"},
		"the disk is full":    {Disk{private, free(3 << 20), yes}, Wrong, "Only 3 MiB are free"},
		"little is left":      {Disk{private, free(900 << 20), yes}, Warning, "900 MiB"},
		"others may look":     {Disk{open, free(5 << 30), yes}, Warning, "Others than its owner"},
		"it is a file":        {Disk{file, free(5 << 30), yes}, Wrong, "is not a folder"},
		"below a file":        {Disk{filepath.Join(file, "x"), free(5 << 30), yes}, Wrong, "cannot be used"},
		"it may not write":    {Disk{private, free(5 << 30), func(string) error { return os.ErrPermission }}, Wrong, "may not write"},
		"nobody can tell":     {Disk{private, func(string) (uint64, error) { return 0, errors.ErrUnsupported }, yes}, Warning, "is not known"},
		"no folder is named":  {Disk{"", free(1), yes}, Wrong, "names none"},
	} {
		expect(t, name, c.disk.Check().Run(t.Context()), c.want, c.says)
	}
	real := Disk{private, FreeSpace, Writable}.Check().Run(t.Context())
	if real.State == Wrong {
		t.Errorf("on this machine: %+v", real)
	}
	if left, err := os.ReadDir(private); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

func TestTimes(t *testing.T) {
	const h = time.Hour
	for name, c := range map[string]struct {
		times Times
		want  State
		says  string
	}{
		"the defaults":     {Times{4 * h, h, 0, h / 4}, OK, "after 4h, and after 1h in"},
		"a day":            {Times{24 * h, h, 0, h / 4}, Warning, "costs money for 24h"},
		"half an hour":     {Times{20 * time.Minute, 15 * time.Minute, 0, h / 4}, Warning, "15m of the 20m"},
		"idle for ever":    {Times{4 * h, 5 * h, 0, h / 4}, Warning, "idle limit is never reached"},
		"a long incident":  {Times{4 * h, h, 5 * h, h / 4}, Warning, "an incident may last longer"},
		"odd in two ways":  {Times{9 * h, 10 * h, 0, h / 4}, Warning, "9h; the idle"},
		"minutes are told": {Times{90 * time.Minute, h, 0, h / 4}, OK, "after 1h30m, "},
	} {
		expect(t, name, c.times.Check().Run(t.Context()), c.want, c.says)
	}
}

func TestBackend(t *testing.T) {
	no := func(context.Context) error { return errors.New("no such bucket") }
	yes := func(context.Context) error { return nil }
	expect(t, "not needed", Backend{}.Check().Run(t.Context()), OK, "keeps none")
	expect(t, "local", Backend{Needed: true, Kind: "local", Folder: "/s/stacks"}.Check().Run(t.Context()), OK, "/s/stacks")
	expect(t, "not asked", Backend{Needed: true, Kind: "cloud"}.Check().Run(t.Context()), Warning, "cloud was not asked")
	expect(t, "gone", Backend{Needed: true, Kind: "s3", Reach: no}.Check().Run(t.Context()), Wrong, "no such bucket")
	expect(t, "there", Backend{Needed: true, Kind: "s3", Reach: yes}.Check().Run(t.Context()), OK, "answers")
}

// expect also wants to be told how to mend what is not well, once.
func expect(t *testing.T, name string, f Finding, want State, says string) {
	t.Helper()
	if f.State != want || !strings.Contains(f.Says, says) || (f.Mend == "") != (want == OK || strings.HasPrefix(f.Says, "Not looked at")) {
		t.Errorf("%s: %+v\nwant %s, %q", name, f, want, says)
	}
}
