package reconcile

import (
	"fmt"
	"maps"

	"github.com/chaotic-good/scenarios/infra/rehearsal/gateway"
)

// databaseRule: PostgreSQL runs while the RDS instance is available, and before
// there is one as soon as its logins are known: nobody reaches it then, and it is
// up when the instance is. One that ended by itself is started again, as RDS
// does.
func databaseRule(seen Seen, here Local) []Step {
	available := seen.Database != nil && seen.Database.Status == stateAvailable
	soon := seen.Database == nil && !here.HadDatabase
	runs := here.Database != nil && here.Database.Alive
	switch {
	case seen.Login != nil && seen.Operator != nil && (available || soon) && !runs:
		return []Step{{Verb: StartDatabase}}
	case here.Database != nil && !available && (seen.Login == nil || seen.Operator == nil || !soon):
		return []Step{{Verb: StopDatabase}}
	}
	return nil
}

// settingsRule: the server has its parameter group's values. PostgreSQL itself
// takes the dynamic ones at once and leaves the static ones until it restarts.
// One that has ended gets them too: it may be these that it cannot start with.
func settingsRule(seen Seen, here Local) []Step {
	if !idle(seen, here) && !ended(seen, here) || maps.Equal(seen.Database.Settings, here.Server.Settings) {
		return nil
	}
	return []Step{{Verb: Configure}}
}

// rebootRule: a reboot of the instance, and a change of its class, restart the
// server. RDS moves an instance to other hardware for the one, and for both its
// sessions end.
func rebootRule(seen Seen, here Local) []Step {
	if !idle(seen, here) {
		return nil
	}
	if d := seen.Database; d.Reboots != here.Server.Reboots || d.Class != here.Server.Class {
		return []Step{{RestartDatabase, d.Class, fmt.Sprint(d.Reboots)}}
	}
	return nil
}

// operatorRule: the operator's secret says where the operator reaches the
// database. On AWS that is the instance's own address, through a session to the
// box that forwards a port; here the server listens on the player's machine.
func operatorRule(seen Seen, here Local) []Step {
	if !idle(seen, here) || seen.Operator == nil || here.Server.Addr == "" {
		return nil
	}
	if fmt.Sprintf("%s:%d", seen.Operator.Host, seen.Operator.Port) == here.Server.Addr {
		return nil
	}
	return []Step{{WriteLogin, "operator", here.Server.Addr}}
}

// idle reports whether there is a database that nothing is being done to.
func idle(seen Seen, here Local) bool {
	return seen.Database != nil && seen.Database.Status == stateAvailable && here.Database != nil && here.Database.Listening && !here.Server.Busy
}

// ended reports whether there should be a database, and its server does not run
// and is not being started.
func ended(seen Seen, here Local) bool {
	return seen.Database != nil && seen.Database.Status == stateAvailable && here.Database != nil && !here.Database.Alive && !here.Server.Busy
}

// cpusOf is how many CPUs a class's server has here, where the smallest of RDS's
// have two: half, and never none. A name that is no class counts as small.
func cpusOf(class string) int { return max(1, gateway.ClassCPUs(class)/2) }
