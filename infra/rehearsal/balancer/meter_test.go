package balancer

import (
	"testing"
	"time"
)

// TestMeter: only whole seconds of the window count, and old ones are forgotten.
func TestMeter(t *testing.T) {
	var m meter
	start := time.Unix(1_800_000_000, 0)
	for i := range 10 {
		for range 30 {
			m.add(start.Add(time.Duration(i)*time.Second), "GET")
		}
		for range i {
			m.add(start.Add(time.Duration(i)*time.Second), "POST")
		}
	}
	for _, c := range []struct {
		after  time.Duration
		window time.Duration
		want   Rate
	}{
		{10 * time.Second, 5 * time.Second, Rate{All: 37, Writes: 7}},    // the seconds 5 to 9
		{9500 * time.Millisecond, time.Second, Rate{All: 38, Writes: 8}}, // the tenth is not over
		{12 * time.Second, 4 * time.Second, Rate{All: 38.5 / 2, Writes: 8.5 / 2}},
		{20 * time.Minute, 5 * time.Second, Rate{}},
	} {
		if got := m.rate(start.Add(c.after), c.window); got != c.want {
			t.Errorf("%s later, over %s: %+v, want %+v", c.after, c.window, got, c.want)
		}
	}
}
