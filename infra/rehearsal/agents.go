package rehearsal

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/chaotic-good/scenarios/infra/rehearsal/box"
	"github.com/chaotic-good/scenarios/infra/rehearsal/gateway"
	"github.com/chaotic-good/scenarios/infra/rehearsal/reconcile"
)

// tryBox asks what this machine allows a box; empty: disks of its own. Where
// nothing is known, the first box will say it in the log.
func (w *World) tryBox(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	m, err := box.Start(ctx, box.Config{
		Log: w.cfg.Log, Group: w.Group, Argv: w.cfg.Box, Name: "box on trial", Source: "box",
		Setup: box.Setup{Dir: filepath.Join(w.cfg.Run, "trial"), Name: "trial", Bytes: box.Unit, Shop: w.cfg.Shop}, Changed: func() {},
	})
	if err != nil {
		w.cfg.Log.Warn("no box can be tried", "error", err)
		return ""
	}
	why := m.State().Why
	if err := m.Close(ctx); err != nil {
		w.cfg.Log.Warn("end the box that was tried", "error", err)
	}
	if err := os.RemoveAll(filepath.Join(w.cfg.Run, "trial")); err != nil {
		w.cfg.Log.Warn("remove the box that was tried", "error", err)
	}
	return why
}

// agents hands what SSM sends to the machines.
type agents struct{ *reconcile.Reconciler }

// Command implements gateway.Agents. SSM's agent runs everything as root.
func (a agents) Command(ctx context.Context, instance string, s gateway.Script) (gateway.Outcome, error) {
	m := a.Machine(instance)
	if m == nil {
		return gateway.Outcome{}, gateway.ErrNoAgent
	}
	r, err := m.Run(ctx, box.Script{User: "root", Text: s.Text, Timeout: s.Timeout})
	return gateway.Outcome{Out: r.Out, Err: r.Err, Code: r.Code, TimedOut: r.TimedOut, Lost: r.Cut}, err
}
