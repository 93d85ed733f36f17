package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/chaotic-good/scenarios/bot/discord"
)

// inviteVerb prints the address at which somebody who runs a Discord server lets
// the bot in, with the permissions that `doctor` looks for.
func inviteVerb(args []string, getenv func(string) string, out, errs io.Writer) error {
	flags := flag.NewFlagSet("invite", flag.ContinueOnError)
	flags.SetOutput(errs)
	path := flags.String("config", "", "a YAML file; the environment goes over it, as for serve")
	application := flags.String("application", "", "`id` of the application; empty: the configuration's")
	guild := flags.String("guild", "", "`id` of the server that is chosen already; empty: the configuration's, if it has one")
	if err := flags.Parse(args); err != nil {
		return exitCode(2)
	}
	c, err := loadConfig(*path, getenv)
	if err != nil {
		return err
	}
	if *application != "" {
		c.Discord.Application = *application
	}
	if *guild != "" {
		c.Discord.Guild = *guild
	}
	if c.Discord.Application == "" {
		return errors.New("invite: say which application it is, by -application or CHAOTIC_DISCORD_APPLICATION; its page in Discord's developer portal tells")
	}
	fmt.Fprintln(out, discord.Invite(c.Discord.Application, c.Discord.Guild))
	fmt.Fprintf(errs, "It asks for: %s.\n", strings.Join(discord.Permissions(), ", "))
	return nil
}
