package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Locked is the error of a state that somebody else has locked, or that a run
// which died left locked.
//
// A lock names its owner by user and host, which two machines can share, and by
// no process: by itself it never proves that the owner is dead. So it is left to
// an operator, but for one that a note proves to be a dead run's of ours. A state
// in a local file needs none of this: the system lets go of its lock when the
// owner ends.
type Locked struct {
	Round     round.ID
	ID        string
	Who       string // user@host
	Operation string
	Since     string // as Terraform writes it
}

func (l *Locked) Error() string {
	return fmt.Sprintf("the state of %s is locked by %s since %s (%s, lock %s): if no Terraform runs there any more, "+
		"`bot stack unlock --round %d` takes the lock away", l.Round, l.Who, l.Since, l.Operation, l.ID, l.Round.Number())
}

// Unwrap gives what the admin reads of it. Whoever has the lock may let go of it,
// so trying again makes sense.
func (l *Locked) Unwrap() error {
	return &round.Refusal{Rule: "locked", Passing: true, Say: fmt.Sprintf("The state of %s is locked since %s by another run of Terraform. "+
		"If none runs any more, the operator takes the lock away, with the bot's settings: `bot stack unlock --round %d`.", l.Round, l.Since, l.Round.Number())}
}

// lockLine is a line of the description of a lock in a diagnostic.
var lockLine = regexp.MustCompile(`(?m)^\W*(ID|Operation|Who|Created):[ \t]+(\S.*?)\s*$`)

// readLock reads a diagnostic that complains of a lock; nil: of something else.
func readLock(id round.ID, d diagnostic) *Locked {
	if !strings.Contains(d.Summary, "Error acquiring the state lock") {
		return nil
	}
	l := &Locked{Round: id, ID: "unknown", Who: "somebody", Operation: "unknown", Since: "an unknown time"}
	for _, m := range lockLine.FindAllStringSubmatch(d.Detail, -1) {
		switch m[1] {
		case "ID":
			l.ID = m[2]
		case "Operation":
			l.Operation = m[2]
		case "Who":
			l.Who = m[2]
		case "Created":
			l.Since = m[2]
		}
	}
	return l
}

// Unlock takes away the lock that lies on a round's state, whosever it is, and
// returns what it was; nil: there was none. It is for an operator who knows that
// nothing runs on the state any more.
func (r *Runner) Unlock(ctx context.Context, spec round.Spec) (was *Locked, err error) {
	if err := r.check(spec); err != nil {
		return nil, err
	}
	h := r.dir.home(spec.Round)
	release, err := r.dir.lock(string(spec.Round))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := r.again(ctx, h, spec); err != nil {
		return nil, err
	}
	s, err := r.open(ctx, h, spec.Round)
	if err != nil {
		return nil, err
	}
	// Who wants to know whose a lock is has to try to take it.
	err = s.run(ctx, "plan", ignore, func(w io.Writer) error {
		_, err := s.tf.PlanJSON(ctx, w, tfexec.Refresh(false), tfexec.VarFile(s.vars))
		return err
	})
	if !errors.As(err, &was) {
		return nil, err
	}
	return was, s.run(ctx, "force-unlock", ignore, func(io.Writer) error { return s.tf.ForceUnlock(ctx, was.ID) })
}
