package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/runner"
)

// A rehearsal's stack by Terraform is made in minutes, not seconds.
const (
	playTime          = 5 * time.Minute  // of autoplay's round
	playTerraformTime = 20 * time.Minute // of autoplay's round with a stack by Terraform
	shopTerraformTime = 3 * time.Minute  // until the shop of such a stack answers, at least
)

// provide finds Terraform and AWS's provider before anything is raised, and says
// which they are. What is fetched for it stays in the user's cache.
func provide(ctx context.Context, environ []string, out io.Writer, log *slog.Logger) (*runner.Provider, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(out, "Looking for Terraform and AWS's provider; the first time it is fetched, which can take minutes …")
	fetch, cancel := context.WithTimeoutCause(ctx, runner.FetchTime, fmt.Errorf("waited %s for it", runner.FetchTime))
	defer cancel()
	p, err := runner.FetchProvider(fetch, filepath.Join(cache, "terraform"), environ, infra.Unpack, log)
	if err != nil {
		return nil, fmt.Errorf("rehearse --terraform needs Terraform and AWS's provider, and they cannot be had: %w. "+
			"Let `terraform init` reach the provider's registry, or name a mirror or dev_overrides in the file of TF_CLI_CONFIG_FILE; "+
			"or leave --terraform out, then calls of the SDK make the stack", err)
	}
	fmt.Fprintf(out, "Terraform makes the stack, with %s. That takes some minutes.\n"+
		"The bot's rights are not judged meanwhile: the gateway does not know what each of a provider's calls is about.\n", p.Says)
	return &p, nil
}

// byTerraformEnv is what a rehearsal's bot is told beside the rest when Terraform
// makes its stacks. The states are in its own folder, and go with it.
func byTerraformEnv(p *runner.Provider) []string {
	if p == nil {
		return nil
	}
	return append([]string{
		"CHAOTIC_AWS_MAKER=" + byTerraform, "CHAOTIC_TERRAFORM_ACCESS=127.0.0.1/32",
		"CHAOTIC_TERRAFORM_ADMIN_EMAIL=admin@example.org", "CHAOTIC_TERRAFORM_PLAYER_EMAIL=player@example.org",
	}, p.Env...)
}

// provide is for autoplay: not every scenario has a stack that Terraform makes.
func (a *autoplay) provide(ctx context.Context, s round.Scenario, out io.Writer, log *slog.Logger) (err error) {
	if !a.terraform {
		return nil
	}
	if len(s.Stages) > 0 && !slices.Contains(s.Stages, infra.StageClassic) {
		return fmt.Errorf("%s needs the stage %s, which Terraform does not make so far; play it without --terraform", s.ID, s.Stages[0])
	}
	a.provider, err = provide(ctx, os.Environ(), out, log)
	return err
}

// time is how long the whole round may take.
func (a *autoplay) time() time.Duration {
	if a.terraform {
		return playTerraformTime
	}
	return playTime
}
