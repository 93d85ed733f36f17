package round

// Watched is a round whose Alertmanager may be asked, and the alerts that fired
// by its latest word.
type Watched struct {
	Target
	Firing []Alert
}

// Watched lists the rounds that are ready.
func (e *Engine) Watched() (all []Watched) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, id := range e.state.Order {
		r := e.state.Rounds[id]
		if r.Phase != Ready {
			continue
		}
		w := Watched{Target: Target{Round: id, Outputs: r.Outputs}}
		for _, a := range r.Alerts {
			if a.Firing {
				w.Firing = append(w.Firing, a)
			}
		}
		all = append(all, w)
	}
	return all
}
