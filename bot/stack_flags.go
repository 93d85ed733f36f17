package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// stackFlags is what a person without Discord says of a stack.
type stackFlags struct {
	number   int
	lifetime time.Duration
	endpoint string
	by       stacksBy
}

// readStackFlags takes a stack's settings from where a bot takes its own, and the
// flags over them. The flags tell where that is, so they are read anew once it is
// known.
func readStackFlags(act string, args []string, getenv func(string) string, errs io.Writer) (f stackFlags, err error) {
	var c config
	for path, known := "", false; !known; {
		if c, err = loadConfig(path, getenv); err != nil {
			return f, err
		}
		c.AWS.Region = first(c.AWS.Region, getenv("AWS_REGION"), "us-east-1")
		flags, at := f.flags(act, &c, errs)
		if flags.Parse(args) != nil {
			return f, exitCode(2)
		}
		if f.number < 1 || flags.NArg() > 0 {
			fmt.Fprintln(errs, stackUsage)
			return f, exitCode(2)
		}
		known, path = *at == path, *at
	}
	if c.State == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return f, fmt.Errorf("say where the states are, by --state: %w", err)
		}
		c.State = filepath.Join(home, ".local", "state", "chaotic-good")
	}
	f.by, f.endpoint = c.stacksBy(), c.AWS.Endpoint
	return f, nil
}

// flags go over c, whose values they have when they are not given.
func (f *stackFlags) flags(act string, c *config, errs io.Writer) (flags *flag.FlagSet, config *string) {
	flags = flag.NewFlagSet("stack "+act, flag.ContinueOnError)
	flags.SetOutput(errs)
	config = flags.String("config", "", "the bot's YAML file; the environment goes over it as it does for the bot, and the flags over both")
	flags.IntVar(&f.number, "round", 0, "number of the round: 7 for R7")
	flags.DurationVar(&f.lifetime, "lifetime", 0, "how long the stack may stay; 0: as it was said before, or 4 hours")
	flags.Func("access", "who reaches the monitoring's pages: CIDR ranges with commas between them", func(text string) error {
		c.Terraform.Access = strings.Split(text, ",")
		return nil
	})
	text := func(to *string, name, usage string) { flags.StringVar(to, name, *to, usage) }
	text(&c.State, "state", "folder of the states; empty: below your home")
	text(&c.AWS.Region, "region", "AWS region of the stack")
	text(&c.Terraform.AdminEmail, "email", "where the budget and the sign-in write to")
	b := &c.Terraform.Backend
	text(&b.Kind, "backend", "of the states: local, s3 or cloud; empty: local")
	text(&b.Bucket, "bucket", "of the backend s3")
	text(&b.Region, "bucket-region", "of the backend s3")
	text(&b.Prefix, "prefix", "of the backend s3: what the names of the states begin with")
	text(&b.KMSKey, "kms-key", "of the backend s3: the key that encrypts the states")
	text(&b.Hostname, "hostname", "of the backend cloud; empty: HashiCorp's own")
	text(&b.Organization, "organization", "of the backend cloud")
	text(&b.Project, "project", "of the backend cloud: of the workspaces")
	return flags, config
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
