package round_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

func TestAWholeRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		access, err := e.Reveal(t.Context(), ana)
		if err != nil || access.SecretAccessKey.Reveal() != "very-secret-value" {
			t.Fatalf("reveal: %v", err)
		}
		if access.Shop != "http://shop" || access.Graphs != "http://graphs" || access.Logs != "http://logs" || access.Runbooks != "http://runbooks" ||
			access.Login.User != "chaotic" || access.Login.Password.Reveal() != "very-secret-word" {
			t.Errorf("the player is not told where to look: %+v", access)
		}
		_, err = e.Reveal(t.Context(), ana)
		wantRefusal(t, err, "shown")

		in, err := offered(t.Context(), e, admin, "security-group")
		if err != nil || in.Incident != "INC-1" || in.Page != 12*time.Second {
			t.Fatalf("inject: %+v, %v", in, err)
		}
		time.Sleep(4 * time.Second)
		page(t, e, true)
		if _, err := e.Acknowledge(t.Context(), ana); err != nil {
			t.Fatal(err)
		}
		_, claim, err := e.Resolve(t.Context(), ana)
		if err != nil || claim.Green {
			t.Fatalf("a claim while broken: %+v, %v", claim, err)
		}
		w.set(round.Good)
		time.Sleep(7 * time.Second)
		if w.count("rollback") != 0 {
			t.Fatal("closed before the hold time was over")
		}
		time.Sleep(5 * time.Second)
		if got := outcome(t, m); got.Outcome != round.Resolved {
			t.Fatalf("ended %+v", got)
		}
		if _, err := closed(t.Context(), e, admin); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		want := "provision.requested credentials.requested credentials.issued provision.done credentials.revealed " +
			"fault.requested fault.injected onset.observed alert.fired incident.acknowledged claim.made recovery.observed " +
			"rollback.requested rollback.done destroy.requested credentials.revoked destroy.done"
		kinds := slices.DeleteFunc(m.kinds(), func(k string) bool { return strings.HasSuffix(k, ".progressed") }) // as often as there is time
		if got := strings.Join(kinds, " "); got != want {
			t.Errorf("the ledger tells\n%s\nwant\n%s", got, want)
		}
		for _, ev := range m.events {
			if strings.Contains(string(ev.Data), "very-secret") {
				t.Errorf("a secret is in the ledger: %s", ev.Kind)
			}
		}
		if len(w.users) != 0 {
			t.Errorf("users left: %v", w.users)
		}
	})
}

// Without the login of the pages nobody is told that their access is ready; a
// later try finds it.
func TestThePagesLoginIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		w.closed = true
		e, _ := start(t, m, w)
		if _, err := opened(t.Context(), e, admin, ana.Person, ""); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if kinds := m.kinds(); slices.Contains(kinds, string(round.CredentialsIssued)) || !slices.Contains(kinds, string(round.ProvisionFailed)) {
			t.Fatalf("the ledger tells %v", kinds)
		}
		w.mu.Lock()
		w.closed = false
		w.mu.Unlock()
		time.Sleep(time.Minute)
		if access, err := e.Reveal(t.Context(), ana); err != nil || access.Login.Password.Empty() {
			t.Errorf("revealed %+v, %v", access, err)
		}
	})
}

func TestTheEngineRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ctx := t.Context()
		_, err := offered(ctx, e, admin, "security-group")
		wantRefusal(t, err, "no-round")
		_, err = opened(ctx, e, ana, ana.Person, "")
		wantRefusal(t, err, "role")
		ready(t, e)
		before := len(m.kinds())
		_, err = opened(ctx, e, admin, ana.Person, "")
		wantRefusal(t, err, "one-round")
		_, err = offered(ctx, e, ana, "security-group")
		wantRefusal(t, err, "role")
		_, err = offered(ctx, e, admin, "coffee-machine")
		wantRefusal(t, err, "unknown-scenario")
		_, err = e.Acknowledge(ctx, ana)
		wantRefusal(t, err, "no-incident")
		_, err = e.Reveal(ctx, viewer)
		wantRefusal(t, err, "not-yours")
		_, err = closed(ctx, e, viewer)
		wantRefusal(t, err, "role")
		w.set(round.Unknown)
		_, err = offered(ctx, e, admin, "security-group")
		wantRefusal(t, err, "not-green")
		w.set(round.Bad)
		_, err = offered(ctx, e, admin, "security-group")
		wantRefusal(t, err, "not-green")
		if w.count("inject") != 0 || len(m.kinds()) != before {
			t.Errorf("a refusal left something behind: %v", m.kinds()[before:])
		}
		w.set(round.Good)
		if _, err = offered(ctx, e, admin, "surprise"); err != nil {
			t.Fatal(err)
		}
		_, err = offered(ctx, e, admin, "security-group")
		wantRefusal(t, err, "one-incident")
		_, err = e.Note(ctx, viewer, "hello")
		wantRefusal(t, err, "role")
		_, _, err = e.Hint(ctx, ana)
		wantRefusal(t, err, "no-page")
		_, err = e.Acknowledge(ctx, ana)
		wantRefusal(t, err, "no-page")
		_, err = e.Note(ctx, ana, strings.Repeat("x", 1001))
		wantRefusal(t, err, "long-note")
	})
}
