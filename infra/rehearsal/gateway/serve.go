package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Call is what a hook learns of a call that passed.
type Call struct {
	Principal string   // the caller's ARN
	Service   string   // the prefix that IAM gives it: "ec2", "elasticloadbalancing"
	Action    string   // "RebootInstances"
	Resources []string // ARNs of what it was judged on; "*" alone where the action has none that we know
	ReadOnly  bool
	Err       string // AWS's code of the error; empty when it succeeded
}

type hooks struct {
	mu   sync.RWMutex
	list []func(Call)
}

func (h *hooks) add(f func(Call)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, f)
}

func (h *hooks) call(c Call) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, f := range h.list {
		f(c)
	}
}

// ServeHTTP answers one AWS call.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	began := g.cfg.Now()
	r, err := g.read(w, hr)
	if err != nil {
		g.reply(w, r, refusal(r, err))
		return
	}
	// A caller who hangs up does not stop what has begun: a write that moto has
	// taken is still learnt, recorded and told.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(hr.Context()), 2*callTimeout)
	defer cancel()
	resp, err := g.handle(ctx, r)
	if err != nil {
		var said *apiError
		if !errors.As(err, &said) {
			g.cfg.Log.Error("a call failed in the gateway", "call", r.name(), "request", r.id, "err", err)
		}
		resp = refusal(r, err)
	}
	g.after(r, resp, began)
	g.reply(w, r, resp)
}

// handle takes a call through the stations, each of which may refuse it.
func (g *Gateway) handle(ctx context.Context, r *request) (*response, error) {
	if err := g.authenticate(r); err != nil {
		return nil, err
	}
	if err := g.trouble.strike(ctx, r); err != nil {
		return nil, err
	}
	if err := g.authorise(ctx, r); err != nil {
		return nil, err
	}
	fix := g.correct[r.name()]
	if fix.before != nil {
		if resp, err := fix.before(ctx, g, r); err != nil || resp != nil {
			return resp, err
		}
	}
	resp, err := g.carryOut(ctx, r)
	if err != nil {
		return nil, err
	}
	if fix.after != nil && resp.status < 300 {
		return fix.after(ctx, g, r, resp)
	}
	return resp, nil
}

// carryOut has moto do it.
func (g *Gateway) carryOut(ctx context.Context, r *request) (*response, error) {
	resp, err := g.moto.forward(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("forward %s: %w", r.name(), err)
	}
	if isPage(resp) {
		g.cfg.Log.Error("moto failed", "call", r.name(), "request", r.id, "status", resp.status)
		return nil, crashed(resp)
	}
	if resp.status < 300 {
		if err := g.learn(ctx, r, resp); err != nil {
			return nil, err
		}
	}
	return resp, nil
}

// after tells the others what happened.
func (g *Gateway) after(r *request, resp *response, began time.Time) {
	if r.caller.ARN == "" {
		return // nobody that we know
	}
	code, message := errorOf(resp)
	if round := r.caller.round(); round != "" {
		g.audit.record(round, event(r, resp, code, message, began, g.cfg.Account))
	}
	if code == "" && !r.readOnly() {
		g.hooks.call(Call{
			Principal: r.caller.ARN, Service: r.service, Action: r.action,
			Resources: r.resources, ReadOnly: false, Err: code,
		})
	}
}

func (g *Gateway) reply(w http.ResponseWriter, r *request, resp *response) {
	h := w.Header()
	for k, v := range resp.header {
		h[k] = v
	}
	if h.Get("X-Amzn-Requestid") == "" {
		h.Set("X-Amzn-Requestid", r.id)
	}
	w.WriteHeader(resp.status)
	if r.method != http.MethodHead {
		_, _ = w.Write(resp.body) // the caller went away: nothing to do for them
	}
}
