package doctor

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// How far a clock may be off. AWS refuses requests that are signed five minutes
// off, and one-time codes change every thirty seconds.
const (
	noticed = 10 * time.Second
	tooFar  = time.Minute
)

// Watch passes requests on, and learns from the date of the first answer by how
// much this machine's clock is ahead of the server's. It is a transport, and a
// client for who wants one.
type Watch struct {
	Now  func() time.Time
	Pass func(*http.Request) (*http.Response, error)

	mu    sync.Mutex
	ahead time.Duration
	known bool
}

// Do passes a request on.
func (w *Watch) Do(req *http.Request) (*http.Response, error) {
	sent := w.Now()
	resp, err := w.Pass(req)
	if err != nil {
		return nil, err
	}
	got := w.Now()
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil { // it has none
		return resp, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.known {
		// The server wrote it half-way, and left out what was over the second.
		w.known, w.ahead = true, sent.Add(got.Sub(sent)/2).Sub(date.Add(time.Second/2))
	}
	return resp, nil
}

// RoundTrip implements http.RoundTripper.
func (w *Watch) RoundTrip(req *http.Request) (*http.Response, error) { return w.Do(req) }

// Ahead tells what was learnt.
func (w *Watch) Ahead() (ahead time.Duration, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ahead, w.known
}

// Source is a clock to compare with. Ask makes its owner answer anything, and
// then gives the watch's word.
type Source struct {
	Name string
	Ask  func(context.Context) (ahead time.Duration, known bool)
}

// Clock compares this machine's clock with those of others.
func Clock(others ...Source) Check {
	return Check{"clock", func(ctx context.Context) Finding {
		off := make([]time.Duration, len(others))
		known := make([]bool, len(others))
		var asking sync.WaitGroup
		for i, o := range others {
			asking.Go(func() { off[i], known[i] = o.Ask(ctx) })
		}
		asking.Wait()
		state := OK
		var good, bad []string
		for i, o := range others {
			switch {
			case !known[i]:
			case off[i].Abs() > noticed:
				bad = append(bad, fmt.Sprintf("%s %s %s", spell(off[i].Abs()), direction(off[i]), o.Name))
				if off[i].Abs() > tooFar {
					state = Wrong
				} else if state == OK {
					state = Warning
				}
			default:
				good = append(good, o.Name)
			}
		}
		switch {
		case len(bad) > 0:
			return Finding{state, "This machine's clock is " + strings.Join(bad, " and ") + ".",
				"Let a time service set it, as by `timedatectl set-ntp true`: AWS takes no request that is five minutes off."}
		case len(good) == 0:
			return Blind("nobody answered whose clock this machine's could be compared with.")
		}
		return Well("It agrees with %s.", strings.Join(good, " and "))
	}}
}

func direction(ahead time.Duration) string {
	if ahead < 0 {
		return "behind"
	}
	return "ahead of"
}
