package main

import (
	"context"
	"embed"
	"errors"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/chaotic-good/scenarios/infra/runner"
)

// errNotYet is the answer of a part that is not wired in yet.
var errNotYet = errors.New("this build cannot make a stack on AWS yet: its policy gate, its image and its pages are not wired in")

// beside gives the runner what is built beside it: the pages, the box's programs,
// the gate, the cost and the image.
func beside(c *runner.Config) {
	c.Pages = embed.FS{}
	c.Programs = func(context.Context, string) error { return errNotYet }
	c.Gate = func(context.Context, *tfjson.Plan) ([]runner.Finding, error) { return nil, errNotYet }
	c.Cost = func(*tfjson.Plan) (float64, error) { return 0, errNotYet }
	c.Image = func(context.Context, string, string) error { return errNotYet }
}
