package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/chaotic-good/scenarios/bot/round"
)

// session is Terraform at work on one round. Its calls come one after another.
type session struct {
	tf    *tfexec.Terraform
	round round.ID
	vars  string
	plan  string
	note  string // path of the note of an act that holds the lock
	dead  *note  // of an earlier run that died
	letGo time.Duration
	log   *slog.Logger
}

// begin finds Terraform for what is in h. An act that is interrupted is killed
// after letGo.
func (r *Runner) begin(ctx context.Context, h home, id round.ID, letGo time.Duration) (*session, error) {
	path, err := r.tool.find(ctx)
	if err != nil {
		return nil, err
	}
	tf, err := tfexec.NewTerraform(h.root(), path)
	if err != nil {
		return nil, fmt.Errorf("start Terraform: %w", err)
	}
	if err := errors.Join(tf.SetEnv(r.tool.env), tf.SetWaitDelay(letGo)); err != nil {
		return nil, fmt.Errorf("start Terraform: %w", err)
	}
	return &session{tf: tf, round: id, vars: h.vars(), plan: h.plan(), note: h.note(), dead: readNote(h.note()), letGo: letGo, log: r.cfg.Log}, nil
}

// open finds Terraform, and makes it ready to work on what is in h.
func (r *Runner) open(ctx context.Context, h home, id round.ID) (*session, error) {
	s, err := r.begin(ctx, h, id, r.cfg.LetGo)
	if err != nil {
		return nil, err
	}
	return s, r.init(ctx, s)
}

func (r *Runner) init(ctx context.Context, s *session, how ...tfexec.InitOption) error {
	release, err := r.dir.await(ctx, "plugins") // Terraform's cache takes one init at a time
	if err != nil {
		return err
	}
	err = s.run(ctx, "init", ignore, func(w io.Writer) error { return s.tf.InitJSON(ctx, w, how...) })
	return errors.Join(err, release())
}

func ignore(event) {}

// run does one act of Terraform. heard follows its events. What went wrong comes
// back as a sentence for the operator, with Terraform's own summaries. A lock
// that a dead run of ours left is taken away first.
func (s *session) run(ctx context.Context, what string, heard func(event), act func(io.Writer) error) error {
	err := s.once(ctx, what, heard, act)
	var locked *Locked
	if !errors.As(err, &locked) || !s.dead.left(locked, s.tf.WorkingDir()) {
		return err
	}
	s.dead = nil
	s.log.WarnContext(ctx, "a run of ours that died left its lock; taking it away", "round", s.round, "lock", locked.ID, "since", locked.Since)
	if err := s.once(ctx, "force-unlock", ignore, func(io.Writer) error { return s.tf.ForceUnlock(ctx, locked.ID) }); err != nil {
		return errors.Join(locked, err)
	}
	return s.once(ctx, what, heard, act)
}

func (s *session) once(ctx context.Context, what string, heard func(event), act func(io.Writer) error) error {
	var mu sync.Mutex
	var complaints []diagnostic
	began, held := time.Now(), false
	lines := &stream{heard: func(e event) {
		if e.Type == complaint && e.Diagnostic != nil && e.Diagnostic.Severity == "error" {
			mu.Lock()
			complaints = append(complaints, *e.Diagnostic)
			mu.Unlock()
		}
		if e.holding() && !held {
			held = true
			if err := (note{began, time.Now()}).write(s.note); err != nil {
				s.log.WarnContext(ctx, "the lock is not noted", "round", s.round, "error", err)
			}
		}
		heard(e)
	}}
	err := act(lines)
	s.tf.SetStdout(io.Discard) // the next act may have no stream
	if held && !killed(err) {
		if err := os.Remove(s.note); err != nil {
			s.log.WarnContext(ctx, "the note of a lock is left", "round", s.round, "error", err)
		}
	}
	if err == nil {
		return nil
	}
	mu.Lock()
	defer mu.Unlock()
	return s.explain(ctx, what, err, complaints)
}

// killed reports whether an act was ended by force, and could let go of nothing.
func killed(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == -1
}

// explain makes the error of an act. The text of err is not used once ctx is
// over: terraform-exec's may then have none, and says so by a panic.
func (s *session) explain(ctx context.Context, what string, err error, complaints []diagnostic) error {
	switch {
	case ctx.Err() != nil && killed(err):
		return fmt.Errorf("terraform %s of %s did not end within %s of its interruption and was killed; "+
			"what it was making may be in no state, and its lock may be left: %w", what, s.round, s.letGo, context.Cause(ctx))
	case ctx.Err() != nil:
		return fmt.Errorf("terraform %s of %s was interrupted: %w", what, s.round, context.Cause(ctx))
	}
	if len(complaints) == 0 {
		complaints = inText(colours.ReplaceAllString(err.Error(), ""))
	}
	for _, c := range complaints {
		if locked := readLock(s.round, c); locked != nil {
			return locked
		}
	}
	f := &Failure{What: what, Round: s.round}
	for _, c := range complaints {
		if text := c.say(); !slices.Contains(f.Says, text) {
			f.Says = append(f.Says, text)
		}
	}
	if len(f.Says) == 0 {
		f.Says = []string{plainly(err)}
	}
	return f
}

// plainly is the text of an error that holds no complaint in Terraform's form:
// what ended it, and the first line that it wrote for people, if it wrote one.
func plainly(err error) string {
	lines := strings.FieldsFunc(colours.ReplaceAllString(err.Error(), ""), func(c rune) bool { return c == '\n' })
	return diagnostic{Summary: strings.Join(lines[:min(2, len(lines))], ": ")}.say()
}

// Failure is an act of Terraform that failed, for the operator: each complaint
// with the resource that it is about. Details are left out, since they may quote
// values.
type Failure struct {
	What  string
	Round round.ID
	Says  []string
}

func (f *Failure) Error() string {
	const most = 8
	says := f.Says
	if more := len(says) - most; more > 0 {
		says = append(slices.Clone(says[:most]), fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("terraform %s of %s failed: %s", f.What, f.Round, strings.Join(says, "; "))
}

// colours are what a terminal shows text with. Not every act can be told that
// there is none.
var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// boxed finds the errors in what Terraform writes for people, where an act knows
// no stream.
var boxed = regexp.MustCompile(`(?ms)^\W*Error: (.+?)$(.*?)(?:^╵|\z|^\W*Error: )`)

func inText(text string) (all []diagnostic) {
	for _, m := range boxed.FindAllStringSubmatch(text, -1) {
		all = append(all, diagnostic{Severity: "error", Summary: m[1], Detail: m[2]})
	}
	return all
}
