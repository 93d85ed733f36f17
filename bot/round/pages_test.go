package round_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

var allRepeats = []round.Repeat{{N: 1, After: 2 * time.Minute}, {N: 2, After: 4 * time.Minute}, {N: 3, After: 6 * time.Minute, Admin: true}}

func TestAPageIsRepeatedUntilSomebodyAcknowledges(t *testing.T) {
	for name, c := range map[string]struct {
		ack  time.Duration
		want []round.Repeat
	}{
		"never":      {time.Hour, allRepeats},
		"at once":    {time.Second, nil},
		"after one":  {3 * time.Minute, allRepeats[:1]},
		"after both": {5 * time.Minute, allRepeats[:2]},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, w := &memory{}, newWorld()
				e, _ := startWith(t, slow(m, w))
				ready(t, e)
				inject(t, e)
				page(t, e, true)
				paged := time.Now()
				time.Sleep(min(c.ack, 20*time.Minute))
				if c.ack < 20*time.Minute {
					if _, err := e.Acknowledge(t.Context(), ana); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(10 * time.Minute)
				if got := all[round.Repeat](t, m, round.PageRepeated); !slices.Equal(got, c.want) {
					t.Errorf("repeated %v, want %v", got, c.want)
				}
				if last, ok := m.last(round.PageRepeated); ok {
					if late := last.At.Sub(paged) - c.want[len(c.want)-1].After; late < 0 || late > 2*time.Second {
						t.Errorf("the last one came %s late", late)
					}
				}
			})
		})
	}
}

func TestRepeatsAcrossARestart(t *testing.T) {
	for name, c := range map[string]struct {
		before, away time.Duration
		want         []round.Repeat
	}{
		"none is sent twice":            {150 * time.Second, 10 * time.Second, allRepeats},
		"of those missed, the latest":   {time.Minute, 4 * time.Minute, allRepeats[1:]},
		"all were missed":               {time.Minute, 10 * time.Minute, allRepeats[2:]},
		"all were sent before it ended": {7 * time.Minute, 10 * time.Minute, allRepeats},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, w := &memory{}, newWorld()
				e, stop := startWith(t, slow(m, w))
				ready(t, e)
				inject(t, e)
				page(t, e, true)
				time.Sleep(c.before)
				stop()
				time.Sleep(c.away)
				startWith(t, slow(m, w))
				time.Sleep(10 * time.Minute)
				if got := all[round.Repeat](t, m, round.PageRepeated); !slices.Equal(got, c.want) {
					t.Errorf("repeated %v, want %v", got, c.want)
				}
			})
		})
	}
}

func TestRepeatsDoNotDelayTheMeasurement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := startWith(t, slow(m, w))
		ready(t, e)
		inject(t, e)
		page(t, e, true)
		before := w.count("probe")
		time.Sleep(7 * time.Minute)
		if n := w.count("probe") - before; n < 418 || n > 422 {
			t.Errorf("%d measurements in 420 s of one each", n)
		}
	})
}
