package localdiscord

import (
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// RateLimit allows so many requests in each window of time, for each route
// and channel, guild or webhook.
type RateLimit struct {
	Requests int
	Per      time.Duration
}

type limiter struct {
	limit RateLimit
	now   func() time.Time

	mu      sync.Mutex
	windows map[string]*window
}

type window struct {
	used int
	ends time.Time
}

// take counts one request and writes the X-RateLimit headers. A positive
// duration means: refused, come back then.
func (l *limiter) take(h http.Header, route, major string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for key, w := range l.windows { // interaction tokens come and go
		if !now.Before(w.ends) {
			delete(l.windows, key)
		}
	}
	w := l.windows[route+" "+major]
	if w == nil {
		w = &window{ends: now.Add(l.limit.Per)}
		l.windows[route+" "+major] = w
	}
	left := w.ends.Sub(now)
	name := fnv.New64a()
	fmt.Fprint(name, route)
	h.Set("X-RateLimit-Limit", strconv.Itoa(l.limit.Requests))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, l.limit.Requests-w.used-1)))
	h.Set("X-RateLimit-Reset", fmt.Sprintf("%.3f", float64(w.ends.UnixMilli())/1000))
	h.Set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", left.Seconds()))
	h.Set("X-RateLimit-Bucket", fmt.Sprintf("%x", name.Sum64()))
	if w.used >= l.limit.Requests {
		return left
	}
	w.used++
	return 0
}

// tooMany answers 429.
func tooMany(w http.ResponseWriter, after time.Duration, global bool) {
	h := w.Header()
	h.Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	h.Set("X-RateLimit-Scope", "user")
	if global {
		h.Set("X-RateLimit-Global", "true")
		h.Set("X-RateLimit-Scope", "global")
	}
	writeJSON(w, http.StatusTooManyRequests, map[string]any{
		"message": "You are being rate limited.", "retry_after": after.Seconds(), "global": global,
	})
}
