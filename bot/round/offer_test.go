package round_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// library is three scenarios of which one comes in two ways and one needs
// another stage.
func library() catalogue {
	crash := shelf[0]
	crash.ID, crash.Variants = "instance-crash", []round.Variant{
		{Name: "stopped", Fault: round.Fault{Kind: "stop"}}, {Name: "impaired", Fault: round.Fault{Kind: "panic"}},
	}
	nodes := shelf[0]
	nodes.ID, nodes.Stages, nodes.Fault.Kind = "node-capacity", []string{"eks"}, "surge"
	return append(catalogue{crash, nodes}, shelf...)
}

// fits lets faults of these kinds find what they would touch.
func (w *world) fits(kinds ...string) {
	w.plan = func(f round.Fault) (round.Plan, error) {
		for _, k := range kinds {
			if k == f.Kind {
				return round.Plan{Receipt: json.RawMessage(`{}`), Blast: "One " + k + ".", Targets: []string{"sg-" + k}}, nil
			}
		}
		return round.Plan{}, round.Refuse("no-target", "No target for %s.", f.Kind)
	}
}

func onShelf(t *testing.T, c catalogue) (*round.Engine, *memory, *world) {
	t.Helper()
	m, w := &memory{}, newWorld()
	cfg := config(m, w)
	cfg.Catalogue = c
	e, _ := startWith(t, cfg)
	ready(t, e)
	return e, m, w
}

func TestPreviewShowsAndTouchesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, m, w := onShelf(t, library())
		w.fits("ingress-revoke", "panic")
		before := len(m.kinds())
		for _, dry := range []bool{true, false} {
			o, err := e.Preview(t.Context(), admin, "security-group", "", dry)
			if err != nil || o.Blast != "One ingress-revoke." || len(o.Targets) != 1 || o.Page != 12*time.Second || o.Limit != time.Minute || len(o.Expect) != 1 {
				t.Errorf("shown %+v, %v", o, err)
			}
			if (o.Ticket == "") != dry {
				t.Errorf("dry %t: the ticket is %q", dry, o.Ticket)
			}
		}
		o, err := e.Preview(t.Context(), admin, "instance-crash", "", true)
		if err != nil || o.Variant != "impaired" {
			t.Errorf("the variant that fits is shown as %+v, %v", o, err)
		}
		_, err = e.Preview(t.Context(), admin, "instance-crash", "stopped", true)
		wantRefusal(t, err, "no-target")
		_, err = e.Preview(t.Context(), admin, "node-capacity", "", true)
		wantRefusal(t, err, "stage")
		if !strings.Contains(err.Error(), "/provision stage:eks") {
			t.Errorf("no way out: %v", err)
		}
		_, err = e.Preview(t.Context(), ana, "security-group", "", false)
		wantRefusal(t, err, "role")
		if n := len(m.kinds()); n != before || w.count("inject") != 0 {
			t.Errorf("%d events came, and %d injections", n-before, w.count("inject"))
		}
	})
}

func TestOnlyTheOfferThatWasShownCounts(t *testing.T) {
	other := admin
	other.ID = "4"
	for name, c := range map[string]struct {
		by   round.Caller
		rule string
		do   func(t *testing.T, e *round.Engine, w *world, ticket string)
	}{
		"nothing came between":     {admin, "", func(*testing.T, *round.Engine, *world, string) {}},
		"somebody else's":          {other, "no-offer", func(*testing.T, *round.Engine, *world, string) {}},
		"a player":                 {ana, "role", func(*testing.T, *round.Engine, *world, string) {}},
		"too late":                 {admin, "expired", func(*testing.T, *round.Engine, *world, string) { time.Sleep(5 * time.Minute) }},
		"just in time":             {admin, "", func(*testing.T, *round.Engine, *world, string) { time.Sleep(5*time.Minute - time.Second) }},
		"the stack changed":        {admin, "changed", func(_ *testing.T, _ *round.Engine, w *world, _ string) { w.plan = twoRules }},
		"nothing to break is left": {admin, "no-target", func(_ *testing.T, _ *round.Engine, w *world, _ string) { w.fits() }},
		"it was declined": {admin, "answered", func(t *testing.T, e *round.Engine, _ *world, ticket string) {
			if err := e.Decline(t.Context(), admin, ticket); err != nil {
				t.Error(err)
			}
		}},
		"it was pressed twice": {admin, "answered", func(t *testing.T, e *round.Engine, _ *world, ticket string) {
			if _, err := e.Inject(t.Context(), admin, ticket); err != nil {
				t.Error(err)
			}
		}},
		"a later one was shown": {admin, "no-offer", func(t *testing.T, e *round.Engine, _ *world, _ string) {
			if _, err := e.Preview(t.Context(), admin, "security-group", "", false); err != nil {
				t.Error(err)
			}
		}},
		"another admin was faster": {admin, "one-incident", func(t *testing.T, e *round.Engine, _ *world, _ string) {
			if _, err := offered(t.Context(), e, other, "security-group"); err != nil {
				t.Error(err)
			}
		}},
		"another round is open": {admin, "no-offer", func(t *testing.T, e *round.Engine, _ *world, _ string) {
			if _, err := closed(t.Context(), e, admin); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			ready(t, e)
		}},
		"the shop is not well": {admin, "not-green", func(_ *testing.T, _ *round.Engine, w *world, _ string) { w.set(round.Bad) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, _, w := onShelf(t, library())
				w.fits("ingress-revoke")
				shown, err := e.Preview(t.Context(), admin, "security-group", "", false)
				if err != nil {
					t.Fatal(err)
				}
				c.do(t, e, w, shown.Ticket)
				before := w.count("inject")
				_, err = e.Inject(t.Context(), c.by, shown.Ticket)
				if c.rule != "" {
					wantRefusal(t, err, c.rule)
				}
				if n := w.count("inject") - before; (n == 1) != (err == nil) {
					t.Errorf("injected %d times, %v", n, err)
				}
			})
		})
	}
}

func twoRules(round.Fault) (round.Plan, error) {
	return round.Plan{Receipt: json.RawMessage(`{}`), Blast: "Two rules."}, nil
}

// TestASurpriseIsDrawnAmongWhatFits: what does not fit the stack is drawn over,
// before it is shown as after, and nobody is told.
func TestASurpriseIsDrawnAmongWhatFits(t *testing.T) {
	for name, c := range map[string]struct{ first, then []string }{
		"another scenario":          {[]string{"ingress-revoke"}, []string{"ingress-revoke"}},
		"another variant":           {[]string{"panic"}, []string{"panic"}},
		"drawn anew before it acts": {[]string{"stop"}, []string{"ingress-revoke"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, m, w := onShelf(t, library())
				w.fits(c.first...)
				o, err := e.Preview(t.Context(), admin, "surprise", "", false)
				if err != nil || o.Title+o.Variant+o.Blast+o.Does+o.Hypothesis != "" || len(o.Targets)+len(o.Expect) != 0 || o.Page+o.Limit != 0 {
					t.Fatalf("shown %+v, %v", o, err)
				}
				w.fits(c.then...)
				in, err := e.Inject(t.Context(), admin, o.Ticket)
				if err != nil || in.Title+in.Variant != "" {
					t.Fatalf("told %+v, %v", in, err)
				}
				event, _ := m.last(round.FaultRequested)
				var asked round.FaultAsked
				if err := event.Into(&asked); err != nil || asked.Fault.Kind != c.then[0] || asked.Blast != "One "+c.then[0]+"." {
					t.Errorf("injected %+v, %v", asked, err)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		e, _, w := onShelf(t, library())
		w.fits("surge") // which needs another stage
		_, err := e.Preview(t.Context(), admin, "surprise", "", false)
		wantRefusal(t, err, "no-target")
		_, err = e.Preview(t.Context(), admin, "surprise", "stopped", false)
		wantRefusal(t, err, "variant")
	})
}
