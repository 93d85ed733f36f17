package round_test

import (
	"slices"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// plain is a second account of what a ledger tells, written from the design and
// not from the code: it knows no table, only maps and ifs.
type plain struct {
	Rounds    map[round.ID]*plainRound
	Order     []round.ID
	Incidents int

	begun map[round.IncidentID]bool
}

type plainRound struct {
	Phase                         round.Phase
	Guild, Stage                  string
	Player, Admin, Ender          round.Person
	Opened, Expires, Made, Ended  time.Time
	Active, IdleWarned            time.Time
	Warned                        time.Duration
	Attempt                       int
	Shop, Why                     string
	Unwritten, Failed, Progressed bool
	PerHour                       float64
	Left                          int
	Users                         map[string]plainUser
	Firing                        map[string]bool // by fingerprint
	Calls                         map[string]bool
	Open                          *plainIncident
	Past                          []plainIncident
}

type plainUser struct {
	Person                             round.Person
	Issued, Revealed, Revoked, Expired bool
	Since                              time.Time
}

type plainIncident struct {
	ID                                 round.IncidentID
	Phase                              round.Phase
	By, AckedBy                        round.Person
	Scenario                           string
	Expect                             []string
	Requested, Injected, Onset         time.Time
	Alerted, Paged, Acked, Good, Ended time.Time
	Hinted                             time.Time
	Hints, Repeats, Attempt            int
	Outcome                            round.Outcome
	Say                                string
}

func newPlain() *plain {
	return &plain{Rounds: map[round.ID]*plainRound{}, begun: map[round.IncidentID]bool{}}
}

// legal says whether the event may follow.
func (p *plain) legal(e round.Event) bool {
	r := p.Rounds[e.Round]
	if r == nil {
		return e.Incident == "" && e.Kind == round.ProvisionRequested
	}
	if r.Phase == round.Closed {
		return false // nothing is told of a round that is over
	}
	if e.Incident != "" {
		return p.legalInside(r, e)
	}
	building, going := r.Phase == round.Provisioning, r.Phase == round.Destroying
	switch e.Kind {
	case round.ProvisionRequested:
		return building || r.Phase == round.Stuck
	case round.ProvisionProgressed, round.ProvisionFailed, round.ProvisionDone:
		return building
	case round.CredentialsRequested, round.CredentialsIssued:
		return building || r.Phase == round.Ready
	case round.CredentialsRevealed:
		return r.Phase == round.Ready
	case round.CredentialsExpired, round.LifetimeWarned, round.LifetimeExtended, round.ActivitySeen:
		return !going
	case round.LifetimeWritten:
		return r.Phase == round.Ready
	case round.CredentialsRevoked, round.AlertFired, round.AlertResolved, round.CallObserved, round.DestroyRequested:
		return true
	case round.DestroyProgressed, round.DestroyFailed:
		return going
	case round.DestroyDone:
		return going && r.Open == nil // an incident that is open would never end
	}
	return false
}

func (p *plain) legalInside(r *plainRound, e round.Event) bool {
	in := r.Open
	if in == nil {
		return e.Kind == round.FaultRequested && r.Phase == round.Ready && !p.begun[e.Incident]
	}
	if in.ID != e.Incident {
		return false // one at a time
	}
	switch e.Kind {
	case round.FaultInjected:
		return in.Phase == round.Injecting
	case round.OnsetObserved, round.PageRepeated, round.Acknowledged, round.HintTaken,
		round.ClaimMade, round.RecoveryObserved, round.RecoveryLost:
		return in.Phase == round.Active
	case round.AlertFired, round.AlertResolved, round.CallObserved, round.NoteAdded, round.RollbackRequested:
		return true
	case round.RollbackFailed, round.RollbackDone:
		return in.Phase == round.RollingBack
	}
	return false
}

// clone lets a test keep how things stood.
func (p *plain) clone() *plain {
	c := newPlain()
	c.Order, c.Incidents = slices.Clone(p.Order), p.Incidents
	for id, r := range p.Rounds {
		c.Rounds[id] = r.clone()
	}
	return c
}
