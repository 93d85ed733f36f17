package balancer

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// counts are what the balancer tells Prometheus, in a registry of its own.
type counts struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
}

func newCounts() *counts {
	c := &counts{registry: prometheus.NewRegistry(), requests: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "balancer_requests_total",
		Help: "Requests answered, by status; 460 is a client that did not wait.",
	}, []string{"code"})}
	c.registry.MustRegister(c.requests)
	return c
}

func (c *counts) add(code int) { c.requests.WithLabelValues(strconv.Itoa(code)).Inc() }

// Metrics serves balancer_requests_total{code} and balancer_targets{state} in
// Prometheus' text format.
func (b *Balancer) Metrics() http.Handler {
	targets := prometheus.NewDesc("balancer_targets", "Targets, by health.", []string{"state"}, nil)
	own := prometheus.NewRegistry()
	own.MustRegister(collector{desc: targets, b: b})
	return promhttp.HandlerFor(prometheus.Gatherers{b.counts.registry, own}, promhttp.HandlerOpts{})
}

type collector struct {
	desc *prometheus.Desc
	b    *Balancer
}

func (c collector) Describe(ch chan<- *prometheus.Desc) { ch <- c.desc }

func (c collector) Collect(ch chan<- prometheus.Metric) {
	n := map[string]int{Initial: 0, Healthy: 0, Unhealthy: 0, Draining: 0}
	for _, h := range c.b.TargetHealth() {
		n[h.State]++
	}
	for state, v := range n {
		ch <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, float64(v), state)
	}
}
