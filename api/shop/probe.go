package shop

import (
	"context"
	"log/slog"
	"time"
)

const (
	probeEvery = time.Second
	probeWait  = time.Second
)

// watch asks probe once a second and tells report what came back. A probe
// that hangs counts as down after probeWait; there is never a second one in
// flight, and it is not cancelled, since that would close the connection.
// The log names only the changes.
func watch(ctx, work context.Context, log *slog.Logger, what string, probe func(context.Context) error, report func(up bool)) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	was := true
	tell := func(up bool, reason string) {
		report(up)
		if was != up {
			if was = up; up {
				log.Info(what + " is back")
			} else {
				log.Error(what+" is down", "error", reason)
			}
		}
	}
	for {
		answered := make(chan error, 1)
		go func() { answered <- probe(work) }()
		late := time.After(probeWait)
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return
			case err := <-answered:
				waiting = false
				if err != nil {
					tell(false, err.Error())
				} else {
					tell(true, "")
				}
			case <-late:
				tell(false, "no answer within "+probeWait.String())
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
