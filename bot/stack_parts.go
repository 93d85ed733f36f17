package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/chaotic-good/scenarios/frontend"
	"github.com/chaotic-good/scenarios/infra/cost"
	"github.com/chaotic-good/scenarios/infra/image"
	"github.com/chaotic-good/scenarios/infra/policy"
	"github.com/chaotic-good/scenarios/infra/runner"
)

// beside gives the runner what is built beside it: the pages, the box's programs,
// the gate, the cost and the image. The programs are looked for when they are
// needed, so that a stack can be removed without them.
func beside(cloud aws.Config, c *runner.Config) {
	c.Pages = frontend.Files()
	c.Programs = func(ctx context.Context, dir string) error {
		from, err := findPrograms()
		if err != nil {
			return err
		}
		return image.PutBox(ctx, from, dir)
	}
	c.Image = func(ctx context.Context, repository, release string) error {
		from, err := findPrograms()
		if err != nil {
			return err
		}
		return image.ToECR(cloud, from)(ctx, repository, release)
	}
	c.Gate = pass
	c.Cost = func(plan *tfjson.Plan) (float64, error) {
		estimate, err := cost.Of(plan)
		return estimate.PerHour, err
	}
}

// findPrograms finds what came with the bot, or the sources that it is run from.
func findPrograms() (image.Programs, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the stack's programs: %w", err)
	}
	return image.Find(executable, ".")
}

// pass holds a plan to the policy.
func pass(ctx context.Context, plan *tfjson.Plan) ([]runner.Finding, error) {
	gate, err := policy.New(ctx, policy.DefaultLimits())
	if err != nil {
		return nil, err
	}
	found, err := gate.Check(ctx, plan)
	var list []runner.Finding
	for _, f := range found {
		list = append(list, runner.Finding{Rule: f.Rule, Says: f.Says, Resource: f.Where()})
	}
	return list, err
}
