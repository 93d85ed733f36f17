// Package gateway stands in front of moto and does what AWS does around its
// services: it authenticates, authorises, records, corrects and, on request,
// misbehaves. It is the AWS endpoint of everybody in a rehearsal.
//
// It knows AWS's protocols, its signature, its policies, and where moto's
// answers are not true of AWS. It does not know rounds (but for the path of a
// recorded user), scenarios or the local processes: what they do it is told
// through Truth.
package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Config is everything a Gateway needs from outside. Only CPUs is optional.
type Config struct {
	Upstream *url.URL // moto
	Account  string   // twelve digits; moto must answer with the same
	Region   string   // of calls whose signature names none
	Log      *slog.Logger
	Now      func() time.Time
	CPUs     int // that a database may get; 1: no class is bigger than another
}

// Gateway is the endpoint. Use it as an http.Handler.
type Gateway struct {
	cfg       Config
	moto      *upstream
	keys      *keyring
	policies  *policyCache
	bounds    *boundaryBook
	audit     *trail
	trouble   *trouble
	correct   map[string]correction
	truth     atomic.Pointer[Truth]
	hooks     hooks
	kernels   *kernels
	templates *templateBook
	commands  *commandBook
	volumes   *volumeBook
	nodes     *nodeBook
	origins   *originBook
	budgets   *budgetBook

	databases *databases
	heard     sync.Map // of tasks, by ARN -> when it heard of them first

	launches sync.Mutex // held while instances are counted and started
	serial   atomic.Uint64
}

// New returns a gateway that knows no key yet. Close it, so that what it
// recorded reaches the queue.
func New(c Config) (*Gateway, error) {
	switch {
	case c.Upstream == nil || c.Upstream.Host == "":
		return nil, errors.New("gateway: no upstream")
	case len(c.Account) != 12 || c.Region == "":
		return nil, errors.New("gateway: needs an account of twelve digits and a region")
	case c.Log == nil || c.Now == nil:
		return nil, errors.New("gateway: needs a log and a clock")
	}
	g := &Gateway{cfg: c, keys: newKeyring(), trouble: &trouble{}, correct: corrections(), kernels: newKernels(), nodes: newNodeBook(), databases: newDatabases(), templates: newTemplateBook()}
	g.origins, g.budgets = newOriginBook(), newBudgetBook()
	g.commands, g.volumes = newCommandBook(c.Now), &volumeBook{modified: map[string]time.Time{}}
	g.moto = newUpstream(c.Upstream, c.Account, c.Region)
	g.bounds = newBoundaryBook()
	g.policies = newPolicyCache(g.moto, g.bounds)
	g.audit = newTrail(g.moto, c.Log)
	return g, nil
}

// Trust makes a key known whose owner may do everything, as an account's root
// may: the bot's, the reconciler's.
func (g *Gateway) Trust(k Key) {
	g.keys.put(k.ID, credential{secret: k.Secret, active: true, caller: principal{ARN: k.ARN, trusted: true}})
}

// SetTruth says who knows what the local processes do. Before it is set moto's
// own answers stand.
func (g *Gateway) SetTruth(t Truth) { g.truth.Store(&t) }

// OnWrite has f called after each call that succeeded and may have changed
// something, before its caller gets the answer. f must return quickly.
func (g *Gateway) OnWrite(f func(Call)) { g.hooks.add(f) }

// Misbehave adds a rule; rules are tried in the order they were added.
func (g *Gateway) Misbehave(r Rule) { g.trouble.add(r) }

// Behave drops all rules.
func (g *Gateway) Behave() { g.trouble.clear() }

// Close sends what was recorded and not sent yet, until ctx ends. Calls that
// are served after it are not recorded.
func (g *Gateway) Close(ctx context.Context) error {
	g.commands.close()
	return g.audit.close(ctx)
}

// Key is a key pair that is known from the start.
type Key struct {
	ID, Secret string
	ARN        string // of its owner, for GetCallerIdentity
}

var _ http.Handler = (*Gateway)(nil)
