package scenarios

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Fix is one thing that a player may do about a scenario, as a program that
// acts with the player's own keys. Promise is how the incident then ends.
type Fix struct {
	Promise round.Outcome
	Do      func(context.Context, aws.Config, round.ID) error
}

// fixes is every move of every scenario, by the name that its YAML gives it. A
// test holds the two against each other.
var fixes = map[string]map[string]Fix{
	"security-group": {
		"authorize-group": {round.Resolved, authorizeGroup},
		"authorize-cidr":  {round.Resolved, authorizeCIDR},
		"attach-group":    {round.Resolved, attachGroup},
		"restart-api":     {round.TimedOut, restartAPI},
	},
}

// FixOf finds a move of a scenario. An empty name is the first fix that counts.
func (c *Catalogue) FixOf(scenario, name string) (string, Fix, error) {
	s, ok := c.Get(scenario)
	if !ok {
		return "", Fix{}, fmt.Errorf("there is no scenario %q", scenario)
	}
	if name == "" {
		name = s.Debrief.Fixes[0].Name
	}
	if f, ok := fixes[scenario][name]; ok {
		return name, f, nil
	}
	var names []string
	for _, m := range append(append([]round.Move(nil), s.Debrief.Fixes...), s.Debrief.Wrong...) {
		names = append(names, m.Name)
	}
	return "", Fix{}, fmt.Errorf("%s has no fix %q; it has %v", scenario, name, names)
}
