package prom

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/prometheus/alertmanager/alert"
	"github.com/prometheus/alertmanager/api"
	amconfig "github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/eventrecorder"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/marker"
	"github.com/prometheus/alertmanager/nflog"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/notify/webhook"
	"github.com/prometheus/alertmanager/provider/mem"
	"github.com/prometheus/alertmanager/silence"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/alertmanager/timeinterval"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	commoncfg "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/common/route"
)

// upkeep is how often finished alerts, silences and the log of deliveries are
// swept; remember is how long the latter two are kept. Both outlast a round's
// needs, and nothing outlasts the process.
const (
	upkeep   = time.Minute
	remember = 24 * time.Hour
)

// startAlertmanager does what Alertmanager's own main does, without a cluster,
// a web page and reloading, and returns its API. Its app package would do the
// same but cannot be compiled from the module.
func (s *Stack) startAlertmanager(routesFile string) (http.Handler, error) {
	conf, err := amconfig.LoadFile(routesFile)
	if err != nil {
		return nil, err
	}
	tmpl, err := template.FromGlobs(conf.Templates)
	if err != nil {
		return nil, err
	}
	if tmpl.ExternalURL, err = url.Parse(s.AlertmanagerURL()); err != nil {
		return nil, err
	}
	log, reg := s.quiet("alertmanager"), prometheus.NewRegistry()
	features, events := featurecontrol.NoopFlags{}, eventrecorder.NopRecorder()

	deliveries, err := nflog.New(nflog.Options{Retention: remember, Logger: log, Metrics: reg})
	if err != nil {
		return nil, err
	}
	silences, err := silence.New(silence.Options{Retention: remember, Logger: log, Metrics: reg, EventRecorder: events})
	if err != nil {
		return nil, err
	}
	s.background("alertmanager's upkeep", func(stop <-chan struct{}) {
		var sweepers sync.WaitGroup
		sweepers.Go(func() { deliveries.Maintenance(upkeep, "", stop, nil) })
		sweepers.Go(func() { silences.Maintenance(upkeep, "", stop, nil) })
		sweepers.Wait()
	})
	silencer := silence.NewSilencer(silences, log, events)
	alerts, err := mem.NewAlerts(context.Background(), upkeep, 0, silencer, log, events, reg, features)
	if err != nil {
		return nil, err
	}
	s.onClose("alerts", func(context.Context) error { alerts.Close(); return nil })

	receivers := map[string][]notify.Integration{}
	for _, r := range conf.Receivers {
		if receivers[r.Name], err = webhooks(r, tmpl, log); err != nil {
			return nil, fmt.Errorf("build receiver %s: %w", r.Name, err)
		}
	}
	muted := marker.NewGroupMarker()
	inhibitor := inhibit.NewInhibitor(alerts, conf.InhibitRules, log, events)
	noWait := func() time.Duration { return 0 } // a cluster's members would take turns
	pipeline := notify.NewPipelineBuilder(reg, features, events).New(
		receivers, noWait, inhibitor, silencer, timeinterval.NewIntervener(nil), muted, deliveries, nil)
	flushTime := func(d time.Duration) time.Duration { return max(d, notify.MinTimeout) }
	dispatcher := dispatch.NewDispatcher(alerts, dispatch.NewRoute(conf.Route, nil), pipeline, muted, flushTime,
		upkeep, nil, log, events, dispatch.NewDispatcherMetrics(false, reg, features), tmpl)

	handler, err := api.New(api.Options{
		Alerts:         alerts,
		Silences:       silences,
		GroupMutedFunc: muted.Muted,
		Logger:         log,
		Registry:       reg,
		RequestDuration: promauto.With(reg).NewHistogramVec(prometheus.HistogramOpts{
			Name: "alertmanager_http_request_duration_seconds",
			Help: "Histogram of latencies for HTTP requests.",
		}, []string{"handler", "method", "code"}),
		GroupFunc: func(ctx context.Context, route func(*dispatch.Route) bool, keep func(*alert.Alert, time.Time) bool) (dispatch.AlertGroups, map[model.Fingerprint][]string, error) {
			return dispatcher.Groups(ctx, route, keep)
		},
	})
	if err != nil {
		return nil, err
	}
	handler.Update(conf, func(ctx context.Context, l model.LabelSet) {
		inhibitor.Mutes(ctx, l)
		silencer.Mutes(ctx, l)
	})

	var running sync.WaitGroup
	running.Go(inhibitor.Run)
	inhibitor.WaitForLoading()
	running.Go(func() { dispatcher.Run(time.Now()) })
	dispatcher.WaitForLoading()
	s.onClose("dispatcher", func(context.Context) error {
		dispatcher.Stop() // cancels deliveries under way
		inhibitor.Stop()
		running.Wait()
		return nil
	})

	pages := route.New()
	for _, path := range []string{"/-/ready", "/-/healthy"} {
		pages.Get(path, ready)
	}
	return handler.Register(pages, "/"), nil
}

// webhooks builds the only kind of integration that our routes use. (The
// builder for all kinds would link a dozen chat and mail clients.)
func webhooks(r amconfig.Receiver, tmpl *template.Template, log *slog.Logger) ([]notify.Integration, error) {
	var list []notify.Integration
	for i, c := range r.WebhookConfigs {
		// Without keep-alive no idle connection outlives Close, nor does a
		// delivery run into one that the bot's restart has broken.
		n, err := webhook.New(c, tmpl, log, commoncfg.WithKeepAlivesDisabled())
		if err != nil {
			return nil, err
		}
		list = append(list, notify.NewIntegration(n, c, "webhook", i, r.Name))
	}
	return list, nil // none: the bot asks
}

// background runs f until Close, which waits for it.
func (s *Stack) background(name string, f func(stop <-chan struct{})) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		f(stop)
	}()
	s.onClose(name, func(context.Context) error {
		close(stop)
		<-done
		return nil
	})
}

func ready(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("Ready.\n"))
}
