package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// The shortest and the longest time for which Discord is believed when it asks
// to be left alone. One request a minute harms nobody, and a limit of an hour
// that was lifted, or never meant, must not keep a page back for so long.
const (
	shortest = 100 * time.Millisecond
	longest  = time.Minute
)

// limits remembers until when Discord wants no more requests, for each route
// and for all of them.
type limits struct {
	mu     sync.Mutex
	all    time.Time
	routes map[string]time.Time
}

func newLimits() *limits { return &limits{routes: map[string]time.Time{}} }

// wait returns when a request may be sent, or when ctx ends.
func (l *limits) wait(ctx context.Context, route string) error {
	for {
		l.mu.Lock()
		until := l.all
		if t := l.routes[route]; t.After(until) {
			until = t
		}
		l.mu.Unlock()
		left := time.Until(until)
		if left <= 0 {
			return nil
		}
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
}

// learn reads what an answer says of the limits.
func (l *limits) learn(route string, resp *http.Response) {
	h, now := resp.Header, time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.routes) > 500 {
		for key, until := range l.routes {
			if until.Before(now) {
				delete(l.routes, key)
			}
		}
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		after, global := refusal(resp)
		if global || h.Get("X-RateLimit-Global") != "" {
			l.all = now.Add(after)
		} else {
			l.routes[route] = now.Add(after)
		}
		return
	}
	if h.Get("X-RateLimit-Remaining") == "0" {
		l.routes[route] = now.Add(min(seconds(h.Get("X-RateLimit-Reset-After"), 0), longest))
	}
}

// refusal reads the body of a 429 and leaves it to be read again.
func refusal(resp *http.Response) (after time.Duration, global bool) {
	raw, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	var body struct {
		RetryAfter float64 `json:"retry_after"`
		Global     bool    `json:"global"`
	}
	if err != nil || json.Unmarshal(raw, &body) != nil {
		return 5 * time.Second, false
	}
	return believed(body.RetryAfter), body.Global
}

// believed is how long a retry_after is obeyed. It may be any number: what is
// less than nothing would be asked again without a pause.
func believed(retryAfter float64) time.Duration {
	return time.Duration(max(shortest.Seconds(), min(retryAfter, longest.Seconds())) * float64(time.Second))
}

// seconds reads a decimal number of seconds.
func seconds(s string, otherwise time.Duration) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 24*3600 {
		return otherwise
	}
	return time.Duration(f * float64(time.Second))
}

// sleep waits for d, or returns ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
