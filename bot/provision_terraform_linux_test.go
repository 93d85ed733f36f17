package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/chaotic-good/scenarios/infra/runner"
)

// Rounds whose stacks Terraform makes, played through the chat. The first has the
// whole stack; what a bot does with any stack is told of a tiny one.
func TestTerraformMakesTheRounds(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes more than a minute")
	}
	w := newTerraformed(t)
	t.Run("the whole stack comes and goes", w.comesAndGoes)
	t.Run("a plan breaks rules", w.breaksRules)
	t.Run("destroyed while it is built", w.cancelled)
	t.Run("the apply fails", w.fails)
	t.Run("somebody died and left a lock", w.locked)
}

func (w *terraformed) comesAndGoes(t *testing.T) {
	if !w.stub {
		t.Skip("needs the tests' provider: a real one would need AWS")
	}
	b := w.serve(t, nil, nil)
	prospect := b.prospect(t)
	shown := textOf(prospect)
	for _, part := range []string{
		"✅ **account**", "✅ **terraform**", "✅ **state** · It will be in the bot's own folder", "✅ **plan** · 1", " things would be made, and no rule is broken.",
		"It costs about **$0.2", "an hour**, and at most **$", "by the list prices of us-east-1", "1 × ",
	} {
		if !strings.Contains(shown, part) {
			t.Errorf("nothing says %q in\n%s", part, shown)
		}
	}
	w.nothing(t, b)

	built := b.follow(t, "**R1 is being built**")
	b.builds(t, prospect)
	b.reads(t, b.admin, "**R1 is ready**")
	mustTell(t, built(), "ready about")
	if got, want := b.images(), []string{"chaotic-r1-shop:" + shopRelease}; !slices.Equal(got, want) {
		t.Errorf("pushed %v, want %v", got, want)
	}
	b.reads(t, b.viewer, "**R1 has started**")
	if text := textOf(b.status(t)); !strings.Contains(text, "It costs about $0.2") || !strings.Contains(text, "and has cost about $0.0") {
		t.Errorf("/status says %s", text)
	}

	removed := b.follow(t, "**R1 is being destroyed**")
	b.destroys(t)
	b.gone(t, w, "R1")
	mustTell(t, removed(), "gone about")
	var took map[string][]float64
	text, err := os.ReadFile(filepath.Join(b.state, "stacks", "times.json"))
	if err != nil || json.Unmarshal(text, &took) != nil || len(took["classic provision"]) != 1 || len(took["classic destroy"]) != 1 {
		t.Errorf("learned %s, %v", text, err)
	}
	mustHaveNoPlan(t, b)
}

// nothing wants that nothing was made yet.
func (w *terraformed) nothing(t *testing.T, b *servedBot) {
	t.Helper()
	if entries, err := os.ReadDir(filepath.Join(b.state, "stacks")); err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return strings.HasPrefix(e.Name(), "R") || e.Name() == "look"
	}) {
		t.Errorf("the look left %v, %v", entries, err)
	}
	if names := w.ours(t); len(names) > 0 {
		t.Errorf("the look made the secrets %v", names)
	}
}

// The policy is the real one, which finds that a tiny stack lacks much.
func (w *terraformed) breaksRules(t *testing.T) {
	b := w.serve(t, nil, func(c *runner.Config) {
		gate := c.Gate
		w.tiny("")(c)
		c.Gate = gate
	})
	shown := b.prospect(t)
	text := textOf(shown)
	if !strings.Contains(text, "❌ **policy** · The plan breaks the rule `missing-budget`") || !strings.Contains(text, "It cannot be built like this, and nothing was.") {
		t.Errorf("shown is\n%s", text)
	}
	if buttonOf(shown, "Build") != "" {
		t.Error("it may be built all the same")
	}
	w.nothing(t, b)
}

// cancelled destroys a round in the middle of its apply: Terraform is interrupted
// and waited for, and what it had made is removed. The state is in S3, where a
// lock that is not let go of stays.
func (w *terraformed) cancelled(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	b := w.serve(t, w.onS3(t, "interrupted"), w.tiny(`
resource "terraform_data" "endless" {
  depends_on = [terraform_data.thing]
  provisioner "local-exec" {
    command = "echo $$ >'`+pipe+`'; exec sleep 600"
  }
}
`))
	b.builds(t, b.prospect(t))
	said := firstLine(t, pipe) // when the apply has begun what never ends
	b.reads(t, b.viewer, "**R1** starts about")
	if got := w.ask(t, http.MethodHead, "/interrupted/rounds/chaotic-r1.tfstate.tflock", ""); got != http.StatusOK {
		t.Errorf("while it is built the lock has status %d", got)
	}
	b.destroys(t)
	b.gone(t, w, "R1")
	if got := w.ask(t, http.MethodHead, "/interrupted/rounds/chaotic-r1.tfstate.tflock", ""); got != http.StatusNotFound {
		t.Errorf("afterwards the lock has status %d", got)
	}
	b.reads(t, b.viewer, "**R1** does not take place.")
	pid, err := strconv.Atoi(strings.TrimSpace(said))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("what Terraform was doing goes on: %v", err)
	}
	if failed := append(b.logged("provision failed"), b.logged("destroy failed")...); len(failed) > 0 {
		t.Errorf("these failed: %q", failed)
	}
	mustHaveNoPlan(t, b)
}

// fails lets every try of an apply fail.
func (w *terraformed) fails(t *testing.T) {
	b := w.serve(t, nil, w.tiny(`
resource "terraform_data" "fails" {
  lifecycle {
    precondition {
      condition     = "${terraform_data.thing[0].id}${timestamp()}" == "" # not known to a plan
      error_message = "The password is hunter2."
    }
  }
}
`))
	b.builds(t, b.prospect(t))
	page := b.reads(t, b.admin, "**R1 is stuck.** The stack could not be built. That was try 3 of 3. It is not tried again by itself; `/destroy` removes what there is.",
		"Meanwhile what there is of it costs up to $0.50 an hour.", "<@"+b.admin.ID+">")
	tries := b.logged("provision failed")
	if len(tries) != 3 || !slices.ContainsFunc(tries, func(said string) bool {
		return said != `terraform apply of R1 failed: resource "terraform_data" "fails": Resource precondition failed`
	}) {
		t.Errorf("the log tells of %q", tries)
	}
	for _, text := range []string{b.log.String(), b.transcript.String()} {
		if strings.Contains(text, "hunter2") {
			t.Error("a value of the stack was told")
		}
	}
	mustHaveNoPlan(t, b)
	if err := b.admin.presses(t.Context(), page, "Destroy"); err != nil {
		t.Fatal(err)
	}
	b.gone(t, w, "R1")
}

// locked finds a lock on the state in S3 that somebody left who died.
func (w *terraformed) locked(t *testing.T) {
	backend := w.onS3(t, "states")
	const lock = `{"ID":"3fa2b1c0-0000-4000-8000-000000000001","Operation":"OperationTypeApply","Info":"","Who":"ana@laptop",` +
		`"Version":"1.11.4","Created":"2026-11-25T12:00:00.000001Z","Path":"states/rounds/chaotic-r1.tfstate"}`
	if got := w.ask(t, http.MethodPut, "/states/rounds/chaotic-r1.tfstate.tflock", lock); got != http.StatusOK {
		t.Fatalf("the lock is not put: status %d", got)
	}
	b := w.serve(t, backend, w.tiny(""))
	b.builds(t, b.prospect(t))
	page := b.reads(t, b.admin, "**R1 is stuck.** The state of R1 is locked since 2026-11-25 12:00:00.000001 +0000 UTC by another run of Terraform.",
		"the operator takes the lock away, with the bot's settings: `bot stack unlock --round 1`.", "That was try 3 of 3.")
	if strings.Contains(b.transcript.String(), "laptop") {
		t.Error("the chat tells on whose machine it was")
	}
	if tries := b.logged("provision failed"); len(tries) != 3 || !strings.Contains(tries[0], "is locked by ana@laptop since") {
		t.Errorf("the log tells of %q", tries)
	}
	var out bytes.Buffer
	err := stackVerb(t.Context(), []string{"unlock", "--round", "1"}, lookup(b.env), &out, io.Discard)
	if err != nil || !strings.Contains(out.String(), "R1 was locked by ana@laptop since 2026-11-25 12:00:00.000001 +0000 UTC; the lock is gone") {
		t.Fatalf("unlock: %q, %v", out.String(), err)
	}
	if err := b.admin.presses(t.Context(), page, "Destroy"); err != nil {
		t.Fatal(err)
	}
	b.gone(t, w, "R1")
}
