package cost

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/chaotic-good/scenarios/frontend"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/tftest"
)

// estimate plans the stack and adds it up.
func estimate(t *testing.T, s tftest.Stack) Estimate {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plan")
	options := tftest.Options(func(v string) tfexec.PlanOption { return tfexec.Var(v) })
	if _, err := s.Plan(t.Context(), append(options, tfexec.Out(file))...); err != nil {
		t.Fatal(err)
	}
	plan, err := s.ShowPlanFile(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Of(plan)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestTheStackCosts pins the figure, so that whoever makes a round dearer sees it.
func TestTheStackCosts(t *testing.T) {
	s := tftest.Need(t, tftest.Source{Unpack: infra.Unpack, Site: frontend.Unpack, Render: func(dir string) error {
		return infra.Rendered{Dir: dir, Names: infra.NamesOf("R7"), Region: "us-east-1", Webhook: "https://bot.example.org/alerts/R7"}.Write()
	}})
	if !s.Stub {
		t.Skip("needs the tests' provider: a real one would need AWS")
	}
	e := estimate(t, s)
	for _, i := range e.Items {
		t.Logf("%.5f USD: %s", i.PerHour, i)
	}
	t.Logf("%.4f USD an hour, %.2f USD in four hours", e.PerHour, e.For(4*time.Hour))
	const want = 0.2476
	if math.Abs(e.PerHour-want) > 0.00005 {
		t.Errorf("%.4f USD an hour, want %.4f", e.PerHour, want)
	}
	counts := map[string]int{
		"EC2 t3.large": 1, "EC2 t3.micro": 1, "load balancer": 2, "Fargate task of 0.25 vCPU and 0.5 GB": 3,
		"database db.t4g.micro": 1, "public IPv4 address": 7, "firewall rule": 4, "secret": 2,
	}
	for _, i := range e.Items {
		if n, ok := counts[i.What]; ok && n != i.Count {
			t.Errorf("%s, want %d", i, n)
		}
		delete(counts, i.What)
	}
	if len(counts) > 0 {
		t.Errorf("nobody counted %v", counts)
	}

	layout := filepath.Join(s.Dir, "..", "layout.json")
	text, err := os.ReadFile(layout)
	if err != nil {
		t.Fatal(err)
	}
	dearer := strings.Replace(string(text), "db.t4g.micro", "db.t4g.large", 1)
	if err := os.WriteFile(layout, []byte(dearer), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := estimate(t, s).PerHour - e.PerHour; math.Abs(got-(0.129-0.016)) > 1e-9 {
		t.Errorf("a larger database costs %.4f USD an hour more", got)
	}
}
