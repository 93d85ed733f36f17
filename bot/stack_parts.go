package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/frontend"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/cost"
	"github.com/chaotic-good/scenarios/infra/image"
	"github.com/chaotic-good/scenarios/infra/policy"
	"github.com/chaotic-good/scenarios/infra/runner"
)

// stacksBy is what Terraform's runner is told by a configuration, or by a person's
// flags.
type stacksBy struct {
	state   string // folder of the bot; the states are below
	region  string
	backend runner.Backend
	stack   runner.Stack
	ceiling float64 // USD that a stack may cost in an hour; 0: the policy's own
}

// newRunner gives the one that makes stacks by Terraform. What is built beside it
// comes by parts.
func newRunner(cloud aws.Config, maker *infra.Maker, by stacksBy, log *slog.Logger, parts func(aws.Config, *runner.Config)) (*runner.Runner, error) {
	c := runner.Config{
		Log: log, Now: time.Now, Dir: filepath.Join(by.state, "stacks"), Environ: os.Environ(),
		Region: by.region, Endpoint: aws.ToString(cloud.BaseEndpoint), Backend: by.backend,
		Stack: by.stack, Cloud: maker, Unpack: infra.Unpack, Pages: frontend.Files(),
		Gate: gate(by.ceiling), Cost: priced(by.region),
	}
	parts(cloud, &c)
	return runner.New(c)
}

// beside gives the runner the box's programs and the shop's image. The programs
// are looked for when they are needed, so that a stack can be removed without
// them. Where AWS is played on this machine, nobody runs what hosts fetch, and
// there is no registry: then neither is made.
func beside(cloud aws.Config, c *runner.Config) {
	if infra.OnThisMachine(aws.ToString(cloud.BaseEndpoint)) {
		c.Programs = runner.NoPrograms
		c.Image = func(ctx context.Context, repository, release string) error {
			c.Log.InfoContext(ctx, "the image is only named: AWS is played on this machine, where there is no registry", "repository", repository, "release", release)
			return nil
		}
		return
	}
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
}

// findPrograms finds what came with the bot, or the sources that it is run from.
func findPrograms() (image.Programs, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the stack's programs: %w", err)
	}
	return image.Find(executable, ".")
}

// gate holds a plan to the policy.
func gate(ceiling float64) func(context.Context, *tfjson.Plan) ([]runner.Finding, error) {
	limits := policy.DefaultLimits()
	if ceiling > 0 {
		limits.PerHourUSD = ceiling
	}
	return func(ctx context.Context, plan *tfjson.Plan) ([]runner.Finding, error) {
		rules, err := policy.New(ctx, limits)
		if err != nil {
			return nil, err
		}
		found, err := rules.Check(ctx, plan)
		var list []runner.Finding
		for _, f := range found {
			list = append(list, runner.Finding{Rule: f.Rule, Says: f.Says, Resource: f.Where()})
		}
		return list, err
	}
}

// priced says what the stack of a plan costs, the dearest first.
func priced(region string) func(*tfjson.Plan) (round.Cost, error) {
	says := "That is without traffic, by the list prices of us-east-1"
	if region != "us-east-1" {
		says += "; " + region + " has its own"
	}
	return func(plan *tfjson.Plan) (round.Cost, error) {
		estimate, err := cost.Of(plan)
		if err != nil {
			return round.Cost{}, err
		}
		c := round.Cost{Known: true, PerHour: estimate.PerHour, Says: says + "."}
		for _, i := range estimate.Items {
			c.Items = append(c.Items, round.CostItem{What: i.What, Count: i.Count, PerHour: i.PerHour})
		}
		return c, nil
	}
}
