package discord

import (
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// view is what the announcer knows: a fold of the events up to one of them. All
// messages are drawn from it, so that a restart needs no memory of its own.
type view struct {
	rounds map[round.ID]*roundView
	last   *roundView
}

type roundView struct {
	id        round.ID
	phase     round.Phase
	admin     round.Person // who opened it
	player    round.Person
	stage     string
	began     time.Time
	ending    time.Time // when it was to be destroyed
	ready     time.Time
	closed    time.Time
	expires   time.Time
	progress  round.Progress
	until     time.Time // when the act under way is expected to end, as people were told
	cost      round.Cost
	failure   *round.Failure
	troubled  bool   // people were told of a failure of the act that is under way
	failed    string // what they were told
	why       string // it is being destroyed
	destroyed round.Destroyed

	card      *card
	start     *card // what everybody is told of the beginning; nil: nothing yet
	access    []*accessView
	incidents []*incidentView
	alerts    []*alertView
}

// accessView is one person's keys, as far as they may be spoken of.
type accessView struct {
	given round.CredentialsGiven
	state round.Kind // CredentialsIssued, Revealed or Revoked
	card  *card
}

type incidentView struct {
	id        round.IncidentID
	asked     round.FaultAsked // may not be told before the end
	by        round.Person     // who injected
	begun     time.Time
	onset     time.Time
	paged     time.Time
	acked     time.Time
	ackedBy   round.Person
	changed   time.Time // the first call since it began that changed something
	recovered time.Time
	ended     time.Time
	ending    round.Ending
}

// alertView is one alert group: one message.
type alertView struct {
	group    string
	incident *incidentView // nil: outside any
	pages    bool          // the first that its incident expects: it notifies the player
	alerts   []*alertState // in the order of their firing
	began    time.Time
	resolved time.Time // when the last of them was
	card     *card
}

type alertState struct {
	round.Alert
	at time.Time
}

// card is a message that changes with the view.
type card struct {
	key   string // of the note that remembers the message
	place place
	draw  func() message

	instead []step // what is said when it can never be posted
}

// place is where a message goes.
type place struct {
	channel channel
	person  string // for direct
}

type channel int

const (
	alerts channel = iota
	operations
	direct
)

// step is one thing to do about an event. slot names it within the event.
type step struct {
	slot   string
	card   *card            // post it, or edit it soon
	line   *message         // post it
	place  place            // of the line
	report round.IncidentID // open the post-mortem
	anchor *card            // on this card's message; nil: on one of its own
}

func newView() *view { return &view{rounds: map[round.ID]*roundView{}} }

// cards lists the messages of the latest round that may still change.
func (v *view) cards() []*card {
	if v.last == nil {
		return nil
	}
	cards := []*card{v.last.card}
	if v.last.start != nil {
		cards = append(cards, v.last.start)
	}
	for _, a := range v.last.access {
		cards = append(cards, a.card)
	}
	for _, a := range v.last.alerts {
		cards = append(cards, a.card)
	}
	return cards
}

func (r *roundView) incident(id round.IncidentID) *incidentView {
	for _, in := range r.incidents {
		if in.id == id {
			return in
		}
	}
	return nil
}

// alert finds the group's message that an alert belongs to: that of its
// incident, or, outside of one, the latest that still fires. One that fires anew
// in another incident than where it is known from has a message of its own, for
// an edited one would page nobody.
func (r *roundView) alert(a round.Alert, in *incidentView) *alertView {
	group := a.Group
	if group == "" {
		group = a.Name
	}
	for i := len(r.alerts) - 1; i >= 0; i-- {
		v := r.alerts[i]
		if v.holds(a.Fingerprint) && (!a.Firing || in == nil || v.incident == in) {
			return v // it resolves where it fired, though the incident has ended since
		}
		if v.group == group && v.incident == in && (in != nil || v.firing() > 0) {
			return v
		}
	}
	return nil
}

func (a *alertView) holds(fingerprint string) bool {
	for _, s := range a.alerts {
		if s.Fingerprint == fingerprint && s.Firing {
			return true
		}
	}
	return false
}

func (a *alertView) firing() int {
	n := 0
	for _, s := range a.alerts {
		if s.Firing {
			n++
		}
	}
	return n
}

// take notes one alert's new state.
func (a *alertView) take(alert round.Alert, at time.Time) {
	for _, s := range a.alerts {
		if s.Fingerprint == alert.Fingerprint {
			if !alert.Firing {
				// What Alertmanager says last was measured while it got better, and reads
				// as if that had paged.
				alert.Summary, alert.Description = s.Summary, s.Description
			}
			s.Alert = alert
			a.settle(at)
			return
		}
	}
	a.alerts = append(a.alerts, &alertState{alert, at})
	a.settle(at)
}

func (a *alertView) settle(at time.Time) {
	a.resolved = time.Time{}
	if a.firing() == 0 {
		a.resolved = at
	}
}
