package prom

import (
	"context"
	"log/slog"
	"net/url"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/notifier"
	"github.com/prometheus/prometheus/rules"
)

// loadRules loads the rules but does not evaluate them yet; judge does.
func (s *Stack) loadRules(conf *config.Config, log *slog.Logger, reg prometheus.Registerer, sender *notifier.Manager) error {
	external, err := url.Parse(s.PrometheusURL())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &s.prom
	p.rules = rules.NewManager(&rules.ManagerOptions{
		NameValidationScheme: model.UTF8Validation,
		ExternalURL:          external,
		QueryFunc:            rules.EngineQueryFunc(p.engine, p.store),
		NotifyFunc:           rules.SendAlerts(sender, external.String()),
		Context:              ctx,
		AppendableV2:         p.store,
		Queryable:            p.store,
		Logger:               log,
		Registerer:           reg,
		ResendDelay:          resend,
		Parser:               p.parser,
	})
	ended := make(chan struct{})
	p.judge = func() {
		go func() {
			defer close(ended)
			p.rules.Run()
		}()
	}
	s.onClose("rules", func(context.Context) error {
		// A group whose manager never ran would never notice that it is to stop.
		p.judging.Do(p.judge)
		cancel()
		p.rules.Stop()
		<-ended
		return nil
	})
	return p.rules.Update(s.cfg.Profile.Evaluate, conf.RuleFiles, labels.EmptyLabels(), external.String(), nil)
}

// alertmanagers are the addresses in the configuration, in the shape in which
// service discovery would deliver them.
func alertmanagers(conf *config.Config) map[string][]*targetgroup.Group {
	found := map[string][]*targetgroup.Group{}
	for key, c := range conf.AlertingConfig.AlertmanagerConfigs.ToMap() {
		for _, sd := range c.ServiceDiscoveryConfigs {
			if static, ok := sd.(discovery.StaticConfig); ok {
				found[key] = append(found[key], static...)
			}
		}
	}
	return found
}
