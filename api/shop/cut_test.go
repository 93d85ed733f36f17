package shop

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// The numbers of rehearsal: what a player sees must follow from them.
const (
	testLifetime = 2 * time.Second
	testConnect  = time.Second
)

func TestACutPathFailsAfterTheLifetimeAndMends(t *testing.T) {
	p, path, _ := startShop(t, map[string]string{
		"SHOP_DATABASE_LIFETIME":        testLifetime.String(),
		"SHOP_DATABASE_CONNECT_TIMEOUT": testConnect.String(),
	})
	// The probe must not hold the only connection when we ask after the cut.
	spare := regexp.MustCompile(`shop_database_connections\{state="idle"\} [2-9]`)
	until(t, 30*time.Second, "two idle connections", func() bool {
		var together sync.WaitGroup
		for range 4 {
			together.Go(func() { p.get("/api/products?q=tent") })
		}
		together.Wait()
		return spare.MatchString(p.get("/metrics").text)
	})

	cut := path.cut()
	if r := p.get("/api/products/1"); r.code != 200 {
		t.Errorf("an established connection did not go on: %d %s", r.code, r.text)
	}
	ask := func() int { return p.get("/api/products/1").code }
	failed := until(t, 30*time.Second, "5XX", func() bool { return ask() >= 500 })
	if onset := failed.Sub(cut); onset > testLifetime+testConnect {
		t.Errorf("first failure %s after the cut, want at most %s", onset, testLifetime+testConnect)
	} else {
		t.Logf("first failure %s after the cut", onset.Round(time.Millisecond))
	}
	// The reason must reach the log in pgx's own words.
	until(t, 30*time.Second, "pgx's reason in the log", func() bool {
		ask()
		text, _ := p.logs.text()
		return strings.Contains(text, `last attempt: failed to connect to`)
	})
	line := p.logs.wait(t, `"level":"ERROR"`, `"route":"products"`, "failed to connect to")
	if !strings.Contains(line, "timeout") {
		t.Errorf("no timeout in %s", line)
	}
	// More at once than the pool has places: nobody may wait for the connects
	// of those before him to time out.
	begin := time.Now()
	var crowd sync.WaitGroup
	for range 12 {
		crowd.Go(func() {
			if r := p.get("/api/products/1"); r.code != 503 {
				t.Errorf("answered %d while the path is cut", r.code)
			}
		})
	}
	crowd.Wait()
	if took := time.Since(begin); took > acquireWait+500*time.Millisecond {
		t.Errorf("the answers took %s, want at most about %s", took, acquireWait)
	}
	if r := p.get("/healthz"); r.code != 200 {
		t.Errorf("healthz answered %d", r.code)
	}
	eventually(t, p, "shop_database_up 0")

	mended := path.mend()
	back := until(t, 30*time.Second, "200", func() bool { return p.get("/api/products/1").code == 200 })
	if took := back.Sub(mended); took > 2*time.Second {
		t.Errorf("back %s after mending, want within 2 s", took)
	} else {
		t.Logf("back %s after mending", took.Round(time.Millisecond))
	}
	eventually(t, p, "shop_database_up 1")
}
