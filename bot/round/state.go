package round

import (
	"fmt"
	"time"
)

// State is the fold of all events. It is what the engine decides by; it holds
// nothing that the ledger does not.
type State struct {
	Seq       uint64 // of the last event
	Rounds    map[ID]*Round
	Order     []ID
	Incidents int // how many were ever begun
}

// NewState returns the state before the first event.
func NewState() *State { return &State{Rounds: map[ID]*Round{}} }

// Round is one round as its events tell it.
type Round struct {
	ID         ID
	Guild      string
	Phase      Phase
	Player     Person
	Admin      Person // who opened it
	Stage      string
	Opened     time.Time
	Expires    time.Time
	Unwritten  bool // what the round has in AWS says an earlier end
	Ended      time.Time
	Attempt    int // of the provision or the destroy that is under way
	Outputs    Outputs
	Progress   *Progress
	Failure    *Failure
	Cost       Cost             // as it was estimated last
	Warned     time.Duration    // the smallest warning given; 0: none
	Active     time.Time        // when a person last did something
	Made       time.Time        // when the stack was there
	IdleWarned time.Time        // when the latest warning was given that nobody does anything
	Users      map[string]*User // by user name
	Alerts     map[string]Alert // by fingerprint: the latest word
	Calls      map[string]bool  // event ids of the audit trail
	Open       *Incident        // nil when none is open
	Past       []*Incident      // those that ended, in order
	Destroy    DestroyAsked
	Ender      Person // who asked for the first try of it
	Result     Destroyed
}

// User is one of the exercise's users, as far as the ledger knows it.
type User struct {
	Name     string
	Person   Person
	Role     Role
	Issued   bool
	Revealed bool
	Revoked  bool
	Since    time.Time // from when on nobody has looked at the keys, though they could
	Expired  bool      // revoked because nobody looked at them in time
}

// Incident is one run of a scenario, as its events tell it.
type Incident struct {
	ID        IncidentID
	Round     ID
	Phase     Phase
	Asked     FaultAsked
	By        Person
	Requested time.Time
	Injected  time.Time
	Onset     time.Time
	Alerted   time.Time // the first alert of any name: from here on people know
	Paged     time.Time // the first expected alert
	Acked     time.Time
	AckedBy   Person
	Good      time.Time // first good sample of the hold that is running, or that proved recovery
	Ended     time.Time
	Hints     int
	Hinted    time.Time // when the latest hint was taken
	Repeats   int       // the number of the latest page that was sent again
	Attempt   int       // of the rollback
	Ending    Ending
}

// Current returns the guild's open round, if there is one.
func (s *State) Current(guild string) (*Round, bool) {
	for i := len(s.Order) - 1; i >= 0; i-- {
		r := s.Rounds[s.Order[i]]
		if r.Guild == guild && r.Phase != Closed {
			return r, true
		}
	}
	return nil, false
}

// Apply folds one event in. An unknown event or an illegal move is an error,
// and leaves the state as it was.
func (s *State) Apply(e Event) error {
	if err := s.apply(e); err != nil {
		return fmt.Errorf("event %d of %s: %w", e.Seq, e.Round, err)
	}
	s.Seq = e.Seq
	return nil
}

func (s *State) apply(e Event) error {
	to, err := s.allows(e)
	if err != nil {
		return err
	}
	r := s.Rounds[e.Round]
	if r == nil {
		r = &Round{
			ID: e.Round, Admin: e.Actor, Opened: e.At,
			Users: map[string]*User{}, Alerts: map[string]Alert{}, Calls: map[string]bool{},
		}
	}
	if e.Incident != "" {
		return s.applyIncident(r, e, to)
	}
	if err := r.take(e); err != nil {
		return err
	}
	r.Phase = to
	r.active(e)
	if s.Rounds[r.ID] == nil {
		s.Rounds[r.ID] = r
		s.Order = append(s.Order, r.ID)
	}
	return nil
}

func (s *State) applyIncident(r *Round, e Event, to Phase) error {
	in := r.Open
	if in == nil {
		in = &Incident{ID: e.Incident, Round: r.ID, By: e.Actor, Requested: e.At}
	}
	if err := in.take(r, e); err != nil {
		return err
	}
	in.Phase = to
	r.active(e)
	switch to {
	case Injecting:
		if r.Open == nil {
			s.Incidents++
		}
		r.Open = in
	case Ended:
		in.Ended = e.At
		r.Open = nil
		r.Past = append(r.Past, in)
	}
	return nil
}
