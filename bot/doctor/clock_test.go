package doctor

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestTheClockIsComparedWithADate: a server's date against a clock that is off.
func TestTheClockIsComparedWithADate(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	silent := Source{"Discord", func(context.Context) (time.Duration, bool) { return 0, false }}
	for name, c := range map[string]struct {
		off  time.Duration
		want State
		says string
	}{
		"right":         {0, OK, "It agrees with AWS."},
		"seconds":       {5 * time.Second, OK, "It agrees with AWS."},
		"half a minute": {-30 * time.Second, Warning, "30s behind AWS."},
		"five minutes":  {5 * time.Minute, Wrong, "5m ahead of AWS"},
		"a day behind":  {-24 * time.Hour, Wrong, "24h behind AWS"},
	} {
		w := &Watch{Now: func() time.Time { return time.Now().Add(c.off) }, Pass: http.DefaultTransport.RoundTrip}
		aws := Source{"AWS", func(ctx context.Context) (time.Duration, bool) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := (&http.Client{Transport: w}).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close() // nothing is read of it
			ahead, known := w.Ahead()
			return ahead.Round(10 * time.Second), known
		}}
		if c.off == 5*time.Second {
			aws.Ask = func(context.Context) (time.Duration, bool) { return c.off, true }
		}
		expect(t, name, Clock(silent, aws).Run(t.Context()), c.want, c.says)
	}
	expect(t, "nobody answers", Clock(silent).Run(t.Context()), Warning, "nobody answered")
	off := func(name string, d time.Duration) Source {
		return Source{name, func(context.Context) (time.Duration, bool) { return d, true }}
	}
	expect(t, "they do not agree", Clock(off("Discord", 2*time.Minute), off("AWS", 20*time.Second)).Run(t.Context()),
		Wrong, "2m ahead of Discord and 20s ahead of AWS")
}

// A server that tells no date is no clock.
func TestNoDateIsNoClock(t *testing.T) {
	w := &Watch{Now: time.Now, Pass: func(*http.Request) (*http.Response, error) {
		return &http.Response{Header: http.Header{}}, nil
	}}
	if _, err := w.RoundTrip(nil); err != nil {
		t.Fatal(err)
	}
	if ahead, known := w.Ahead(); known {
		t.Errorf("it knows %s", ahead)
	}
}
