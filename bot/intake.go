package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/chaotic-good/scenarios/bot/alerts"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// intake is how alerts come in: by a port that Alertmanagers call, or, when it
// has none, by asking them.
type intake struct {
	c        config
	log      *slog.Logger
	key      round.Secret
	listener net.Listener // nil: the bot polls
}

// newIntake opens the webhook's port, unless the bot polls, and writes down which
// it became.
func newIntake(ctx context.Context, c config, log *slog.Logger, key round.Secret) (*intake, error) {
	in := &intake{c: c, log: log.With("part", "alerts"), key: key}
	if c.Alerts == byPolling {
		return in, nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", c.Webhook.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for alerts: %w", err)
	}
	if c.Webhook.Address != "" {
		if err := writeWhole(c.Webhook.Address, []byte(l.Addr().String())); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	in.listener = l
	return in, nil
}

func (in *intake) close(context.Context) error {
	if in.listener == nil {
		return nil
	}
	return ignoreClosed(in.listener.Close())
}

// every is the time between two questions: as often as there is anything new.
func (in *intake) every() time.Duration {
	_, profile, err := in.c.pace()
	if err != nil { // the configuration was checked
		return 5 * time.Second
	}
	return profile.Scrape
}

// scout is what /provision looks at before it relies on this.
func (in *intake) scout() round.Scout {
	if in.listener == nil {
		return alerts.Asking{Every: in.every()}
	}
	return alerts.Front{Public: in.c.Webhook.Public, Key: in.key, Near: infra.OnThisMachine(in.c.AWS.Endpoint)}
}

// run takes alerts in until ctx ends.
func (in *intake) run(ctx context.Context, engine *round.Engine, doors *infra.Doors) error {
	if in.listener == nil {
		defer doors.Close()
		p, err := alerts.NewPoller(alerts.PollerConfig{Log: in.log, Rounds: engine, Doors: doors, Sink: engine, Now: time.Now, Every: in.every()})
		if err != nil {
			return err
		}
		return p.Run(ctx)
	}
	server := alerts.NewReceiver(alerts.Config{Log: in.log, Key: in.key, Sink: engine}).Server()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return ignoreClosed(server.Serve(in.listener)) })
	g.Go(func() error {
		<-ctx.Done()
		quiet, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return server.Shutdown(quiet)
	})
	return g.Wait()
}

// reportsTo is where a round's Alertmanager reports; nowhere, when the bot polls.
func reportsTo(c config, key round.Secret, id round.ID) round.Webhook {
	w := round.Webhook{Token: alerts.Token(key, id)}
	if c.Alerts != byPolling {
		w.URL = c.Webhook.Public + alerts.Path(id)
	}
	return w
}
