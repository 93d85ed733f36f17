package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal"
	"github.com/chaotic-good/scenarios/infra/runner"
	"github.com/chaotic-good/scenarios/infra/tftest"
)

// Without a provider a rehearsal by Terraform says so, and what to do, before
// anything of a world is raised.
func TestNoRehearsalWithoutAProvider(t *testing.T) {
	if _, err := exec.LookPath("terraform"); err != nil {
		if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
			t.Fatalf("Terraform is required: %v", err)
		}
		t.Skipf("needs Terraform: %v", err)
	}
	config := filepath.Join(t.TempDir(), "nothing.tfrc")
	text := "provider_installation {\n  filesystem_mirror {\n    path = \"" + t.TempDir() + "\"\n  }\n}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TF_CLI_CONFIG_FILE", config)
	t.Setenv("CHAOTIC_CACHE", t.TempDir())
	for _, args := range [][]string{{"--terraform"}, {"--terraform", "--autoplay", "security-group"}} {
		var out, errs bytes.Buffer
		err := rehearseVerb(t.Context(), args, &out, &errs)
		if err == nil {
			t.Fatalf("%q: it began", args)
		}
		for _, part := range []string{
			"needs Terraform and AWS's provider, and they cannot be had: terraform init of a rehearsal failed: Failed to query available provider packages.",
			"Let `terraform init` reach the provider's registry", "dev_overrides", "TF_CLI_CONFIG_FILE", "leave --terraform out",
		} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q: %q does not say %q", args, err, part)
			}
		}
		if strings.Contains(out.String(), "Setting the stage") || strings.Contains(out.String(), "Terraform makes the stack") {
			t.Errorf("%q: it says %q", args, out.String())
		}
	}
}

// The provider that is there is named.
func TestARehearsalSaysItsProvider(t *testing.T) {
	var provider tftest.Provider
	t.Cleanup(func() { _ = provider.Close() })
	if _, stub := provider.Need(t); !stub {
		t.Skip("needs the tests' provider, from ../shared/tools/aws-schema-provider")
	}
	t.Setenv("CHAOTIC_CACHE", t.TempDir())
	var out bytes.Buffer
	p, err := provide(t.Context(), os.Environ(), &out, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if want := "Terraform makes the stack, with AWS's provider 5.32.0, from the folder that " + os.Getenv("TF_CLI_CONFIG_FILE") + " names."; !strings.Contains(out.String(), want) {
		t.Errorf("it says %q", out.String())
	}
	if !slices.Contains(p.Env, "TF_CLI_CONFIG_FILE="+filepath.Join(os.Getenv("CHAOTIC_CACHE"), "terraform", "provider.tfrc")) {
		t.Errorf("the bot is told %q", p.Env)
	}
}

func TestWhatTerraformDoesNotRehearse(t *testing.T) {
	var out, errs bytes.Buffer
	err := rehearseVerb(t.Context(), []string{"--terraform", "--autoplay", "all"}, &out, &errs)
	var code exitCode
	if !errors.As(err, &code) || code != 2 || !strings.Contains(errs.String(), "on stacks made by calls of the SDK") {
		t.Errorf("all: %v, %q", err, errs.String())
	}
	err = rehearseVerb(t.Context(), []string{"--terraform", "--autoplay", "node-capacity"}, &out, &errs)
	if err == nil || !strings.Contains(err.Error(), "node-capacity needs the stage eks, which Terraform does not make so far") {
		t.Errorf("another stage: %v", err)
	}
	if out.Len() > 0 {
		t.Errorf("it says %q", out.String())
	}
	if slow, usual := (&autoplay{terraform: true}).time(), (&autoplay{}).time(); slow <= usual {
		t.Errorf("a round by Terraform may take %s, another %s", slow, usual)
	}
}

// The bot's process is told of Terraform by nothing but its configuration, and
// without the flag of nothing at all.
func TestARehearsalsBotByTerraform(t *testing.T) {
	s := &stage{setup: localdiscord.Rehearsal(), page: "http://127.0.0.1:1", pace: "rehearsal", world: &rehearsal.World{
		Endpoint: "http://127.0.0.1:2", Key: "AKIA", Secret: round.NewSecret("secret"),
	}}
	read := func(p *runner.Provider) (config, map[string]string) {
		t.Helper()
		all := map[string]string{}
		for _, entry := range append(s.botEnv("/run/bot", "/run/bot/address", "http://127.0.0.1:3", 0), byTerraformEnv(p)...) {
			name, value, _ := strings.Cut(entry, "=")
			all[name] = value
		}
		c, err := readConfig("", lookup(all))
		if err != nil {
			t.Fatal(err)
		}
		return c, all
	}
	c, env := read(nil)
	if c.AWS.Maker != bySDK || env["PATH"] != "" || env["TF_CLI_CONFIG_FILE"] != "" {
		t.Errorf("without Terraform: maker %s, %v", c.AWS.Maker, env)
	}
	c, env = read(&runner.Provider{Env: []string{"PATH=/tools", "TF_CLI_CONFIG_FILE=/cache/provider.tfrc"}})
	by := c.stacksBy()
	if c.AWS.Maker != byTerraform || env["PATH"] != "/tools" || env["TF_CLI_CONFIG_FILE"] != "/cache/provider.tfrc" {
		t.Errorf("maker %s, %v", c.AWS.Maker, env)
	}
	if !slices.Equal(by.stack.Access, []string{"127.0.0.1/32"}) || by.stack.AdminEmail == "" || by.stack.PlayerEmail == "" ||
		by.backend != (runner.Backend{}) || by.state != "/run/bot" || by.region != rehearsal.Region {
		t.Errorf("stacks are made by %+v", by)
	}
	if got := c.stages(nil); !slices.Equal(got, []string{infra.StageClassic}) {
		t.Errorf("its stages are %q", got)
	}
}

// Where AWS is played on this machine there is no registry to push to, and
// nobody runs what hosts fetch; elsewhere both are made.
func TestNothingIsPushedToThisMachine(t *testing.T) {
	for endpoint, near := range map[string]bool{"http://127.0.0.1:4566": true, "https://aws.example.org": false, "": false} {
		var log bytes.Buffer
		c := runner.Config{Log: slog.New(slog.NewTextHandler(&log, nil))}
		cloud := aws.Config{Region: "us-east-1"}
		if endpoint != "" {
			cloud.BaseEndpoint = &endpoint
		}
		beside(cloud, &c)
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // whoever builds or calls ends at once
		err := c.Image(ctx, "chaotic-r1-shop", shopRelease)
		if (err == nil) != near || strings.Contains(log.String(), "the image is only named") != near {
			t.Errorf("%q: %v, %q", endpoint, err, log.String())
		}
		dir := t.TempDir()
		if err := c.Programs(ctx, dir); (err == nil) != near {
			t.Errorf("%q: the programs: %v", endpoint, err)
		}
	}
}
