package prom

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"
)

// ruleGroup, rule and alertState are rules and alerts as the API shows them.
type ruleGroup struct {
	Name           string    `json:"name"`
	File           string    `json:"file"`
	Rules          []rule    `json:"rules"`
	Interval       float64   `json:"interval"`
	EvaluationTime float64   `json:"evaluationTime"`
	LastEvaluation time.Time `json:"lastEvaluation"`
}

type rule struct {
	State          string           `json:"state,omitempty"`
	Name           string           `json:"name"`
	Query          string           `json:"query"`
	Duration       float64          `json:"duration"`
	Labels         labels.Labels    `json:"labels"`
	Annotations    labels.Labels    `json:"annotations"`
	Alerts         []alertState     `json:"alerts"`
	Health         rules.RuleHealth `json:"health"`
	LastError      string           `json:"lastError,omitempty"`
	EvaluationTime float64          `json:"evaluationTime"`
	LastEvaluation time.Time        `json:"lastEvaluation"`
	Type           string           `json:"type"`
}

type alertState struct {
	Labels      labels.Labels `json:"labels"`
	Annotations labels.Labels `json:"annotations"`
	State       string        `json:"state"`
	ActiveAt    time.Time     `json:"activeAt"`
	Value       string        `json:"value"`
}

func (s *Stack) apiRules(context.Context, url.Values) (any, error) {
	groups := []ruleGroup{}
	for _, g := range s.prom.rules.RuleGroups() {
		out := ruleGroup{
			Name:           g.Name(),
			File:           g.File(),
			Rules:          []rule{},
			Interval:       g.Interval().Seconds(),
			EvaluationTime: g.GetEvaluationTime().Seconds(),
			LastEvaluation: g.GetLastEvaluation(),
		}
		for _, r := range g.AlertingRules() { // we have no others; a test says so
			lastError := ""
			if err := r.LastError(); err != nil {
				lastError = err.Error()
			}
			out.Rules = append(out.Rules, rule{
				State:          r.State().String(),
				Name:           r.Name(),
				Query:          r.Query().String(),
				Duration:       r.HoldDuration().Seconds(),
				Labels:         r.Labels(),
				Annotations:    r.Annotations(),
				Alerts:         states(r),
				Health:         r.Health(),
				LastError:      lastError,
				EvaluationTime: r.GetEvaluationDuration().Seconds(),
				LastEvaluation: r.GetEvaluationTimestamp(),
				Type:           "alerting",
			})
		}
		groups = append(groups, out)
	}
	return map[string]any{"groups": groups}, nil
}

func (s *Stack) apiAlerts(context.Context, url.Values) (any, error) {
	list := []alertState{}
	for _, g := range s.prom.rules.RuleGroups() {
		for _, r := range g.AlertingRules() {
			list = append(list, states(r)...)
		}
	}
	return map[string]any{"alerts": list}, nil
}

// states lists what is pending or firing.
func states(r *rules.AlertingRule) []alertState {
	list := []alertState{}
	for _, a := range r.ActiveAlerts() {
		list = append(list, alertState{
			Labels:      a.Labels,
			Annotations: a.Annotations,
			State:       a.State.String(),
			ActiveAt:    a.ActiveAt,
			Value:       strconv.FormatFloat(a.Value, 'e', -1, 64),
		})
	}
	return list
}

// scraped is a target as the API shows it.
type scraped struct {
	DiscoveredLabels   labels.Labels `json:"discoveredLabels"`
	Labels             labels.Labels `json:"labels"`
	ScrapePool         string        `json:"scrapePool"`
	ScrapeURL          string        `json:"scrapeUrl"`
	GlobalURL          string        `json:"globalUrl"`
	LastError          string        `json:"lastError"`
	LastScrape         time.Time     `json:"lastScrape"`
	LastScrapeDuration float64       `json:"lastScrapeDuration"`
	Health             string        `json:"health"`
	ScrapeInterval     string        `json:"scrapeInterval"`
	ScrapeTimeout      string        `json:"scrapeTimeout"`
}

func (s *Stack) apiTargets(context.Context, url.Values) (any, error) {
	list := []scraped{}
	builder := labels.NewBuilder(labels.EmptyLabels())
	for pool, targets := range s.prom.scrapes.TargetsActive() {
		for _, t := range targets {
			lastError := ""
			if err := t.LastError(); err != nil {
				lastError = err.Error()
			}
			list = append(list, scraped{
				DiscoveredLabels:   t.DiscoveredLabels(builder),
				Labels:             t.Labels(builder),
				ScrapePool:         pool,
				ScrapeURL:          t.URL().String(),
				GlobalURL:          t.URL().String(),
				LastError:          lastError,
				LastScrape:         t.LastScrape(),
				LastScrapeDuration: t.LastScrapeDuration().Seconds(),
				Health:             string(t.Health()),
				ScrapeInterval:     t.GetValue(model.ScrapeIntervalLabel),
				ScrapeTimeout:      t.GetValue(model.ScrapeTimeoutLabel),
			})
		}
	}
	return map[string]any{"activeTargets": list, "droppedTargets": []scraped{}}, nil
}

// described is one metric's help, as its targets state it.
type described struct {
	Type string `json:"type"`
	Help string `json:"help"`
	Unit string `json:"unit"`
}

func (s *Stack) apiMetadata(_ context.Context, form url.Values) (any, error) {
	found := map[string][]described{}
	wanted := form.Get("metric")
	for _, targets := range s.prom.scrapes.TargetsActive() {
		for _, t := range targets {
			for _, m := range t.ListMetadata() {
				d := described{string(m.Type), m.Help, m.Unit}
				known := found[m.MetricFamily]
				if (wanted == "" || wanted == m.MetricFamily) && !slices.Contains(known, d) {
					found[m.MetricFamily] = append(known, d)
				}
			}
		}
	}
	return found, nil
}
