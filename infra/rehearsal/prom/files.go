package prom

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/chaotic-good/scenarios/monitoring"
)

// paths are the files that the two read, all inside Config.Dir.
type paths struct{ rules, routes, scrapes, series string }

// writeFiles renders the configuration and writes the token where only this
// user may read it.
func writeFiles(cfg Config, alertmanager string) (paths, error) {
	p := paths{
		rules:   filepath.Join(cfg.Dir, "rules.yml"),
		routes:  filepath.Join(cfg.Dir, "alertmanager.yml"),
		scrapes: filepath.Join(cfg.Dir, "prometheus.yml"),
		series:  filepath.Join(cfg.Dir, "series"),
	}
	token := filepath.Join(cfg.Dir, "webhook-token")
	rules, err := monitoring.Rules(cfg.Profile, monitoring.Facts{Round: cfg.Round, RunbookBase: cfg.RunbookBase})
	if err != nil {
		return p, err
	}
	routes, err := monitoring.Routes(cfg.Profile, monitoring.Webhook{URL: cfg.Webhook.URL, TokenFile: token})
	if err != nil {
		return p, err
	}
	scrapes, err := monitoring.Prometheus(cfg.Profile, monitoring.Scrapes{RulesFile: p.rules, Alertmanager: alertmanager})
	if err != nil {
		return p, err
	}
	for path, content := range map[string][]byte{
		p.rules: rules, p.routes: routes, p.scrapes: scrapes, token: []byte(cfg.Webhook.Token),
	} {
		// Removed first: WriteFile keeps the mode of a file that is there.
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return p, fmt.Errorf("write monitoring's files: %w", err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return p, fmt.Errorf("write monitoring's files: %w", err)
		}
	}
	return p, nil
}

// quiet lets warnings and errors through: the two report every step of their
// own start at info, which would drown the bot's lines.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}

// Handle drops the one warning that warns of nothing: the sender says at each
// stop how many alerts it dropped, none included. A delivery that is tried again
// is worth a warning to nobody: the bot is being started anew, or the rehearsal
// ends.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "Notify attempt failed") {
		if r.Level = slog.LevelDebug; !q.Handler.Enabled(ctx, r.Level) {
			return nil
		}
	}
	nothing := false
	r.Attrs(func(a slog.Attr) bool {
		nothing = a.Key == "count" && a.Value.String() == "0"
		return !nothing
	})
	if nothing {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}
func (q quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(a)} }
func (q quiet) WithGroup(n string) slog.Handler      { return quiet{q.Handler.WithGroup(n)} }

func (s *Stack) quiet(component string) *slog.Logger {
	return slog.New(quiet{s.cfg.Log.Handler()}).With("component", component)
}
