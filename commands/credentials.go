package commands

import (
	"context"
	"fmt"
	"strings"

	"github.com/bwmarrin/discordgo"
)

// credentials shows the caller's own access to the round, once, or asks for
// new keys.
var credentials = Command{
	Def: &discordgo.ApplicationCommand{
		Name:                     "credentials",
		Description:              "Show your access to the round, once, to you alone",
		DefaultMemberPermissions: &forEveryone,
		Options: []*discordgo.ApplicationCommandOption{{
			Type: discordgo.ApplicationCommandOptionBoolean, Name: "new",
			Description: "Make new keys and revoke the old ones",
		}},
	},
	Who:  players,
	Slow: true, // making keys takes some calls
	Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
		if !c.Flag("new") {
			return reveal(ctx, r, c)
		}
		id, err := r.Reissue(ctx, c.Caller)
		if err != nil {
			return Reply{}, err
		}
		return Tell("New keys for **%s** are being made; the old ones are dead. A direct message tells you when they are ready, or type `/credentials`.", id), nil
	},
}

// pressReveal is slow, so that the answer is known to reach the person before
// the keys are taken out.
var pressReveal = Press{Verb: "reveal", Who: players, Slow: true, Run: reveal}

// reveal writes the one text in which the keys ever appear.
func reveal(ctx context.Context, r Rounds, c Call) (Reply, error) {
	a, err := r.Reveal(ctx, c.Caller)
	if err != nil {
		return Reply{}, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Your access to **%s**, user `%s`, until %s or until the round ends. Paste this into a shell:\n", a.Round, a.User, Clock(a.Expires))
	b.WriteString("```sh\n")
	export(&b, "AWS_ACCESS_KEY_ID", a.AccessKeyID.Reveal())
	export(&b, "AWS_SECRET_ACCESS_KEY", a.SecretAccessKey.Reveal())
	export(&b, "AWS_DEFAULT_REGION", a.Region)
	if a.Endpoint != "" {
		export(&b, "AWS_ENDPOINT_URL", a.Endpoint)
	}
	b.WriteString("aws sts get-caller-identity\n```\n")
	if a.Endpoint != "" {
		b.WriteString("`AWS_ENDPOINT_URL` needs aws CLI 1.29 or 2.13, or newer; older ones ignore it and ask AWS itself.\n")
	}
	fmt.Fprintf(&b, "What you make needs the tag `round=%s` from the start, or AWS refuses it: `--tag-specifications 'ResourceType=security-group,Tags=[{Key=round,Value=%s}]'`, with the type of what you make.\n", a.Round, a.Round)
	b.WriteString(pageLines(a.Shop, a.Graphs, a.Logs, a.Runbooks))
	b.WriteString(loginLine(a.Login))
	fmt.Fprintf(&b, "**This is shown once**, to you alone. If a stranger has seen it, `/credentials new:True`, typed in a channel, makes new keys and kills these.")
	return Tell("%s", b.String()), nil
}

// export writes one line for a POSIX shell.
func export(b *strings.Builder, name, value string) {
	const safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:=+@%,"
	if strings.Trim(value, safe) != "" {
		value = "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
	}
	fmt.Fprintf(b, "export %s=%s\n", name, value)
}
