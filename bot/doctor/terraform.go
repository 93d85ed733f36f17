package doctor

import (
	"context"
	"fmt"
)

// Terraform is what makes the stacks.
type Terraform struct {
	Needed bool // the bot makes its stacks by it
	// Look finds the one that the bot would take, or says why there is none.
	Look func(context.Context) (path, release string, err error)
	// Fetch reports whether one could be fetched, and fetches nothing.
	Fetch func(context.Context) error
}

// Check looks for a Terraform, as the bot does.
func (t Terraform) Check() Check { return Check{"Terraform", t.look} }

func (t Terraform) look(ctx context.Context) Finding {
	if !t.Needed {
		return Well("This maker of stacks needs none.")
	}
	path, release, err := t.Look(ctx)
	switch {
	case err == nil:
		return Well("%s is %s.", path, release)
	case ctx.Err() != nil:
		return Finding{Warning, "It did not tell its version in time.", "Run `terraform version` by hand."}
	}
	if cannot := t.Fetch(ctx); cannot != nil {
		return Finding{Wrong, fmt.Sprintf("None will do: %v. And none can be fetched: %v.", err, last(cannot)),
			"Install one by hand from HashiCorp's releases, and put it on the bot's PATH."}
	}
	return Well("None will do (%v), and the bot fetches one for its first round, with the checksum verified.", err)
}

// Backend is where Terraform keeps what it made.
type Backend struct {
	Needed bool   // as Terraform's
	Kind   string // local, or what Terraform calls it
	Folder string // of a local one
	// Reach reports whether a backend elsewhere answers, and changes nothing.
	// Nil: that is found out by the first round.
	Reach func(context.Context) error
}

// Check looks at whether the bot reaches the states.
func (b Backend) Check() Check { return Check{"state backend", b.look} }

func (b Backend) look(ctx context.Context) Finding {
	switch {
	case !b.Needed:
		return Well("This maker of stacks keeps none.")
	case b.Kind == "local":
		return Well("Terraform's states are files in %s: back them up with the rest of the state folder.", b.Folder)
	case b.Reach == nil:
		return Finding{Warning, fmt.Sprintf("The backend %s was not asked.", b.Kind), "`/provision` asks it before anything is made; look there."}
	}
	if err := b.Reach(ctx); err != nil {
		return Finding{Wrong, fmt.Sprintf("The backend %s does not answer as it should: %s.", b.Kind, last(err)),
			"Look at its name and region, and at whether the bot may use it."}
	}
	return Well("The backend %s answers.", b.Kind)
}
