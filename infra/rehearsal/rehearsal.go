// Package rehearsal is the world that the bot acts on when there is no AWS:
// moto behind our gateway, and local processes that obey what moto holds.
//
// It knows how the parts of the world are found, started, watched and ended. It
// does not know the bot, Discord, rounds under way or scenarios: it is driven
// through AWS's own API, like AWS. Linux only.
package rehearsal

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/box"
	"github.com/chaotic-good/scenarios/infra/rehearsal/gateway"
	"github.com/chaotic-good/scenarios/infra/rehearsal/moto"
	"github.com/chaotic-good/scenarios/infra/rehearsal/panels"
	"github.com/chaotic-good/scenarios/infra/rehearsal/postgres"
	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
	"github.com/chaotic-good/scenarios/infra/rehearsal/reconcile"
	"github.com/chaotic-good/scenarios/monitoring"
)

// The account and region that the world plays. Not us-east-1: there the aws CLI
// of the first generation sends calls to RDS to AWS itself, whatever endpoint
// it is given.
const (
	Account = "123456789012"
	Region  = "us-west-2"
)

// Config is everything a World needs from outside. Only Unjudged is optional.
type Config struct {
	Log      *slog.Logger
	Run      string       // the run folder: made here, removed at the end
	Cache    string       // the user's cache folder: what was set up stays there
	Watchdog []string     // argv of this binary as the watchdog
	Shop     []string     // argv that plays the shop's roles
	Box      []string     // argv of a box's process
	Cage     []string     // argv of the cage that a database runs in
	LogRate  int64        // bytes a second that the inventory logs when it says everything
	Progress func(string) // one line a part, for the person who waits
	Pages    reconcile.Pages
	Unjudged bool // the bot may do everything: Terraform's provider makes calls whose resources the gateway does not know
}

// World is a running world.
type World struct {
	Endpoint string // AWS's, for everybody
	Key      string // access key id of the bot
	Secret   round.Secret
	Group    *process.Group
	Logs     *panels.Log // of every process

	cfg   Config
	moto  *moto.Server
	lost  <-chan struct{}
	gate  *gateway.Gateway
	recon *reconcile.Reconciler
	stops stack

	sessions sessions
}

// Start builds the world. On error nothing of it is left.
func Start(ctx context.Context, cfg Config) (w *World, err error) {
	w = &World{cfg: cfg, Logs: panels.NewLog(0, 0)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close(context.WithoutCancel(ctx)))
			w = nil
		}
	}()
	tools, err := findTools(ctx, cfg)
	if err != nil {
		return w, err
	}
	w.Group, err = process.NewGroup(ctx, process.Config{
		Log: cfg.Log, Dir: cfg.Run, Watchdog: cfg.Watchdog, Lines: w.line,
	})
	if err != nil {
		return w, fmt.Errorf("make the run folder: %w", err)
	}
	w.stops.add("processes", w.Group.Close)
	held := make(chan string, 1)
	go func() { held <- w.tryBox(ctx) }()
	state, err := w.startState(ctx, tools)
	if err != nil {
		return w, err
	}
	if err := w.openGate(ctx, tools, state); err != nil {
		return w, err
	}
	if why := <-held; why != "" {
		cfg.Progress("the inventory box's log volume is " + box.Quota + ", not " + box.Mounted + ": " + why)
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- w.recon.Run(run) }()
	w.stops.add("reconciler", func(context.Context) error { cancel(); return <-ended })
	return w, nil
}

// state is what a stack's database begins with.
type state struct {
	template string            // data folder
	cage     []string          // argv; nil where there can be none
	fit      map[string]string // variables of the shop that fit this machine
}

// startState starts moto and prepares PostgreSQL, both at once: they are what
// one waits for.
func (w *World) startState(ctx context.Context, t tools) (state, error) {
	w.cfg.Progress("starting moto, which plays AWS")
	type result struct {
		state
		err error
	}
	prepared := make(chan result, 1)
	go func() {
		var r result
		r.cage = w.tryCage(ctx, t)
		if r.template, r.err = prepareTemplate(ctx, w.cfg.Cache, t.postgres); r.err == nil {
			r.fit, r.err = w.calibrate(ctx, t, r.state)
		}
		prepared <- r
	}()
	server, merr := moto.Start(ctx, moto.Config{Tool: t.moto, Dir: filepath.Join(w.cfg.Run, "logs"), Log: w.cfg.Log, Exec: w.starter(), Account: Account, Region: Region})
	if merr == nil {
		w.moto = server
		w.stops.add("moto", server.Stop)
	}
	r := <-prepared
	if err := errors.Join(merr, r.err); err != nil {
		return state{}, fmt.Errorf("start the world: %w", err)
	}
	return r.state, nil
}

// gateTime is how long calls may go on when the world ends.
const gateTime = 2 * time.Second

// openGate opens the endpoint, and makes the bot's own user with the rights
// that its policy gives it on AWS.
func (w *World) openGate(ctx context.Context, t tools, from state) error {
	gate, err := gateway.New(gateway.Config{Upstream: w.moto.URL, Account: Account, Region: Region, Log: w.cfg.Log, Now: time.Now, CPUs: postgres.CPUs()})
	if err != nil {
		return err
	}
	w.gate = gate
	w.sessions.open(gate.Record)
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for AWS calls: %w", err)
	}
	server := &http.Server{Handler: gate, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(w.cfg.Log.Handler(), slog.LevelDebug)}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	w.stops.add("gateway", func(ctx context.Context) error {
		// What hangs in moto would hold us up: it ends with moto.
		ctx, cancel := context.WithTimeout(ctx, gateTime)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			w.cfg.Log.Warn("AWS calls are cut off, the world ends", "error", err)
			_ = server.Close() // its listener is closed already
		}
		<-ended // it says only that the server was shut down
		if err := gate.Close(ctx); err != nil {
			w.cfg.Log.Warn("what was recorded last is lost", "error", err)
		}
		return nil
	})
	w.Endpoint = "http://" + listener.Addr().String()

	root := gateway.Key{ID: "AKIA" + random(8), Secret: random(20), ARN: "arn:aws:iam::" + Account + ":root"}
	gate.Trust(root)
	w.recon = reconcile.New(reconcile.Config{
		Log: w.cfg.Log, AWS: config(w.moto.URL.String(), "reconciler", "reconciler"), Gate: config(w.Endpoint, root.ID, root.Secret),
		Group: w.Group, Dir: filepath.Join(w.cfg.Run, "rounds"), Shop: w.cfg.Shop, Box: w.cfg.Box, LogRate: w.cfg.LogRate,
		Postgres: t.postgres, Template: from.template, Cage: from.cage, Fit: from.fit, Profile: monitoring.Rehearsal(), Pages: w.cfg.Pages,
		Power: gate, Say: func(source, line string) { w.Logs.Add(panels.Line{Source: source, Text: line}) },
		Session: func(id round.ID, s infra.Session) { w.sessions.tell(string(id), s) },
	})
	gate.SetTruth(w.recon)
	gate.SetAgents(agents{w.recon})
	gate.OnWrite(func(c gateway.Call) {
		service := c.Service
		if c.Action == "SendCommand" {
			service = "ec2" // a command is about the instances that run it
		}
		w.recon.Wrote(service)
	})
	w.Key, w.Secret, err = makeBot(ctx, config(w.Endpoint, root.ID, root.Secret), w.cfg.Unjudged)
	return err
}

// OnWrite has f called after each call that may have changed something, before
// its caller gets the answer. A test crashes a caller there.
func (w *World) OnWrite(f func(gateway.Call)) { w.gate.OnWrite(f) }

// Close ends the world, newest part first, and removes its run folder.
func (w *World) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return w.stops.all(ctx)
}

// starter hands moto's process to the world's group.
func (w *World) starter() moto.Starter {
	return func(ctx context.Context, name string, cmd *exec.Cmd) (func(context.Context) error, error) {
		p, err := w.Group.Start(ctx, process.Spec{
			Name: name, Path: cmd.Path, Args: cmd.Args[1:], Env: cmd.Env, Dir: cmd.Dir, Files: cmd.ExtraFiles, Log: name + ".log",
			Signal: syscall.SIGKILL, // asked politely it waits for those who wait for a queue; it keeps nothing
		})
		if err != nil {
			return nil, err
		}
		w.lost = p.Done()
		return p.Stop, nil
	}
}

// Lost is closed when moto's process has ended, by Close or by itself. What it
// held is in no file: a world without it cannot go on.
func (w *World) Lost() <-chan struct{} { return w.lost }

// config is an SDK configuration for the world's endpoint.
func config(endpoint, key, secret string) aws.Config {
	return aws.Config{Region: Region, BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider(key, secret, "")}
}

// random gives n bytes as upper case hexadecimal digits.
func random(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails
	return fmt.Sprintf("%X", hex.EncodeToString(raw))[:2*n]
}

// stack is a named LIFO list of things to stop.
type stack struct {
	mu    sync.Mutex
	names []string
	fs    []func(context.Context) error
}

func (s *stack) add(name string, f func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names, s.fs = append(s.names, name), append(s.fs, f)
}

func (s *stack) all(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for i := len(s.fs) - 1; i >= 0; i-- {
		if err := s.fs[i](ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", s.names[i], err))
		}
	}
	s.names, s.fs = nil, nil
	return errors.Join(errs...)
}
