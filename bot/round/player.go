package round

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// hintPause keeps a button that was pressed twice from taking two hints.
const hintPause = 5 * time.Second

// noteLimit is the longest note, in characters.
const noteLimit = 1000

// incident gives the open incident that the caller may act on. Called with mu
// held.
func (e *Engine) incident(by Caller, what string) (*Round, *Incident, error) {
	r, err := e.current(by)
	if err != nil {
		return nil, nil, err
	}
	if err := onCall(r, by, what); err != nil {
		return nil, nil, err
	}
	in := r.Open
	if in == nil || in.Phase == RollingBack {
		return nil, nil, Refuse("no-incident", "No incident is open in %s.", r.ID)
	}
	if in.Phase != Active {
		return nil, nil, Refuse("no-incident", "Nothing has paged in %s yet.", r.ID)
	}
	return r, in, nil
}

// Acknowledge says that the player is on it.
func (e *Engine) Acknowledge(ctx context.Context, by Caller) (IncidentID, error) {
	defer e.Seen(ctx, by, "/ack")
	e.mu.Lock()
	defer e.mu.Unlock()
	r, in, err := e.incident(by, "/ack")
	if err != nil {
		return "", err
	}
	if !in.Acked.IsZero() {
		return "", Refuse("acknowledged", "%s acknowledged %s already.", in.AckedBy.Name, in.ID)
	}
	// Any alert of the incident will do: it mentions the player, and it has the
	// button, also when the one that was expected comes a moment later.
	if in.Alerted.IsZero() {
		return "", Refuse("no-page", "Nothing has paged in %s yet.", r.ID)
	}
	return in.ID, e.recordLocked(ctx, by.Person, r.ID, in.ID, Acknowledged, nil)
}

// Hint gives the next of the scenario's hints.
func (e *Engine) Hint(ctx context.Context, by Caller) (IncidentID, Hint, error) {
	defer e.Seen(ctx, by, "/hint")
	e.mu.Lock()
	defer e.mu.Unlock()
	r, in, err := e.incident(by, "/hint")
	if err != nil {
		return "", Hint{}, err
	}
	if in.Alerted.IsZero() {
		return "", Hint{}, Refuse("no-page", "Nothing has paged in %s yet.", r.ID)
	}
	s, ok := e.scenarioOf(in.Asked)
	if !ok {
		return "", Hint{}, fmt.Errorf("hint of %s: scenario %s is not in the catalogue any more", in.ID, in.Asked.Scenario)
	}
	if in.Hints >= len(s.Hints) {
		return "", Hint{}, Refuse("no-hints", "There are no more hints for %s: you had all %d.", in.ID, len(s.Hints))
	}
	if ago := e.cfg.Now().Sub(in.Hinted); ago >= 0 && ago < hintPause {
		return "", Hint{}, Refuse("hint-pause", "Hint %d of %d was taken just now; everybody reads it in the channel of the alerts. Ask again in a moment for the next.", in.Hints, len(s.Hints))
	}
	h := Hint{N: in.Hints + 1, Of: len(s.Hints), Text: forRound(s.Hints[in.Hints], r.ID)}
	return in.ID, h, e.recordLocked(ctx, by.Person, r.ID, in.ID, HintTaken, h)
}

// forRound fills the round in where a hint says <round>: it is pasted into a
// shell, to which that is a redirection.
func forRound(hint string, id ID) string {
	return strings.NewReplacer("chaotic-<round>", "chaotic-"+strings.ToLower(string(id)), "<round>", string(id)).Replace(hint)
}

// Note adds an observation to the incident's timeline.
func (e *Engine) Note(ctx context.Context, by Caller, text string) (IncidentID, error) {
	defer e.Seen(ctx, by, "/note")
	text = strings.TrimSpace(text)
	if text == "" {
		return "", Refuse("empty-note", "Say what you noticed: `/note text:...`.")
	}
	if n := len([]rune(text)); n > noteLimit {
		return "", Refuse("long-note", "That note has %d characters; a note has at most %d. Nothing was kept.", n, noteLimit)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	r, in, err := e.incident(by, "/note")
	if err != nil {
		return "", err
	}
	return in.ID, e.recordLocked(ctx, by.Person, r.ID, in.ID, NoteAdded, Note{Text: text})
}

// Resolve is the player's claim that it is repaired. The probes answer at once;
// nothing is closed by saying so.
func (e *Engine) Resolve(ctx context.Context, by Caller) (IncidentID, Claim, error) {
	defer e.Seen(ctx, by, "/resolve")
	e.mu.Lock()
	r, in, err := e.incident(by, "/resolve")
	if err != nil {
		e.mu.Unlock()
		return "", Claim{}, err
	}
	id, open, asked := r.ID, in.ID, in.Asked
	t := Target{Round: r.ID, Outputs: r.Outputs}
	e.mu.Unlock()
	s, ok := e.scenarioOf(asked)
	if !ok {
		return "", Claim{}, fmt.Errorf("check %s: scenario %s is not in the catalogue any more", open, asked.Scenario)
	}
	claim := Claim{Green: true, Say: "the steady state holds; it has to go on for " + Spell(asked.Hold)}
	if worst, good := worstOf(e.cfg.Prober.Probe(ctx, t, s.Steady)); !good {
		claim = Claim{Say: worst.Say}
	}
	if err := e.record(ctx, by.Person, id, open, ClaimMade, claim); err != nil {
		return "", Claim{}, err
	}
	return open, claim, nil
}

// Abort ends the open incident and rolls its fault back.
func (e *Engine) Abort(ctx context.Context, by Caller, reason string) (IncidentID, error) {
	defer e.Seen(ctx, by, "/abort")
	if err := admins(by, "/abort"); err != nil {
		return "", err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	r, err := e.current(by)
	if err != nil {
		return "", err
	}
	in := r.Open
	if in == nil {
		return "", Refuse("no-incident", "No incident is open in %s.", r.ID)
	}
	if in.Phase == RollingBack {
		return "", Refuse("ending", "%s is ending already.", in.ID)
	}
	end := Ending{Outcome: Aborted, Say: strings.TrimSpace(cut(reason, noteLimit)), Attempt: 1}
	return in.ID, e.recordLocked(ctx, by.Person, r.ID, in.ID, RollbackRequested, end)
}

// clean makes what a person typed safe to quote in a sentence.
func clean(s string) string {
	return cut(strings.Map(func(r rune) rune {
		switch r {
		case '`', '@', '<', '>', '*', '_', '~', '|', '\n', '\r':
			return -1
		}
		return r
	}, s), 50)
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
