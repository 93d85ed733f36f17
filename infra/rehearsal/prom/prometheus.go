package prom

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/notifier"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/tsdb"
)

const (
	// retention outlasts a round that was extended; it bounds what Dir holds.
	retention = 6 * time.Hour
	// walSegment is small because a rehearsal writes a few kilobytes a second.
	walSegment = 4 << 20
	// pickUp is how soon new targets are looked at.
	pickUp = 100 * time.Millisecond
	// resend keeps a firing alert alive in Alertmanager, which drops what it
	// has not heard of for four times as long.
	resend = 10 * time.Second

	queryTime    = 10 * time.Second
	querySamples = 5_000_000
)

// prometheusParts are what the queries, the targets and the API reach for.
type prometheusParts struct {
	parser  parser.Parser
	store   *tsdb.DB
	engine  *promql.Engine
	scrapes *scrape.Manager
	rules   *rules.Manager
	targets chan map[string][]*targetgroup.Group

	judge   func()    // sets the rules going
	judging sync.Once // they go from the first target on
}

// startPrometheus does what Prometheus' own main does, without service
// discovery, whose throttle alone would take seconds: targets and the address
// of Alertmanager are handed over directly.
func (s *Stack) startPrometheus(files paths) error {
	log, reg := s.quiet("prometheus"), prometheus.NewRegistry()
	conf, err := config.LoadFile(files.scrapes, false, log)
	if err != nil {
		return err
	}
	p := &s.prom
	p.parser = parser.NewParser(parser.Options{})

	options := tsdb.DefaultOptions()
	options.RetentionDuration = retention.Milliseconds()
	options.WALSegmentSize = walSegment
	if p.store, err = tsdb.Open(filepath.Clean(files.series), log, reg, options, nil); err != nil {
		return err
	}
	s.onClose("series", func(context.Context) error {
		// A query that read on would read unmapped memory. Those under way
		// are cancelled and soon done.
		s.reading.Lock()
		defer s.reading.Unlock()
		return p.store.Close()
	})

	p.engine = promql.NewEngine(promql.EngineOpts{
		Logger:                   log,
		Reg:                      reg,
		MaxSamples:               querySamples,
		Timeout:                  queryTime,
		NoStepSubqueryIntervalFn: func(int64) int64 { return s.cfg.Profile.Evaluate.Milliseconds() },
		EnableAtModifier:         true,
		EnableNegativeOffset:     true,
		Parser:                   p.parser,
	})
	s.onClose("queries", func(context.Context) error { return p.engine.Close() })

	sender := notifier.NewManager(&notifier.Options{QueueCapacity: 1000, Registerer: reg}, model.UTF8Validation, log)
	if err := sender.ApplyConfig(conf); err != nil {
		return err
	}
	receivers := make(chan map[string][]*targetgroup.Group, 1)
	receivers <- alertmanagers(conf)
	s.background("sender", func(stop <-chan struct{}) {
		go func() { <-stop; sender.Stop() }()
		sender.Run(receivers)
	})

	p.scrapes, err = scrape.NewManager(&scrape.Options{
		DiscoveryReloadInterval:  model.Duration(pickUp),
		DiscoveryReloadOnStartup: true,
	}, log, nil, nil, p.store, reg)
	if err != nil {
		return err
	}
	if err := p.scrapes.ApplyConfig(conf); err != nil {
		return err
	}
	p.targets = make(chan map[string][]*targetgroup.Group)
	s.background("scrapes", func(stop <-chan struct{}) {
		go func() { <-stop; p.scrapes.Stop() }()
		_ = p.scrapes.Run(p.targets) // its only result is nil
	})
	return s.loadRules(conf, log, reg, sender)
}
