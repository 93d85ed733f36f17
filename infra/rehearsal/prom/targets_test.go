package prom

import (
	"testing"
	"time"
)

func TestTargetsAreReplaced(t *testing.T) {
	t.Parallel()
	var log output
	old, young := newShop(t), newShop(t)
	s := start(t, testConfig(t, "http://127.0.0.1:1/", &log))

	began := time.Now()
	s.SetTargets([]Target{{Job: "shop", Address: old.address(), Instance: "task-1", Labels: map[string]string{"release": "1.4.0"}}})
	eventually(t, "task-1 is scraped", 30*time.Second, is(t, s, `up{job="shop",instance="task-1",round="R1",release="1.4.0"}`, 1))
	t.Logf("first sample after %s", time.Since(began))

	s.SetTargets([]Target{
		{Job: "shop", Address: young.address(), Instance: "task-2"},
		{Job: "warehouse", Address: young.address()},
		{Job: "shop", Address: "no port"},
	})
	began = time.Now()
	eventually(t, "task-2 is scraped", 30*time.Second, is(t, s, `up{instance="task-2"}`, 1))
	t.Logf("replaced after %s", time.Since(began))
	eventually(t, "task-1 has ended", 30*time.Second, is(t, s, `count(up)`, 1))
	t.Logf("ended after %s", time.Since(began))
	for _, want := range []string{"no such job", "bad address"} {
		if !contains(log.String(), want) {
			t.Errorf("no word of %q in the log", want)
		}
	}

	// A process that dies is a target that is down, and its own series end at once.
	young.Close()
	eventually(t, "task-2 is down", 30*time.Second, is(t, s, `up{instance="task-2"}`, 0))
	if _, ok := value(t, s, `shop_database_up{instance="task-2"}`); ok {
		t.Error("a dead task still reports its database")
	}

	s.SetTargets(nil)
	eventually(t, "nothing is left", 30*time.Second, func() bool { _, ok := value(t, s, `count(up)`); return !ok })
}
