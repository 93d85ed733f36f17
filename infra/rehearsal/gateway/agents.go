package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Agents carry out what SSM sends to instances. The reconciler implements it.
type Agents interface {
	// Command runs a script and returns when it has ended. ErrNoAgent says that
	// nobody on the instance listens, now at least.
	Command(ctx context.Context, instance string, s Script) (Outcome, error)
}

// ErrNoAgent says that an instance's agent does not answer.
var ErrNoAgent = errors.New("no agent answers there")

// Script is what is to be run.
type Script struct {
	Text    string
	Timeout time.Duration
}

// Outcome is how it ended. Lost says that the instance went away before.
type Outcome struct {
	Out, Err string
	Code     int
	TimedOut bool
	Lost     bool
}

// SetAgents says who runs commands. Before it is set moto's own answers stand,
// which say that each command succeeded and printed nothing.
func (g *Gateway) SetAgents(a Agents) { g.commands.agents.Store(&a) }

// invocation is one command on one instance, as AWS tells of it.
type invocation struct {
	command, instance, comment, document string

	asked, began, ended time.Time
	status, details     string
	code                int
	out, errs           string
}

func (i invocation) over() bool { return i.status != "Pending" && i.status != "InProgress" }

// mostOutput is how many characters of a command's output AWS shows.
const mostOutput = 24_000

// deliver has an agent run the script, once one answers.
func (b *commandBook) deliver(ctx context.Context, agents Agents, i *invocation, s Script, patience time.Duration) {
	late := time.NewTimer(patience)
	defer late.Stop()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	b.set(i, func(i *invocation) { i.status, i.details, i.began = "InProgress", "InProgress", b.now() })
	for {
		out, err := agents.Command(ctx, i.instance, s)
		switch {
		case errors.Is(err, ErrNoAgent):
		case err != nil || out.Lost: // the agent died with its instance, and nobody will ever say how it ended
			out = Outcome{TimedOut: true, Code: -1}
			if !wait(ctx, late.C) {
				return
			}
			fallthrough
		default:
			b.set(i, func(i *invocation) { i.finish(out, b.now()) })
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-late.C:
			b.set(i, func(i *invocation) {
				i.status, i.details, i.code, i.ended = "TimedOut", "DeliveryTimedOut", -1, b.now()
			})
			return
		case <-again.C:
		}
	}
}

func wait(ctx context.Context, until <-chan time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-until:
		return true
	}
}

func (i *invocation) finish(o Outcome, now time.Time) {
	i.ended, i.code, i.out, i.errs = now, o.Code, shorten(o.Out), shorten(o.Err)
	switch {
	case o.TimedOut:
		i.status, i.details = "TimedOut", "ExecutionTimedOut"
	case o.Code != 0:
		i.status, i.details = "Failed", "Failed"
		i.errs += fmt.Sprintf("failed to run commands: exit status %d", o.Code)
	default:
		i.status, i.details = "Success", "Success"
	}
}

func shorten(s string) string {
	if len(s) <= mostOutput {
		return s
	}
	return s[:mostOutput] + "\n---Output truncated---"
}

// commandBook is what was sent, as long as the world lasts.
type commandBook struct {
	agents atomic.Pointer[Agents]
	now    func() time.Time

	ctx  context.Context
	stop context.CancelFunc
	runs sync.WaitGroup

	mu  sync.Mutex
	all []*invocation // oldest first
}

func newCommandBook(now func() time.Time) *commandBook {
	b := &commandBook{now: now}
	b.ctx, b.stop = context.WithCancel(context.Background())
	return b
}

func (b *commandBook) close() {
	b.stop()
	b.runs.Wait()
}

func (b *commandBook) set(i *invocation, change func(*invocation)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(i)
}

// send notes a command and has it run.
func (b *commandBook) send(i *invocation, s Script, patience time.Duration) {
	agents := b.agents.Load()
	if agents == nil {
		return
	}
	b.mu.Lock()
	i.status, i.details, i.code, i.asked = "Pending", "Pending", -1, b.now()
	b.all = append(b.all, i)
	b.mu.Unlock()
	b.runs.Go(func() { b.deliver(b.ctx, *agents, i, s, patience) })
}

// of lists copies of the invocations of a command, or of an instance, or both.
func (b *commandBook) of(command, instance string) (found []invocation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, i := range b.all {
		if (command == "" || i.command == command) && (instance == "" || i.instance == instance) {
			found = append(found, *i)
		}
	}
	slices.Reverse(found) // AWS shows the newest first
	return found
}

// scriptOf reads AWS-RunShellScript's parameters.
func scriptOf(r *request) (s Script, patience time.Duration) {
	for _, dir := range r.list("Parameters", "workingDirectory") {
		if dir != "" {
			s.Text += "cd '" + dir + "' || exit 1\n"
		}
	}
	for _, line := range r.list("Parameters", "commands") {
		s.Text += line + "\n"
	}
	s.Timeout = time.Hour
	for _, n := range r.list("Parameters", "executionTimeout") {
		if sec, err := strconv.Atoi(n); err == nil && sec > 0 {
			s.Timeout = time.Duration(sec) * time.Second
		}
	}
	patience = time.Hour
	if sec, err := strconv.Atoi(r.str("TimeoutSeconds")); err == nil && sec > 0 {
		patience = time.Duration(sec) * time.Second
	}
	return s, patience
}
