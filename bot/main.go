// Command bot is Chaotic Good Scenarios: a Discord bot that runs live
// incident-response rounds.
//
// It wires the packages together and knows nothing that they do not. `serve` is
// the bot itself; `rehearse` is a whole world on one machine with the bot in
// it; the rest are the operator's small verbs, and the roles that rehearsal's
// processes play with this same binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/chaotic-good/scenarios/api/shop"
	"github.com/chaotic-good/scenarios/infra/rehearsal/box"
	"github.com/chaotic-good/scenarios/infra/rehearsal/cage"
	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

const usage = `usage: bot VERB [flags]

  rehearse   a whole round on this machine: no AWS, no Discord, no Docker
  serve      the bot, for a Discord server and an AWS account
  invite     the address at which the bot is let into a Discord server
  doctor     whether serve would work: Discord, AWS, this machine; how to mend what would not
  scenarios  lint: check what is written; prove: show what is true of it
  stack      a round's stack on AWS without Discord: keys, apply, destroy, unlock
  export     a round as JSON lines, or an incident as Markdown
  image      the bot's own container image, built from its sources
  help       this text

Each verb tells its flags with -h.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	var code exitCode
	switch {
	case errors.As(err, &code):
		os.Exit(int(code))
	case err != nil:
		fmt.Fprintln(os.Stderr, "bot:", err)
		os.Exit(1)
	}
}

// exitCode ends the program with a status and no further word.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit status %d", int(c)) }

func run(ctx context.Context, args []string, getenv func(string) string, in io.Reader, out, errs io.Writer) error {
	if len(args) == 0 {
		fmt.Fprint(errs, usage)
		return exitCode(2)
	}
	verb, rest := args[0], args[1:]
	switch verb {
	case "serve":
		return serveVerb(ctx, rest, getenv, errs)
	case "invite":
		return inviteVerb(rest, getenv, out, errs)
	case "doctor":
		return doctorVerb(ctx, rest, getenv, out, errs)
	case "rehearse":
		return rehearseVerb(ctx, rest, out, errs)
	case "scenarios":
		return scenariosVerb(ctx, rest, out, errs)
	case "stack":
		return stackVerb(ctx, rest, getenv, out, errs)
	case "export":
		return exportVerb(ctx, rest, out, errs)
	case "image":
		return imageVerb(ctx, rest, out, errs)
	case "shop": // a role of the rehearsed stack, by SHOP_ROLE
		return shop.Run(ctx, getenv, out)
	case "box": // the hardware of a rehearsed instance
		return box.Serve(ctx)
	case "cage": // what a rehearsed database is locked into
		return cage.Enter(ctx, rest)
	case "fix": // a move of the player, told what to do on its standard input
		return fixVerb(ctx, rest, in, out)
	case "watchdog": // ends what a rehearsal leaves when it is killed
		return process.Watchdog(ctx, in, slog.New(slog.NewTextHandler(errs, nil)))
	case "help", "-h", "--help":
		fmt.Fprint(out, usage)
		return nil
	default:
		fmt.Fprintf(errs, "bot: there is no verb %q\n\n%s", verb, usage)
		return exitCode(2)
	}
}
