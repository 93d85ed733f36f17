package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/monitoring"
	"github.com/chaotic-good/scenarios/scenarios"
)

// fixInChild runs `bot fix` with an empty environment, so that nothing of ours
// can help it: what it knows stands in the revealed message.
func fixInChild(ctx context.Context, reveal string, fix scenarios.Fix, scenario string, out io.Writer) error {
	return moveInChild(ctx, reveal, fix, scenario, out)
}

// tidyInChild brings the stack back to what it was before the move, in the same way.
func tidyInChild(ctx context.Context, reveal string, fix scenarios.Fix, scenario string, out io.Writer) error {
	return moveInChild(ctx, reveal, fix, scenario, out, "-tidy")
}

func moveInChild(ctx context.Context, reveal string, fix scenarios.Fix, scenario string, out io.Writer, more ...string) error {
	ctx, cancel := context.WithTimeout(ctx, fixTime)
	defer cancel()
	var errs bytes.Buffer
	args := append([]string{"fix", "-scenario", scenario, "-variant", fix.Variant, "-fix", fix.Name}, more...)
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env, cmd.Dir = []string{}, "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewBufferString(reveal), out, &errs
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the player's move %s: %w: %s", fix.Name, err, bytes.TrimSpace(errs.Bytes()))
	}
	return nil
}

// fixVerb makes one move of a scenario with the keys of the message on its
// standard input.
func fixVerb(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("fix", flag.ContinueOnError)
	scenario := flags.String("scenario", "", "the scenario")
	variant := flags.String("variant", "", "the variant of the scenario")
	name := flags.String("fix", "", "the move")
	tidy := flags.Bool("tidy", false, "undo what the move leaves, for the next incident")
	if err := flags.Parse(args); err != nil {
		return exitCode(2)
	}
	catalogue, err := scenarios.Load(scenarios.Files, monitoring.Rehearsal())
	if err != nil {
		return err
	}
	fix, err := catalogue.FixOf(*scenario, *variant, *name, rand.IntN)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(in, 1<<16))
	if err != nil {
		return fmt.Errorf("read the message: %w", err)
	}
	cfg, id, err := readReveal(string(text))
	if err != nil {
		return err
	}
	do := fix.Do
	if *tidy {
		do = fix.Tidy
	}
	if do == nil {
		return fmt.Errorf("nothing is to tidy up after %s", fix.Name)
	}
	if err := do(ctx, cfg, id); err != nil {
		return err
	}
	fmt.Fprintln(out, "done")
	return nil
}

var (
	exported = regexp.MustCompile(`\b(AWS_[A-Z_]+)=["']?([^\s"']+)`)
	roundID  = regexp.MustCompile(`\bR[1-9][0-9]*\b`)
)

// readReveal takes from the message what a person would paste into a shell.
func readReveal(text string) (aws.Config, round.ID, error) {
	env := map[string]string{}
	for _, m := range exported.FindAllStringSubmatch(text, -1) {
		env[m[1]] = m[2]
	}
	key, secret, region := env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env["AWS_DEFAULT_REGION"]
	id := round.ID(roundID.FindString(text))
	if key == "" || secret == "" || region == "" || id == "" {
		return aws.Config{}, "", errors.New("the message has no keys, region and round to work with")
	}
	cfg := aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider(key, secret, "")}
	if endpoint := env["AWS_ENDPOINT_URL"]; endpoint != "" {
		cfg.BaseEndpoint = &endpoint
	}
	return cfg, id, nil
}
