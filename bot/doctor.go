package main

import (
	"context"
	"flag"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/bot/discord"
	"github.com/chaotic-good/scenarios/bot/doctor"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra/runner"
)

// checkTime is how long a check may take.
const checkTime = 10 * time.Second

// doctorVerb looks at whether `serve` would work with this configuration, and
// ends with a status other than 0 when it would not.
func doctorVerb(ctx context.Context, args []string, getenv func(string) string, out, errs io.Writer) error {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(errs)
	path := flags.String("config", "", "a YAML file; the environment goes over it, as for serve")
	if err := flags.Parse(args); err != nil {
		return exitCode(2)
	}
	c, err := loadConfig(*path, getenv)
	if err != nil { // nothing of it can be relied on
		return show(out, []doctor.Result{{Name: "configuration", Finding: misread(err)}})
	}
	m := machine{now: time.Now, free: doctor.FreeSpace, writable: doctor.Writable,
		fetch: func(ctx context.Context) error { return runner.Fetchable(ctx, "") }}
	return examine(ctx, c, m, out)
}

// machine is what the bot runs on, as far as it can be another.
type machine struct {
	now      func() time.Time
	free     func(folder string) (uint64, error)
	writable func(folder string) error
	fetch    func(context.Context) error // whether Terraform could be fetched
}

// examine runs all checks of a configuration and prints what they found.
func examine(ctx context.Context, c config, m machine, out io.Writer) error {
	chat, err := discord.NewDoctor(discord.DoctorConfig{
		Token: round.NewSecret(c.Discord.Token), Guild: c.Discord.Guild, Application: c.Discord.Application,
		Channels: discord.Channels{Alerts: c.Discord.Alerts, Operations: c.Discord.Operations},
		Roles:    discord.Roles{Admin: c.Discord.AdminRole, Player: c.Discord.PlayerRole},
		BaseURL:  c.Discord.URL, Now: m.now,
	})
	if err != nil {
		return show(out, []doctor.Result{{Name: "configuration", Finding: misread(err)}})
	}
	defer chat.Close()
	return show(out, doctor.Examine(ctx, checkTime, checks(c, m, chat, newAccount(ctx, c, m.now))))
}

// checks is the one list of what is looked at, in the order in which it is told.
func checks(c config, m machine, chat *discord.Doctor, cloud *account) []doctor.Check {
	states, terraform := filepath.Join(c.State, "stacks"), c.AWS.Maker == byTerraform
	all := []doctor.Check{{Name: "configuration", Run: func(context.Context) doctor.Finding { return settingsOf(c) }}}
	all = append(all, chat.Checks()...)
	all = append(all, cloud.checks()...)
	return append(all,
		doctor.Terraform{Needed: terraform, Fetch: m.fetch, Look: func(ctx context.Context) (path, release string, err error) {
			return runner.Find(ctx, states, os.Environ())
		}}.Check(),
		keptBy(c, states),
		doctor.Address{Polling: c.Alerts == byPolling, Listen: c.Webhook.Listen, Public: c.Webhook.Public, Near: nearby(c.AWS.Endpoint)}.Check(),
		doctor.Clock(doctor.Source{Name: "Discord", Ask: chat.Ahead}, doctor.Source{Name: "AWS", Ask: cloud.ahead}),
		doctor.Disk{Folder: c.State, Free: m.free, Writable: m.writable}.Check(),
		doctor.Check{Name: "ledger", Run: func(context.Context) doctor.Finding { return keptIn(c.State) }},
		doctor.Times{Lifetime: c.Lifetime, Idle: c.Idle, Incident: c.IncidentLimit, Making: makingTime(c)}.Check(),
	)
}

// keptBy looks at where Terraform keeps the states.
func keptBy(c config, folder string) doctor.Check {
	b := c.Terraform.backend()
	if b.Kind == "" {
		b.Kind = runner.BackendLocal
	}
	check := doctor.Backend{Needed: c.AWS.Maker == byTerraform, Kind: b.Kind, Folder: folder}.Check()
	if b.Kind == runner.BackendCloud {
		check.Run = func(ctx context.Context) doctor.Finding { return scoutSays(runner.Organization(ctx, b, os.Environ())) }
	}
	return check
}

// makingTime is what the making of a stack takes, about.
func makingTime(c config) time.Duration {
	if c.AWS.Pace == "aws" {
		return 15 * time.Minute
	}
	return 10 * time.Second
}

func misread(err error) doctor.Finding {
	return doctor.Finding{State: doctor.Wrong, Says: strings.ReplaceAll(err.Error(), "\n", "; ") + ".", Mend: "deploy/bot.example.yaml shows every setting, and deploy/README.md explains them."}
}

// settingsOf checks the configuration as serve does.
func settingsOf(c config) doctor.Finding {
	if err := c.check(); err != nil {
		return misread(err)
	}
	if c.AWS.Pace != "aws" && !nearby(c.AWS.Endpoint) {
		return doctor.Finding{State: doctor.Warning, Says: "The pace " + c.AWS.Pace + " is for a stack on this machine; on AWS everything takes longer.", Mend: "Set `aws.pace` to aws, or leave it out."}
	}
	if c.AWS.Maker == bySDK && !nearby(c.AWS.Endpoint) {
		return doctor.Finding{State: doctor.Warning, Says: "The maker sdk is for rehearsals and trials; no round on AWS can be played on its stack.", Mend: "Set `aws.maker` to terraform."}
	}
	return doctor.Well("It is complete.")
}

// show prints what was found.
func show(out io.Writer, all []doctor.Result) error {
	healthy, err := doctor.Print(out, all)
	if err == nil && !healthy {
		err = exitCode(1)
	}
	return err
}

// nearby reports whether an endpoint of AWS, and so the stacks, are on this machine.
func nearby(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
