package scenarios

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// Fix is one thing that a player may do about a scenario, as a program that
// acts with the player's own keys. Promise is how the incident then ends.
type Fix struct {
	Variant string // of the scenario; empty when it has none
	Name    string
	Promise round.Outcome
	Do      act
	Tidy    act // brings the stack back to how it was built, once the incident is over; nil: nothing is to do
}

type act func(context.Context, aws.Config, round.ID) error

// program is a move: what it does, and how the stack is then brought back to
// what it was for the next incident. The fault's own part is its rollback's.
type program struct{ do, tidy act }

// fixes is every move of every scenario as a program, by the name that the
// YAML gives it. A test holds the two against each other.
var fixes = map[string]map[string]program{
	"bad-deploy": {
		"roll-back":   {do: rollBack},
		"fix-forward": {do: fixForward, tidy: firstRevision},
		"scale-out":   {do: scaleOut, tidy: builtCount},
		"restart":     {do: restartAPI},
	},
	"database-connections": {
		"stop-task":      {do: stopJob(infra.JobMailer)},
		"revoke-login":   {do: revokeLogin(loginMailer)},
		"raise-limit":    {do: useConnections(moreConnections), tidy: useConnections(infra.MaxConnections)},
		"terminate-once": {do: terminateOnce(loginMailer)},
		"restart-api":    {do: restartAPI},
	},
	"database-overload": {
		"stop-task":       {do: stopJob(infra.JobFigures)},
		"revoke-login":    {do: revokeLogin(loginFigures)},
		"bigger-instance": {do: useClass(biggerClass), tidy: useClass(infra.DatabaseClass)},
		"scale-api":       {do: scaleOut, tidy: builtCount},
		"restart-api":     {do: restartAPI},
	},
	"disk-full": {
		"truncate-and-restart": {do: truncateAndRestart},
		"rotate":               {do: rotateLogs, tidy: builtRotation},
		"grow-volume":          {do: growVolume, tidy: replaceBox},
		"truncate":             {do: truncateLogs},
		"restart-box":          {do: rebootBox},
	},
	"ip-exhaustion": {
		"delete-interfaces": {do: deleteInterfaces, tidy: builtCount},
		"add-subnet":        {do: addSubnet, tidy: dropSubnet},
		"scale-tasks":       {do: scaleTasks, tidy: builtCount},
	},
	"instance-crash": {
		"start":       {do: startBox},
		"reboot":      {do: rebootBox},
		"stop-start":  {do: stopStartBox},
		"replace":     {do: replaceBox},
		"restart-api": {do: restartAPI},
	},
	"node-capacity": {
		"raise-maximum": {do: raiseMaximum, tidy: builtNodes},
		"bigger-nodes":  {do: biggerNodes, tidy: oneNodeGroup},
		"scale-pods":    {do: scalePods, tidy: builtPods},
	},
	"security-group": {
		"authorize-group": {do: authorizeGroup},
		"authorize-cidr":  {do: authorizeCIDR, tidy: revokeCIDRs},
		"attach-group":    {do: attachGroup, tidy: detachGroup},
		"restart-api":     {do: restartAPI},
	},
}

// FixOf finds a move of a scenario. An empty variant is drawn with pick among
// those that have the move; an empty name is the variant's first fix that counts.
func (c *Catalogue) FixOf(scenario, variant, name string, pick func(int) int) (Fix, error) {
	s, ok := c.Get(scenario)
	if !ok {
		return Fix{}, fmt.Errorf("there is no scenario %q", scenario)
	}
	var known []string
	var found []Fix
	for _, v := range variantsOf(s) {
		if variant != "" && variant != v.Name {
			known = append(known, v.Name)
			continue
		}
		for i, m := range slices.Concat(v.Debrief.Fixes, v.Debrief.Wrong) {
			if m.Name != name && (name != "" || i > 0) {
				known = append(known, m.Name)
				continue
			}
			p := c.programs[scenario][[2]string{v.Name, m.Name}]
			f := Fix{Variant: v.Name, Name: m.Name, Promise: round.Resolved, Do: p.do, Tidy: p.tidy}
			if i >= len(v.Debrief.Fixes) {
				f.Promise = round.TimedOut
			}
			if f.Do == nil {
				return Fix{}, fmt.Errorf("no program makes the move %q of %s", m.Name, scenario)
			}
			found = append(found, f)
		}
	}
	if len(found) == 0 {
		return Fix{}, fmt.Errorf("%s has no %s; it has %q", scenario, wanted(variant, name), known)
	}
	return found[pick(len(found))], nil
}

// variantsOf gives a scenario without variants as its own only one.
func variantsOf(s round.Scenario) []round.Variant {
	if len(s.Variants) > 0 {
		return s.Variants
	}
	return []round.Variant{{Fault: s.Fault, Hints: s.Hints, Debrief: s.Debrief}}
}

func wanted(variant, name string) string {
	switch {
	case variant == "":
		return fmt.Sprintf("fix %q", name)
	case name == "":
		return fmt.Sprintf("variant %q", variant)
	default:
		return fmt.Sprintf("fix %q in a variant %q", name, variant)
	}
}
