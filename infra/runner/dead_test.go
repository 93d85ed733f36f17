//go:build unix

package runner

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A Terraform that was killed leaves its lock in S3. The next run knows it for
// its own and goes on without a person.
func TestTheLockOfOurDeadRunIsTakenAway(t *testing.T) {
	needTerraform(t)
	var log strings.Builder
	w := newWorld(t, tiny, func(c *Config) {
		onS3(t, "dead-runs")(c)
		c.LetGo, c.Log = time.Millisecond, slog.New(slog.NewTextHandler(&log, nil))
	})
	stay := t.TempDir() // what Terraform ran when it was killed ends with this folder
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.extra["endless.tf"] = endless(atBegin(t, cancel), "while [ -d '"+stay+"' ]; do sleep 0.1; done")
	spec := testSpec("R7")
	_, err := w.Provision(ctx, spec, w.progress)
	if err == nil || !strings.Contains(err.Error(), "was killed") {
		t.Fatalf("got %v", err)
	}
	if n := readNote(w.dir.home("R7").note()); n == nil || n.Held.Before(n.Began) {
		t.Fatalf("the note says %+v", n)
	}
	w.noPlan(t)
	w.gone(t, spec)
	if !strings.Contains(log.String(), "a run of ours that died left its lock; taking it away") {
		t.Errorf("there was no lock to take away: %s", log.String())
	}
}

func TestWhoseALockIs(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 1000, time.UTC)
	n := &note{Began: at.Add(-time.Second), Held: at.Add(time.Second)}
	mine := Locked{Who: us(), Since: at.String()}
	if us() == "" {
		t.Skip("needs a user with a name")
	}
	dir := t.TempDir()
	if !n.left(&mine, dir) {
		t.Error("our own is not known")
	}
	other, early, late, odd := mine, mine, mine, mine
	other.Who = "ana@laptop"
	early.Since, late.Since, odd.Since = at.Add(-time.Minute).String(), at.Add(time.Minute).String(), "yesterday"
	for what, l := range map[string]Locked{"another's": other, "an earlier one": early, "a later one": late, "an odd one": odd} {
		if n.left(&l, dir) {
			t.Errorf("%s is taken for ours", what)
		}
	}
	if (*note)(nil).left(&mine, dir) {
		t.Error("one of which there is no note is taken for ours")
	}
}

// A Terraform that still works in the folder keeps its lock, whoever wrote what.
func TestALivingTerraformKeepsItsLock(t *testing.T) {
	needTerraform(t)
	dir := t.TempDir()
	if works(dir) {
		t.Error("somebody works in a new folder")
	}
	cmd := exec.CommandContext(t.Context(), "terraform", "console") // waits for its input
	cmd.Dir = dir
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !works(dir) {
		t.Error("the one that works here is not seen")
	}
	if err := errors.Join(input.Close(), cmd.Wait()); err != nil && !errors.Is(err, os.ErrClosed) {
		t.Logf("console: %v", err)
	}
	if works(dir) {
		t.Error("one that has ended is seen")
	}
}
