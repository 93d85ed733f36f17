package round

import "fmt"

// Phase is where a round or an incident stands.
type Phase string

// A round's phases. Stuck waits for /destroy or for the round's time-to-live.
const (
	NoRound      Phase = "" // before the first event
	Provisioning Phase = "provisioning"
	Ready        Phase = "ready"
	Stuck        Phase = "stuck"
	Destroying   Phase = "destroying"
	Closed       Phase = "closed"
)

// An incident's phases.
const (
	NoIncident  Phase = ""
	Injecting   Phase = "injecting" // the fault may or may not be in place
	Active      Phase = "active"
	RollingBack Phase = "rolling_back"
	Ended       Phase = "ended" // with an Outcome
)

// roundSteps is the round's transitions table: an event that is not in a
// phase's row is illegal there. Milestones lead back to the same phase.
var roundSteps = map[Phase]map[Kind]Phase{
	NoRound: {ProvisionRequested: Provisioning},
	Provisioning: {
		ProvisionRequested:   Provisioning, // tried again
		ProvisionProgressed:  Provisioning,
		ProvisionFailed:      Stuck,
		ProvisionDone:        Ready,
		CredentialsRequested: Provisioning,
		CredentialsIssued:    Provisioning,
		CredentialsRevoked:   Provisioning,
		LifetimeExtended:     Provisioning,
		ActivitySeen:         Provisioning,
		CredentialsExpired:   Provisioning,
		LifetimeWarned:       Provisioning,
		CallObserved:         Provisioning,
		AlertFired:           Provisioning,
		AlertResolved:        Provisioning,
		DestroyRequested:     Destroying,
	},
	Stuck: {
		ProvisionRequested: Provisioning,
		LifetimeExtended:   Stuck,
		ActivitySeen:       Stuck,
		CredentialsExpired: Stuck,
		LifetimeWarned:     Stuck,
		CallObserved:       Stuck,
		AlertFired:         Stuck,
		AlertResolved:      Stuck,
		CredentialsRevoked: Stuck,
		DestroyRequested:   Destroying,
	},
	Ready: {
		CredentialsRequested: Ready,
		CredentialsIssued:    Ready,
		CredentialsRevealed:  Ready,
		CredentialsRevoked:   Ready,
		LifetimeExtended:     Ready,
		LifetimeWritten:      Ready,
		ActivitySeen:         Ready,
		CredentialsExpired:   Ready,
		LifetimeWarned:       Ready,
		CallObserved:         Ready,
		AlertFired:           Ready,
		AlertResolved:        Ready,
		DestroyRequested:     Destroying,
	},
	Destroying: {
		DestroyRequested:   Destroying, // tried again
		DestroyProgressed:  Destroying,
		DestroyFailed:      Destroying,
		DestroyDone:        Closed,
		CredentialsRevoked: Destroying,
		CallObserved:       Destroying,
		AlertFired:         Destroying,
		AlertResolved:      Destroying,
	},
	Closed: {},
}

// incidentSteps is the incident's transitions table. An incident lives only
// inside a round that is ready.
var incidentSteps = map[Phase]map[Kind]Phase{
	NoIncident: {FaultRequested: Injecting},
	Injecting: {
		FaultInjected:     Active,
		RollbackRequested: RollingBack, // a crash, or a fault that could not be injected
		AlertFired:        Injecting,
		AlertResolved:     Injecting,
		CallObserved:      Injecting,
		NoteAdded:         Injecting,
	},
	Active: {
		OnsetObserved:     Active,
		AlertFired:        Active,
		AlertResolved:     Active,
		CallObserved:      Active,
		PageRepeated:      Active,
		Acknowledged:      Active,
		HintTaken:         Active,
		NoteAdded:         Active,
		ClaimMade:         Active,
		RecoveryObserved:  Active,
		RecoveryLost:      Active,
		RollbackRequested: RollingBack,
	},
	RollingBack: {
		AlertFired:        RollingBack,
		AlertResolved:     RollingBack,
		CallObserved:      RollingBack,
		NoteAdded:         RollingBack,
		RollbackRequested: RollingBack, // tried again
		RollbackFailed:    RollingBack,
		RollbackDone:      Ended,
	},
	Ended: {},
}

// next gives the phase that kind leads to, or an error that names both.
func next(table map[Phase]map[Kind]Phase, from Phase, kind Kind) (Phase, error) {
	to, ok := table[from][kind]
	if !ok {
		if from == "" {
			from = "nothing"
		}
		return "", fmt.Errorf("%s cannot follow while %s", kind, from)
	}
	return to, nil
}

// allows gives the phase that an event leads to, or says why it may not follow.
// The fold asks before it takes an event, and the engine before it records one:
// with two answers the disk could come to hold what no start accepts.
func (s *State) allows(e Event) (Phase, error) {
	r := s.Rounds[e.Round]
	switch {
	case r == nil && (e.Kind != ProvisionRequested || e.Incident != ""):
		return "", fmt.Errorf("%s names a round that was never opened", e.Kind)
	case r == nil:
		return next(roundSteps, NoRound, e.Kind)
	case e.Incident != "":
		return s.allowsInside(r, e)
	case e.Kind == DestroyDone && r.Open != nil:
		return "", fmt.Errorf("%s while %s is open", e.Kind, r.Open.ID) // which could never end
	}
	return next(roundSteps, r.Phase, e.Kind)
}

// allowsInside is allows for an event of an incident.
func (s *State) allowsInside(r *Round, e Event) (Phase, error) {
	switch in := r.Open; {
	case in != nil && in.ID != e.Incident:
		return "", fmt.Errorf("%s of %s while %s is open", e.Kind, e.Incident, in.ID)
	case in != nil:
		return next(incidentSteps, in.Phase, e.Kind)
	case e.Kind != FaultRequested:
		return "", fmt.Errorf("%s of %s, which is not open", e.Kind, e.Incident)
	case r.Phase != Ready:
		return "", fmt.Errorf("%s while the round is %s", e.Kind, r.Phase)
	case s.begun(e.Incident):
		return "", fmt.Errorf("%s of %s, which was begun before", e.Kind, e.Incident)
	}
	return next(incidentSteps, NoIncident, e.Kind)
}

// begun reports whether an incident of that name ever was in any round: they
// are counted in the whole bot.
func (s *State) begun(id IncidentID) bool {
	for _, r := range s.Rounds {
		if r.Open != nil && r.Open.ID == id {
			return true
		}
		for _, past := range r.Past {
			if past.ID == id {
				return true
			}
		}
	}
	return false
}
