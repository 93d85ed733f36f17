package runner

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// The whole stack, as a bot makes and removes it, but for AWS.
func TestAStackComesAndGoes(t *testing.T) {
	if _, stub := provider.Need(t); !stub {
		t.Skip("needs the tests' provider: a real one would need AWS")
	}
	w := newWorld(t, infra.Unpack, nil)
	pushed := filepath.Join(t.TempDir(), "pushed")
	push := w.Runner.cfg.Image
	w.Runner.cfg.Image = func(ctx context.Context, repository, release string) error {
		if err := push(ctx, repository, release); err != nil {
			return err
		}
		return os.WriteFile(pushed, nil, 0o600)
	}
	// As the services do on AWS, the apply waits for the image.
	w.extra["waits.tf"] = `
resource "terraform_data" "waits" {
  depends_on = [module.api]
  provisioner "local-exec" {
    command = "until [ -e '` + pushed + `' ]; do sleep 0.1; done"
  }
}
`
	spec := testSpec("R7")
	began := time.Now()
	out, err := w.Provision(t.Context(), spec, w.progress)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("provision: %s", time.Since(began).Round(100*time.Millisecond))
	if out.Region != "us-east-1" || !strings.HasPrefix(out.Shop, "https://") || !strings.HasSuffix(out.Prometheus, "/prometheus") ||
		!strings.HasSuffix(out.Alertmanager, "/alertmanager") || out.Queue == "" ||
		!strings.HasSuffix(out.Graphs, "/grafana/d/shop") || !strings.Contains(out.Logs, "/kibana/") || !strings.HasSuffix(out.Runbooks, "/runbooks/") {
		t.Errorf("outputs %+v", out)
	}
	if !slices.Equal(w.images, []string{"chaotic-r7-shop:1.4.0"}) || !slices.Equal(w.cloud.awaited, []string{out.Shop}) || w.cloud.database == "" {
		t.Errorf("pushed %v, awaited %v, database %q", w.images, w.cloud.awaited, w.cloud.database)
	}
	w.noPlan(t)
	mustBeOurs(t, w)
	all := mustGrow(t, w.told)
	for _, phase := range []string{"secrets", "plan", "network", "database", "shop", "logins", "waiting for monitoring"} {
		if !slices.ContainsFunc(w.told, func(p round.Progress) bool { return p.Phase == phase }) {
			t.Errorf("nobody was told of the phase %q", phase)
		}
	}
	if all < 130 {
		t.Errorf("%d things were counted", all)
	}
	if p := w.told[len(w.told)-1]; p.PerHour != 0.31 || p.Until.Before(began.Add(firsts[actProvision])) {
		t.Errorf("the card ends with %+v", p)
	}

	t.Run("a second provision changes nothing", func(t *testing.T) {
		w.told = nil
		began := time.Now()
		again, err := w.Provision(t.Context(), spec, w.progress)
		if err != nil || again != out {
			t.Fatalf("%+v, %v", again, err)
		}
		t.Logf("second provision: %s", time.Since(began).Round(100*time.Millisecond))
		if n := mustGrow(t, w.told); n != 0 || len(w.images) != 2 {
			t.Errorf("%d changes, pushed %v", n, w.images)
		}
		var took map[string][]float64
		text, err := os.ReadFile(w.dir.times())
		if err != nil || json.Unmarshal(text, &took) != nil || len(took["classic provision"]) != 1 {
			t.Errorf("learned %s, %v; want the first provision alone", text, err)
		}
	})
	t.Run("an extension is kept", func(t *testing.T) {
		later := spec
		later.Expires = spec.Expires.Add(time.Hour)
		if err := w.Extend(t.Context(), later); err != nil {
			t.Fatal(err)
		}
		if v, there, err := readVariables(w.dir.home("R7")); err != nil || !there || v.Expires != "2026-11-23T20:35:00Z" {
			t.Errorf("%+v, %v", v, err)
		}
	})
	w.told, began = nil, time.Now()
	got := w.gone(t, spec)
	t.Logf("destroy: %s, %d removed", time.Since(began).Round(100*time.Millisecond), got.Removed)
	if n := mustGrow(t, w.told); n < all || got.Removed < all+4 { // and the secrets
		t.Errorf("%d of %d were counted while they went, %d in the end", n, all, got.Removed)
	}
	if got = w.gone(t, spec); got.Removed != 0 {
		t.Errorf("a second destroy removes %+v", got)
	}
}

// mustGrow wants counts that never fall and are complete in the end, and returns
// how many things there were.
func mustGrow(t *testing.T, told []round.Progress) int {
	t.Helper()
	var last round.Progress
	for _, p := range told {
		if p.Phase == "" || p.Done < last.Done || p.Total < last.Total || p.Done > p.Total {
			t.Errorf("after %+v comes %+v", last, p)
		}
		last = p
	}
	if last.Done != last.Total {
		t.Errorf("the last word is %+v", last)
	}
	return last.Total
}

// mustBeOurs wants that nobody else may look into the folder, and that no secret
// is in Terraform's inputs and state.
func mustBeOurs(t *testing.T, w *world) {
	t.Helper()
	h := w.dir.home("R7")
	for path, want := range map[string]os.FileMode{string(h): 0o700, h.vars(): 0o600, h.state(): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %o", path, info.Mode(), err, want)
		}
	}
	for _, path := range []string{h.vars(), h.state()} {
		text, err := os.ReadFile(path)
		if err != nil || len(text) == 0 {
			t.Fatal(err)
		}
		for _, secret := range []string{"token-of-the-webhook", "hush", "by-RDS", "PRIVATE KEY"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s holds %q", path, secret)
			}
		}
	}
}
