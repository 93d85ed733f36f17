package shop

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// The routes in metrics and logs; the alert rules name them.
const (
	routeProducts = "products"
	routeOrder    = "order"
	routeStock    = "stock"
)

// buckets suit answers from 5 ms to 5 s, and are dense around one payment
// wait, where an order that queued differs from one that did not.
var buckets = []float64{.005, .01, .02, .03, .05, .075, .1, .15, .2, .25, .3, .4, .5, .75, 1, 1.5, 2, 3, 5}

// newRegistry is a registry of our own with what every process tells of
// itself: a library's metrics in the default one would be scraped along.
func newRegistry() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return reg
}

func metricsHandler(reg *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 5 * time.Second})
}

// shopMetrics is what the web tier tells Prometheus.
type shopMetrics struct {
	requests    *prometheus.CounterVec
	duration    *prometheus.HistogramVec
	databaseUp  prometheus.Gauge
	inventoryUp prometheus.Gauge
}

func newShopMetrics(reg *prometheus.Registry, release, task string) *shopMetrics {
	m := &shopMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shop_http_requests_total", Help: "Requests answered.",
		}, []string{"route", "method", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "shop_http_request_duration_seconds", Help: "Time to answer a request.", Buckets: buckets,
		}, []string{"route", "method"}),
		databaseUp: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "shop_database_up", Help: "1 if the last probe query through the pool was answered in time.",
		}),
		inventoryUp: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "shop_inventory_up", Help: "1 if the inventory answered its health check in time.",
		}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "shop_build_info", Help: "Always 1; the labels say what runs here.",
		ConstLabels: prometheus.Labels{"release": release, "task": task},
	})
	info.Set(1)
	reg.MustRegister(m.requests, m.duration, m.databaseUp, m.inventoryUp, info)
	m.prime()
	return m
}

// prime makes the series at zero. A counter that first appears at 1 has no
// increase for rate(), so the first errors of an outage would not count.
func (m *shopMetrics) prime() {
	usual := []struct {
		route, method string
		codes         []int
	}{
		{routeProducts, http.MethodGet, []int{200, 500, 503}},
		{routeOrder, http.MethodPost, []int{201, 409, 500, 503}},
		{routeOrder, http.MethodGet, []int{200, 500, 503}},
		{routeStock, http.MethodGet, []int{200, 502, 503}},
	}
	for _, u := range usual {
		m.duration.WithLabelValues(u.route, u.method)
		for _, code := range u.codes {
			m.requests.WithLabelValues(u.route, u.method, strconv.Itoa(code))
		}
	}
}

func (m *shopMetrics) observe(route, method string, code int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(code)).Inc()
	m.duration.WithLabelValues(route, method).Observe(took.Seconds())
}

// watchPool exports how many connections the pool holds.
func watchPool(reg *prometheus.Registry, db *database) {
	for state, count := range map[string]func() int32{
		"idle": func() int32 { return db.pool.Stat().IdleConns() },
		"busy": func() int32 { return db.pool.Stat().AcquiredConns() },
	} {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "shop_database_connections", Help: "Open connections to the database.",
			ConstLabels: prometheus.Labels{"state": state},
		}, func() float64 { return float64(count()) }))
	}
}

func set(g prometheus.Gauge, up bool) {
	if up {
		g.Set(1)
	} else {
		g.Set(0)
	}
}
