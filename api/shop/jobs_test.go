package shop

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// jobEnv is the environment of a job whose operator is the server's superuser.
// The tests' server trusts everybody, so a role that is revoked is what it shows.
func jobEnv(address, name string, more map[string]string) map[string]string {
	env := shopEnv(address, name, map[string]string{"SHOP_NAME": "job-1", "SHOP_OPERATOR_USER": "postgres", "SHOP_OPERATOR_PASSWORD": "not-in-any-log"})
	delete(env, "SHOP_DATABASE_PASSWORD")
	for k, v := range more {
		env[k] = v
	}
	return env
}

// sessionsOf asks until a login has that many sessions; -1: more than none.
func sessionsOf(t *testing.T, admin *pgx.Conn, login string, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; {
		if err := admin.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE usename = $1", login).Scan(&n); err != nil {
			t.Fatalf("%s has %d sessions, want %d: %v", login, n, want, err)
		}
		if n == want || want < 0 && n > 0 {
			return
		}
		<-tick.C
	}
}

func execute(t *testing.T, c *pgx.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := c.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// TestTheShopsLoginIsMadeOnce: a shop that nobody knows makes its login and its
// tables; a login that was revoked stays so.
func TestTheShopsLoginIsMadeOnce(t *testing.T) {
	address, name := newDatabase(t)
	admin := connect(t, address, name, "postgres")
	login := "made_" + name
	env := jobEnv(address, name, map[string]string{"SHOP_ROLE": "serve", "SHOP_DATABASE_USER": login, "SHOP_DATABASE_PASSWORD": "chosen"})
	p := start(t, env)
	p.logs.wait(t, "schema ready")
	var owner, kept string
	err := admin.QueryRow(t.Context(), "SELECT tableowner, rolpassword FROM pg_tables, pg_authid WHERE tablename = 'orders' AND rolname = $1", login).Scan(&owner, &kept)
	if err != nil || owner != login || !strings.HasPrefix(kept, "SCRAM-SHA-256$") {
		t.Errorf("the orders are %s's, whose password is kept as %.14q: %v", owner, kept, err)
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	execute(t, admin, "ALTER ROLE "+login+" NOLOGIN")
	p = start(t, env)
	p.logs.wait(t, "make schema") // and that it failed
	var may bool
	if err := admin.QueryRow(t.Context(), "SELECT rolcanlogin FROM pg_roles WHERE rolname = $1", login).Scan(&may); err != nil || may {
		t.Errorf("the revoked login may log in: %t, %v", may, err)
	}
	execute(t, admin, "ALTER ROLE "+login+" LOGIN") // or the test's database could not be left
	p.logs.wait(t, "schema ready")
}

// TestTheReportWorksUntilItIsStopped: on all its connections, also after they
// were ended, and no longer than it lives.
func TestTheReportWorksUntilItIsStopped(t *testing.T) {
	shop, path, name := startShop(t, nil)
	_ = shop
	admin := connect(t, server.address, name, "postgres")
	p := start(t, jobEnv(path.address(), name, map[string]string{"SHOP_ROLE": "report", "SHOP_DATABASE_USER": "report_" + name, "SHOP_REPORT_PARALLEL": "3", "SHOP_REPORT_PAUSE": "1ms"}))
	if r := p.get("/healthz"); r.code != http.StatusOK {
		t.Errorf("its health check says %d", r.code)
	}
	sessionsOf(t, admin, "report_"+name, 3)
	p.logs.wait(t, "section done")
	execute(t, admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'report_"+name+"'")
	p.logs.wait(t, "section failed")
	sessionsOf(t, admin, "report_"+name, 3)
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	sessionsOf(t, admin, "report_"+name, 0)
}

// TestTheMailerKeepsWhatItGets: up to its cap and no further; what is ended
// comes back; and a login that was revoked stays out while it runs, but is made
// anew by the next run.
func TestTheMailerKeepsWhatItGets(t *testing.T) {
	address, name := newDatabase(t)
	admin := connect(t, address, name, "postgres")
	login := "mailer_" + name
	env := jobEnv(address, name, map[string]string{"SHOP_ROLE": "mailer", "SHOP_DATABASE_USER": login, "SHOP_MAILER_WORKERS": "6", "SHOP_MAILER_RATE": "100"})
	end := fmt.Sprintf("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '%s'", login)
	p := start(t, env)
	sessionsOf(t, admin, login, 6)
	execute(t, admin, end)
	sessionsOf(t, admin, login, 6)
	execute(t, admin, "ALTER ROLE "+login+" NOLOGIN", end)
	p.logs.wait(t, "no connection for a mail")
	sessionsOf(t, admin, login, 0)
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	p = start(t, env)
	sessionsOf(t, admin, login, 6)
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	sessionsOf(t, admin, login, 0)
}

// TestTheMailerAsksAgainAtOnce: refused, it comes back faster than others do.
func TestTheMailerAsksAgainAtOnce(t *testing.T) {
	address, name := newDatabase(t)
	admin := connect(t, address, name, "postgres")
	login := "refused_" + name
	p := start(t, jobEnv(address, name, map[string]string{"SHOP_ROLE": "mailer", "SHOP_DATABASE_USER": login, "SHOP_MAILER_WORKERS": "9", "SHOP_MAILER_RATE": "1"}))
	sessionsOf(t, admin, login, 1)
	execute(t, admin, "ALTER ROLE "+login+" CONNECTION LIMIT 1")
	p.logs.wait(t, "no connection for a mail")
	began := time.Now()
	execute(t, admin, "ALTER ROLE "+login+" CONNECTION LIMIT 9")
	sessionsOf(t, admin, login, 2)
	if took := time.Since(began); took > 800*time.Millisecond {
		t.Errorf("the next connection took %s: it waited its usual second", took)
	}
}

// TestSuggestions: as many as are wanted, and none by default.
func TestSuggestions(t *testing.T) {
	p, _, _ := startShop(t, map[string]string{"SHOP_SUGGESTIONS": "500"})
	if r := p.get("/api/products?q=lantern"); r.code != http.StatusOK || !strings.Contains(r.text, `"suggestions":[`) {
		t.Errorf("%d %.200s", r.code, r.text)
	}
	p, _, _ = startShop(t, nil)
	if r := p.get("/api/products?q=lantern"); strings.Contains(r.text, "suggestions") {
		t.Errorf("%d %.200s", r.code, r.text)
	}
}

// TestCosts: what a fit asks for comes out of the use that it was made for.
func TestCosts(t *testing.T) {
	address, name := newDatabase(t)
	conn := connect(t, address, name, "shop")
	var clock time.Duration
	c, err := Measure(t.Context(), conn, func() (time.Duration, error) { clock += time.Millisecond; return clock, nil })
	if err != nil {
		t.Fatal(err)
	}
	if c.Search <= 0 || c.Order != 3*time.Millisecond || c.Day != time.Millisecond {
		t.Errorf("with a clock that goes a millisecond at a look: %+v", c)
	}
	c = Costs{Search: 4 * time.Millisecond, Suggestion: 2 * time.Microsecond, Order: time.Millisecond, Day: 8 * time.Millisecond}
	if use := c.Use(30, c.Suggestions(30, 0.2)); use < 0.199 || use > 0.201 {
		t.Errorf("the use is %.3f, want 0.2", use)
	}
	if n := c.Suggestions(30, 0.01); n != 0 {
		t.Errorf("%d suggestions for less than the shop takes anyway", n)
	}
	if got := c.Pause(100, 1.25); got != 632*time.Millisecond {
		t.Errorf("a pause of %s: 100 connections of 8 ms each 640 ms are 1.25 CPUs", got)
	}
}
