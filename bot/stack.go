package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/runner"
)

const stackUsage = "usage: bot stack keys|apply|destroy|unlock --round NUMBER [flags]"

// stackVerb does for a person what /provision and /destroy do: the scripts in
// infra/ call it.
func stackVerb(ctx context.Context, args []string, getenv func(string) string, out, errs io.Writer) error {
	acts := map[string]func(context.Context, stackFlags, aws.Config, io.Writer, *slog.Logger) error{
		"keys": stackKeys, "apply": stackApply, "destroy": stackDestroy, "unlock": stackUnlock,
	}
	if len(args) == 0 || acts[args[0]] == nil {
		fmt.Fprintln(errs, stackUsage)
		return exitCode(2)
	}
	f, err := readStackFlags(args[0], args[1:], getenv, errs)
	if err != nil {
		return err
	}
	cloud, err := credentialed(ctx, f.by.region, f.endpoint)
	if err != nil {
		return err
	}
	return acts[args[0]](ctx, f, cloud, out, slog.New(slog.NewTextHandler(errs, nil)))
}

// credentialed gives an AWS that knows who we are, or says what is missing.
func credentialed(ctx context.Context, region, endpoint string) (aws.Config, error) {
	cloud, err := infra.AWSConfig(ctx, region, endpoint)
	if err != nil {
		return aws.Config{}, err
	}
	look, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if _, err := cloud.Credentials.Retrieve(look); err != nil {
		return aws.Config{}, fmt.Errorf("there are no AWS credentials, so nothing was done: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "+
			"AWS_SECRET_ACCESS_KEY, or sign in with `aws sso login` (%w)", err)
	}
	return cloud, nil
}

func (f stackFlags) maker(cloud aws.Config, log *slog.Logger) (*infra.Maker, error) {
	return infra.NewMaker(cloud, infra.MakerConfig{Pace: infra.AWSPace(), Log: log, Image: "chaotic-good/shop:" + shopRelease})
}

func (f stackFlags) runner(cloud aws.Config, log *slog.Logger) (*runner.Runner, error) {
	maker, err := f.maker(cloud, log)
	if err != nil {
		return nil, err
	}
	return newRunner(cloud, maker, f.by, log, beside)
}

// spec is the stack of the round. Nobody is called: who has no bot looks at
// Alertmanager.
func (f stackFlags) spec(ends time.Time) round.Spec {
	switch {
	case f.lifetime > 0:
		ends = time.Now().Add(f.lifetime)
	case ends.IsZero():
		ends = time.Now().Add(4 * time.Hour)
	}
	return round.Spec{Round: round.RoundID(f.number), Stage: infra.StageClassic, Expires: ends.UTC().Truncate(time.Second)}
}

// open gives the runner, and the spec with the end that was said before.
func (f stackFlags) open(cloud aws.Config, log *slog.Logger) (*runner.Runner, round.Spec, error) {
	r, err := f.runner(cloud, log)
	if err != nil {
		return nil, round.Spec{}, err
	}
	ends, err := r.Ends(round.RoundID(f.number))
	return r, f.spec(ends), err
}

func stackKeys(ctx context.Context, f stackFlags, cloud aws.Config, out io.Writer, log *slog.Logger) error {
	maker, err := f.maker(cloud, log)
	if err != nil {
		return err
	}
	spec := f.spec(time.Time{})
	if _, err := maker.Prepare(ctx, spec); err != nil {
		return err
	}
	n := infra.NamesOf(spec.Round)
	fmt.Fprintf(out, "Secrets Manager in %s holds the keys of %s: %s, %s, %s\n", f.by.region, spec.Round, n.BoxKey, n.DatabaseSecret, n.WebhookSecret)
	return nil
}

func stackApply(ctx context.Context, f stackFlags, cloud aws.Config, out io.Writer, log *slog.Logger) error {
	r, spec, err := f.open(cloud, log)
	if err != nil {
		return err
	}
	made, err := r.Provision(ctx, spec, printer(out))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is ready until %s\nshop          %s\nprometheus    %s\nalertmanager  %s\ngraphs        %s\nlogs          %s\nrunbooks      %s\nThe secret %s holds the login of all but the shop.\n",
		spec.Round, spec.Expires.Local().Format(time.DateTime), made.Shop, made.Prometheus, made.Alertmanager, made.Graphs, made.Logs, made.Runbooks,
		infra.NamesOf(spec.Round).MonitoringSecret)
	return nil
}

func stackDestroy(ctx context.Context, f stackFlags, cloud aws.Config, out io.Writer, log *slog.Logger) error {
	r, spec, err := f.open(cloud, log)
	if err != nil {
		return err
	}
	gone, err := r.Destroy(ctx, spec, printer(out))
	fmt.Fprintf(out, "%s: %d removed, %d left\n", spec.Round, gone.Removed, gone.Left)
	if err == nil && gone.Left > 0 {
		err = errors.New("something is left: " + strings.Join(gone.What, ", "))
	}
	return err
}

func stackUnlock(ctx context.Context, f stackFlags, cloud aws.Config, out io.Writer, log *slog.Logger) error {
	r, spec, err := f.open(cloud, log)
	if err != nil {
		return err
	}
	was, err := r.Unlock(ctx, spec)
	switch {
	case err != nil:
		return err
	case was == nil:
		fmt.Fprintf(out, "%s is not locked\n", spec.Round)
	default:
		fmt.Fprintf(out, "%s was locked by %s since %s; the lock is gone\n", spec.Round, was.Who, was.Since)
	}
	return nil
}

// printer writes a line for each phase, and now and then how far it is.
func printer(out io.Writer) func(round.Progress) {
	var last round.Progress
	var at time.Time
	return func(p round.Progress) {
		if p.Phase == last.Phase && time.Since(at) < 15*time.Second {
			return
		}
		last, at = p, time.Now()
		fmt.Fprintf(out, "%s  %-32s %d of %d", at.Format(time.TimeOnly), p.Phase, p.Done, p.Total)
		if p.PerHour > 0 {
			fmt.Fprintf(out, "  %.2f USD an hour", p.PerHour)
		}
		if !p.Until.IsZero() {
			fmt.Fprintf(out, "  expected by %s", p.Until.Local().Format(time.TimeOnly))
		}
		fmt.Fprintln(out)
	}
}
