// Package doctor looks at whether a bot could work where it is set up, and says
// how to mend what would stop it.
//
// It knows how checks are run and printed, and has those that concern the
// machine: its clock, its disk, its Terraform, its address. It does not know
// Discord, AWS or the bot's configuration: who knows them brings checks of its
// own. A check changes nothing, and what it says holds no secret.
package doctor

import (
	"context"
	"fmt"
	"time"
)

// State says how a check went.
type State string

// The states of a check. The bot works with what is a warning, and not, or not
// for long, with what is wrong.
const (
	OK      State = "ok"
	Warning State = "warning"
	Wrong   State = "wrong"
)

// Finding is what a check found.
type Finding struct {
	State State
	Says  string // what was found, in a sentence
	Mend  string // what to do about it; empty when all is well, or another check tells
}

// Well is the finding that there is nothing to do.
func Well(format string, args ...any) Finding {
	return Finding{State: OK, Says: fmt.Sprintf(format, args...)}
}

// Blind is the finding of a check that could not look, because of something that
// another check tells how to mend.
func Blind(why string) Finding {
	return Finding{State: Warning, Says: "Not looked at: " + why}
}

// Check looks at one thing. Run ends soon after its context does.
type Check struct {
	Name string
	Run  func(context.Context) Finding
}

// Result is what the check of that name found.
type Result struct {
	Name string
	Finding
}

// Examine runs all checks at once, and gives their results in the checks' order.
// It returns within the limit, whatever they do.
func Examine(ctx context.Context, limit time.Duration, checks []Check) []Result {
	soon, cancel := context.WithTimeout(ctx, limit-limit/10)
	defer cancel()
	found := make([]chan Finding, len(checks))
	for i, c := range checks {
		found[i] = make(chan Finding, 1)
		go func() { found[i] <- c.Run(soon) }()
	}
	late, stop := context.WithTimeout(ctx, limit)
	defer stop()
	all := make([]Result, len(checks))
	for i, c := range checks {
		all[i] = Result{c.Name, await(late, limit, found[i])}
	}
	return all
}

// await takes what was found, if it is there in time.
func await(ctx context.Context, limit time.Duration, found <-chan Finding) Finding {
	select {
	case f := <-found:
		return f
	default:
	}
	select {
	case f := <-found:
		return f
	case <-ctx.Done():
		return Finding{State: Wrong, Says: fmt.Sprintf("It gave no answer within %s.", limit),
			Mend: "Look at this machine's network, and run this again."}
	}
}
