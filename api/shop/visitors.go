package shop

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

const (
	visitorPatience = 3 * time.Second
	visitorsInside  = 200
)

// visitorRoutes is the mix, by the last digit of the visitor's number: half
// look at products, three order, two ask for stock; never a block of one kind.
var visitorRoutes = [10]string{
	routeProducts, routeOrder, routeProducts, routeStock, routeProducts,
	routeOrder, routeProducts, routeStock, routeProducts, routeOrder,
}

// mixOf is the mix of those who come for some of the routes only.
func mixOf(routes []string) (mix []string) {
	for _, r := range visitorRoutes {
		if slices.Contains(routes, r) {
			mix = append(mix, r)
		}
	}
	return mix
}

// visitors make the load, and see the shop as customers do.
type visitors struct {
	log    *slog.Logger
	base   string
	mix    []string
	client *http.Client

	arrivals *prometheus.CounterVec
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func serveVisitors(ctx context.Context, c config, log *slog.Logger) error {
	work, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	reg := newRegistry()
	v := newVisitors(c, log, reg)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", alive)
	mux.Handle("GET /metrics", metricsHandler(reg))

	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return listen(gctx, work, c, log, mux) })
	g.Go(func() error {
		// A stop ends the visits under way; nobody reads their outcome.
		visiting, leave := context.WithCancel(work)
		defer context.AfterFunc(gctx, leave)()
		crowd{
			rate: c.rate, inFlight: visitorsInside,
			visit: func(n int, intended time.Time) { v.visit(visiting, n, intended) },
			drop:  v.drop,
		}.run(gctx)
		return nil
	})
	return g.Wait()
}

func newVisitors(c config, log *slog.Logger, reg *prometheus.Registry) *visitors {
	v := &visitors{
		log:    log,
		base:   strings.TrimRight(c.target.String(), "/"),
		mix:    mixOf(c.routes),
		client: onlyClient(c.target, newDialer(c.resolve)),
		arrivals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "visitors_arrivals_total", Help: "Visitors that arrived, whether or not there was room.",
		}, []string{"route"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "visitors_requests_total", Help: "How visits ended.",
		}, []string{"route", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "visitors_request_duration_seconds", Help: "Time from the intended start to the answer.", Buckets: buckets,
		}, []string{"route"}),
	}
	rate := prometheus.NewGauge(prometheus.GaugeOpts{Name: "visitors_rate", Help: "Arrivals a second, as configured."})
	rate.Set(c.rate)
	reg.MustRegister(v.arrivals, v.requests, v.duration, rate)
	for _, route := range v.mix {
		v.arrivals.WithLabelValues(route)
		v.duration.WithLabelValues(route)
		for _, o := range []outcome{outcomeOK, outcomeError, outcomeTimeout, outcomeDropped} {
			v.requests.WithLabelValues(route, string(o)) // at zero, or rate() misses the first
		}
	}
	return v
}

// onlyClient dials target and nothing else, wherever an answer points to.
func onlyClient(target *url.URL, d *dialer) *http.Client {
	port := target.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[target.Scheme]
	}
	only := net.JoinHostPort(target.Hostname(), port)
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if address != only {
					return nil, fmt.Errorf("visitors dial %s only, not %s", only, address)
				}
				return d.DialContext(ctx, network, address)
			},
			MaxIdleConnsPerHost: visitorsInside,
			IdleConnTimeout:     30 * time.Second,
		},
	}
}

func (v *visitors) drop(n int) {
	route := v.mix[n%len(v.mix)]
	v.arrivals.WithLabelValues(route).Inc()
	v.requests.WithLabelValues(route, string(outcomeDropped)).Inc()
}

func (v *visitors) visit(ctx context.Context, n int, intended time.Time) {
	route := v.mix[n%len(v.mix)]
	v.arrivals.WithLabelValues(route).Inc()
	id := rand.Text()
	patience, cancel := context.WithTimeout(ctx, visitorPatience)
	defer cancel()
	code, err := v.ask(patience, route, id)
	if ctx.Err() != nil {
		return // we stop; this says nothing about the shop
	}
	took := time.Since(intended)
	o := judge(code, err)
	v.requests.WithLabelValues(route, string(o)).Inc()
	v.duration.WithLabelValues(route).Observe(took.Seconds())
	if o == outcomeOK {
		return
	}
	attrs := []any{"request_id", id, "route", route, "code", code, "duration_ms", float64(took.Microseconds()) / 1000}
	if err != nil {
		attrs = append(attrs, "error", err.Error())
	}
	v.log.Error("visit: "+string(o), attrs...)
}

// ask makes the route's request and reads the whole answer.
func (v *visitors) ask(ctx context.Context, route, id string) (code int, err error) {
	method, path, body := wish(route)
	req, err := http.NewRequestWithContext(ctx, method, v.base+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set(requestIDHeader, id)
	req.Header.Set("User-Agent", "shop-visitors")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := v.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, err
}

// wish is what a visitor of the route asks for.
func wish(route string) (method, path, body string) {
	id := 1 + mathrand.IntN(catalogueSize)
	switch route {
	case routeOrder:
		return http.MethodPost, "/api/orders", fmt.Sprintf(`{"customer":%d,"product":%d,"quantity":%d}`,
			1+mathrand.IntN(customerCount), id, 1+mathrand.IntN(3))
	case routeStock:
		return http.MethodGet, fmt.Sprintf("/api/products/%d/stock", id), ""
	default:
		return http.MethodGet, fmt.Sprintf("/api/products?q=%s&page=%d",
			strings.ToLower(kinds[mathrand.IntN(len(kinds))]), 1+mathrand.IntN(5)), ""
	}
}
