package round

import "time"

// looks tells how well an incident is being measured.
type looks struct {
	incident IncidentID
	last     time.Time // of the latest look
	since    time.Time // from here on nobody looked away
}

// look notes that an incident was measured now, and gives that time and the one
// since when it was measured without a gap. A machine that was suspended leaves
// one: what was observed before it proves nothing about the time in it. Who
// judges the look uses its time and does not read the clock again, for the
// machine may be suspended between the two readings.
func (e *Engine) look(id ID, in IncidentID) (now, since time.Time) {
	// Without the monotonic reading, which stands still in a suspended machine.
	now = e.cfg.Now().Round(0)
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.looks[id]
	if l.incident != in {
		l = looks{incident: in, last: now, since: e.started}
	}
	if gap := now.Sub(l.last); gap < 0 || gap > 3*e.cfg.Tick+5*time.Second {
		l.since = now
	}
	l.last = now
	e.looks[id] = l
	return now, l.since
}
