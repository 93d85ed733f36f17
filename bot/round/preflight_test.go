package round_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// scout finds what a test says.
type scout func(context.Context, round.Spec, round.Person) (round.Preflight, error)

func (s scout) Look(ctx context.Context, spec round.Spec, p round.Person) (round.Preflight, error) {
	return s(ctx, spec, p)
}

func finds(f round.Preflight) scout {
	return func(context.Context, round.Spec, round.Person) (round.Preflight, error) { return f, nil }
}

func check(name string, state round.CheckState) round.Preflight {
	return round.Preflight{Checks: []round.Check{{Name: name, State: state, Says: name + " was looked at."}}}
}

func costs(perHour float64) round.Preflight {
	return round.Preflight{Cost: round.Cost{Known: true, PerHour: perHour}}
}

func scouted(t *testing.T, ceiling float64, all ...round.Scout) (*round.Engine, *memory, *world) {
	t.Helper()
	m, w := &memory{}, newWorld()
	cfg := config(m, w)
	cfg.Scouts, cfg.Ceiling = all, ceiling
	e, _ := startWith(t, cfg)
	return e, m, w
}

// TestNothingIsBuiltUnconfirmed: what all scouts found is shown in their order,
// nothing is recorded or made, and only what fails cannot be confirmed.
func TestNothingIsBuiltUnconfirmed(t *testing.T) {
	refusal := scout(func(context.Context, round.Spec, round.Person) (round.Preflight, error) {
		return check("terraform", round.CheckOK), round.Refuse("open-port", "Port 22 would be open to everybody.")
	})
	broken := scout(func(context.Context, round.Spec, round.Person) (round.Preflight, error) {
		return round.Preflight{}, errors.New("dial 10.0.0.7: no route")
	})
	panics := scout(func(context.Context, round.Spec, round.Person) (round.Preflight, error) {
		panic("dial 10.0.0.7: no route")
	})
	slow := scout(func(ctx context.Context, _ round.Spec, _ round.Person) (round.Preflight, error) {
		time.Sleep(time.Second)
		return check("account", round.CheckOK), nil
	})
	hangs := scout(func(ctx context.Context, _ round.Spec, _ round.Person) (round.Preflight, error) {
		<-ctx.Done()
		return round.Preflight{}, ctx.Err()
	})
	for name, c := range map[string]struct {
		scouts  []round.Scout
		ceiling float64
		want    string // names and states
		may     bool
	}{
		"all is well":                {[]round.Scout{slow, finds(check("quotas", round.CheckOK)), finds(costs(0.5))}, 1, "account ok, quotas ok", true},
		"a warning":                  {[]round.Scout{finds(check("quotas", round.CheckWarns)), finds(costs(0.5))}, 0, "quotas warn", true},
		"a failure":                  {[]round.Scout{slow, finds(check("rights", round.CheckFails)), finds(costs(0.5))}, 0, "account ok, rights fail", false},
		"a refusal":                  {[]round.Scout{refusal, finds(costs(0.5))}, 0, "terraform ok, open port fail", false},
		"a scout that breaks":        {[]round.Scout{broken, finds(costs(0.5))}, 0, "preflight warn", true},
		"a scout that panics":        {[]round.Scout{panics, finds(costs(0.5))}, 0, "preflight warn", true},
		"a scout that hangs":         {[]round.Scout{hangs, finds(costs(0.5))}, 0, "preflight warn", true},
		"nobody knows the cost":      {nil, 0, "cost warn", true},
		"nor whether it is too much": {nil, 1, "cost warn", true},
		"too much":                   {[]round.Scout{finds(costs(1.01))}, 1, "cost fail", false},
		"just as much":               {[]round.Scout{finds(costs(1))}, 1, "", true},
		"it costs nothing":           {[]round.Scout{finds(round.Preflight{Cost: round.Cost{Known: true, Says: "It runs on this machine."}})}, 1, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, m, w := scouted(t, c.ceiling, c.scouts...)
				p, err := e.Prepare(t.Context(), admin, ana.Person, "")
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, c := range p.Checks {
					got = append(got, c.Name+" "+string(c.State))
					if strings.Contains(c.Says, "10.0.0.7") || c.Says == "" {
						t.Errorf("%s says %q", c.Name, c.Says)
					}
				}
				if all := strings.Join(got, ", "); all != c.want || (p.Ticket != "") != c.may {
					t.Errorf("found %q, ticket %q; want %q, %t", all, p.Ticket, c.want, c.may)
				}
				if p.Round != "R1" || p.Stage != "classic" || p.Lifetime != 4*time.Hour || p.Player != ana.Person {
					t.Errorf("shown %+v", p)
				}
				synctest.Wait()
				if len(m.kinds()) != 0 || w.count("provision") != 0 {
					t.Errorf("something was done: %v", m.kinds())
				}
				_, err = e.Provision(t.Context(), admin, p.Ticket)
				if !c.may {
					wantRefusal(t, err, "no-offer")
				} else if err != nil {
					t.Error(err)
				}
				synctest.Wait()
				if n := w.count("provision"); (n == 1) != c.may {
					t.Errorf("provisioned %d times", n)
				}
			})
		})
	}
}

func TestOnlyTheRoundThatWasShownIsOpened(t *testing.T) {
	other := admin
	other.ID = "4"
	elsewhere := admin
	elsewhere.Guild = "h"
	again := func(t *testing.T, e *round.Engine, by round.Caller) string {
		t.Helper()
		p, err := e.Prepare(t.Context(), by, ana.Person, "")
		if err != nil {
			t.Fatal(err)
		}
		return p.Ticket
	}
	for name, c := range map[string]struct {
		by   round.Caller
		rule string
		do   func(t *testing.T, e *round.Engine, ticket string)
	}{
		"nothing came between": {admin, "", func(*testing.T, *round.Engine, string) {}},
		"somebody else's":      {other, "no-offer", func(*testing.T, *round.Engine, string) {}},
		"a player":             {ana, "role", func(*testing.T, *round.Engine, string) {}},
		"another server":       {elsewhere, "no-offer", func(*testing.T, *round.Engine, string) {}},
		"too late":             {admin, "expired", func(*testing.T, *round.Engine, string) { time.Sleep(5 * time.Minute) }},
		"it was declined": {admin, "answered", func(t *testing.T, e *round.Engine, ticket string) {
			if err := e.Decline(t.Context(), admin, ticket); err != nil {
				t.Error(err)
			}
		}},
		"it was pressed twice": {admin, "answered", func(t *testing.T, e *round.Engine, ticket string) {
			if _, err := e.Provision(t.Context(), admin, ticket); err != nil {
				t.Error(err)
			}
		}},
		"a later one was shown": {admin, "no-offer", func(t *testing.T, e *round.Engine, _ string) { again(t, e, admin) }},
		"another admin was faster": {admin, "one-round", func(t *testing.T, e *round.Engine, _ string) {
			if _, err := e.Provision(t.Context(), other, again(t, e, other)); err != nil {
				t.Error(err)
			}
		}},
		"another admin's came and went": {admin, "no-offer", func(t *testing.T, e *round.Engine, _ string) {
			if _, err := e.Provision(t.Context(), other, again(t, e, other)); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			if _, err := closed(t.Context(), e, other); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, m, _ := scouted(t, 0)
				ticket := again(t, e, admin)
				c.do(t, e, ticket)
				before := strings.Count(strings.Join(m.kinds(), " "), "provision.requested")
				_, err := e.Provision(t.Context(), c.by, ticket)
				if c.rule != "" {
					wantRefusal(t, err, c.rule)
				}
				if n := strings.Count(strings.Join(m.kinds(), " "), "provision.requested") - before; (n == 1) != (err == nil) {
					t.Errorf("opened %d rounds, %v", n, err)
				}
			})
		})
	}
}

// TestWhatARoundCosts: the estimate is kept over tries and restarts, an act that
// knows better is believed, and /status counts from the round's beginning.
func TestWhatARoundCosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		tries := 0
		w.provision = func(context.Context) error {
			if tries++; tries == 1 {
				return errors.New("no capacity")
			}
			return nil
		}
		cfg := config(m, w)
		cfg.Scouts = []round.Scout{finds(costs(0.5))}
		e, stop := startWith(t, cfg)
		ready(t, e)
		time.Sleep(30 * time.Minute)
		status := func(e *round.Engine, perHour, spent float64) {
			t.Helper()
			s, err := e.Status(t.Context(), admin)
			if err != nil || s.Phase != round.Ready || s.Cost.PerHour != perHour || s.Spent != spent || !s.Cost.Known {
				t.Errorf("%s costs %+v, spent %v, %v; want %v and %v", s.Phase, s.Cost, s.Spent, err, perHour, spent)
			}
		}
		status(e, 0.5, 0.25)
		stop()
		e, _ = startWith(t, cfg)
		status(e, 0.5, 0.25)
	})
	s := round.NewState()
	for i, data := range []string{`{"guild":"g"}`, `{"phase":"network","per_hour":0.25}`, `{"phase":"database"}`} {
		kind := round.ProvisionProgressed
		if i == 0 {
			kind = round.ProvisionRequested
		}
		if err := s.Apply(round.Event{Seq: uint64(i + 1), Round: "R1", Kind: kind, Data: []byte(data)}); err != nil {
			t.Fatal(err)
		}
	}
	if c := s.Rounds["R1"].Cost; !c.Known || c.PerHour != 0.25 {
		t.Errorf("an act says $0.25 an hour, and the round has %+v", c)
	}
}

// TestARefusedProvisionIsNotTriedAgain: it would be refused again.
func TestARefusedProvisionIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, m, w := scouted(t, 0)
		w.provision = func(context.Context) error { return round.Refuse("open-port", "Port 22 would be open to everybody.") }
		ready(t, e)
		time.Sleep(time.Hour)
		event, _ := m.last(round.ProvisionFailed)
		var f round.Failure
		if err := event.Into(&f); err != nil || w.count("provision") != 1 || !f.RetryAt.IsZero() || f.Say != "Port 22 would be open to everybody." {
			t.Errorf("tried %d times, failed with %+v, %v", w.count("provision"), f, err)
		}
		_, err := e.DestroyRound(t.Context(), ana, "R1", "")
		wantRefusal(t, err, "role")
		_, err = e.DestroyRound(t.Context(), admin, "R7", "")
		wantRefusal(t, err, "another-round")
		if _, err := e.DestroyRound(t.Context(), admin, "R1", ""); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if _, ok := m.last(round.DestroyDone); !ok {
			t.Errorf("not destroyed: %v", m.kinds())
		}
	})
}

// TestAFailureSaysWhichTryItWas of how many, and when the next one comes.
func TestAFailureSaysWhichTryItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, m, w := scouted(t, 0)
		w.provision = func(context.Context) error { return errors.New("no capacity") }
		ready(t, e)
		for try := 1; try <= 3; try++ {
			event, _ := m.last(round.ProvisionFailed)
			var f round.Failure
			if err := event.Into(&f); err != nil || f.Attempt != try || f.Of != 3 || f.RetryAt.IsZero() != (try == 3) {
				t.Errorf("try %d: %+v, %v", try, f, err)
			}
			time.Sleep(time.Until(f.RetryAt))
			synctest.Wait()
		}
	})
}

// TestARefusalThatPassesIsTriedAgain, and said in its own words.
func TestARefusalThatPassesIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, m, w := scouted(t, 0)
		w.provision = func(context.Context) error {
			return fmt.Errorf("plan: %w", &round.Refusal{Rule: "locked", Say: "Somebody has the lock.", Passing: true})
		}
		ready(t, e)
		time.Sleep(time.Hour)
		event, _ := m.last(round.ProvisionFailed)
		var f round.Failure
		if err := event.Into(&f); err != nil || w.count("provision") != 3 || f.Of != 3 || !f.RetryAt.IsZero() || f.Say != "Somebody has the lock." {
			t.Errorf("tried %d times, failed with %+v, %v", w.count("provision"), f, err)
		}
	})
}

func TestWatchedRoundsAreThoseThatAreReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _, _ := scouted(t, 0)
		if all := e.Watched(); len(all) != 0 {
			t.Errorf("watched before there is a round: %+v", all)
		}
		ready(t, e)
		page(t, e, true)
		all := e.Watched()
		if len(all) != 1 || all[0].Round != "R1" || all[0].Outputs.Prometheus != "http://prom" || len(all[0].Firing) != 1 || all[0].Firing[0].Fingerprint != "f1" {
			t.Errorf("watched %+v", all)
		}
		ended := all[0].Firing[0]
		ended.Firing, ended.EndsAt = false, time.Now()
		if err := e.Alerts(t.Context(), "R1", []round.Alert{ended}); err != nil {
			t.Fatal(err)
		}
		if all := e.Watched(); len(all) != 1 || len(all[0].Firing) != 0 {
			t.Errorf("watched %+v", all)
		}
		if _, err := closed(t.Context(), e, admin); err != nil {
			t.Fatal(err)
		}
		if all := e.Watched(); len(all) != 0 {
			t.Errorf("watched while it goes: %+v", all)
		}
	})
}
