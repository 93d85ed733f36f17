package balancer

import (
	"net/http"
	"sync"
	"time"
)

// meterSpan is how far back the meter remembers, in whole seconds.
const meterSpan = 64

// meter counts the requests that arrived, second by second: whoever scales by
// traffic asks it. Those that were turned away count too.
type meter struct {
	mu    sync.Mutex
	slots [meterSpan]second
}

type second struct{ at, all, writes int64 }

func (m *meter) add(now time.Time, method string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &m.slots[now.Unix()%meterSpan]
	if s.at != now.Unix() {
		*s = second{at: now.Unix()}
	}
	s.all++
	if method == http.MethodPost {
		s.writes++
	}
}

// Rate is how much arrives in a second.
type Rate struct {
	All    float64
	Writes float64 // POSTs: the shop's orders
}

// Rate is what arrived in the last whole seconds of the window, per second.
func (b *Balancer) Rate(window time.Duration) Rate { return b.meter.rate(time.Now(), window) }

func (m *meter) rate(now time.Time, window time.Duration) (r Rate) {
	m.mu.Lock()
	defer m.mu.Unlock()
	seconds := min(max(int64(window/time.Second), 1), meterSpan-1)
	for _, s := range m.slots {
		if s.at < now.Unix() && s.at >= now.Unix()-seconds {
			r.All += float64(s.all)
			r.Writes += float64(s.writes)
		}
	}
	r.All /= float64(seconds)
	r.Writes /= float64(seconds)
	return r
}
