package shop

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// startVisitors lets visitors come to a target that answers as h does.
func startVisitors(t *testing.T, h http.HandlerFunc) *process {
	t.Helper()
	target := httptest.NewServer(h)
	t.Cleanup(target.Close)
	return start(t, map[string]string{
		"SHOP_ROLE": "visitors", "SHOP_VISITORS_RATE": "100", "SHOP_TARGET_URL": "http://shop.test:8000",
		"SHOP_RESOLVE": "shop.test:8000=" + target.Listener.Addr().String(),
	})
}

func TestVisitorsCountWhatTheyMeet(t *testing.T) {
	p := startVisitors(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(requestIDHeader) == "" || r.Host != "shop.test:8000" {
			t.Errorf("request id %q, host %q", r.Header.Get(requestIDHeader), r.Host)
		}
		switch {
		case r.URL.Path == "/api/orders":
			w.WriteHeader(http.StatusConflict) // sold out is an answer
		case strings.HasSuffix(r.URL.Path, "/stock"):
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	for _, want := range []string{
		`visitors_arrivals_total{route="products"} [1-9]\d*`,
		`visitors_requests_total{outcome="ok",route="products"} [1-9]\d*`,
		`visitors_requests_total{outcome="ok",route="order"} [1-9]\d*`,
		`visitors_requests_total{outcome="error",route="stock"} [1-9]\d*`,
		`visitors_requests_total{outcome="ok",route="stock"} 0`,
		`visitors_requests_total{outcome="timeout",route="stock"} 0`,
		`visitors_requests_total{outcome="dropped",route="stock"} 0`,
		`visitors_request_duration_seconds_bucket{route="order",le="5"} [1-9]\d*`,
		`visitors_rate 100`,
	} {
		eventually(t, p, want)
	}
	p.logs.wait(t, `"service":"visitors"`, `"route":"stock"`, `"code":502`)
}

func TestARushComesForOrdersAlone(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/orders" {
			t.Errorf("a buyer asked for %s", r.URL.Path)
		}
	}))
	t.Cleanup(target.Close)
	p := start(t, map[string]string{
		"SHOP_ROLE": "visitors", "SHOP_VISITORS_RATE": "100", "SHOP_VISITORS_ROUTES": "order", "SHOP_TARGET_URL": "http://shop.test:8000",
		"SHOP_RESOLVE": "shop.test:8000=" + target.Listener.Addr().String(),
	})
	eventually(t, p, `visitors_requests_total{outcome="ok",route="order"} [1-9]\d*`)
	if text := p.get("/metrics").text; strings.Contains(text, `route="stock"`) {
		t.Errorf("buyers tell of stock figures: %s", text)
	}
}

func TestTheMixKeepsItsOrder(t *testing.T) {
	if got := mixOf([]string{routeStock, routeOrder}); !slices.Equal(got, []string{routeOrder, routeStock, routeOrder, routeStock, routeOrder}) {
		t.Error(got)
	}
}

func TestVisitorsDialNothingButTheTarget(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a visitor followed a redirect")
	}))
	defer elsewhere.Close()
	p := startVisitors(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusFound)
	})
	eventually(t, p, `visitors_requests_total{outcome="ok",route="products"} [1-9]\d*`)

	target := &url.URL{Scheme: "http", Host: "shop.test"}
	resp, err := onlyClient(target, newDialer(nil)).Get(elsewhere.URL)
	if err == nil {
		resp.Body.Close()
		t.Error("the client dialled another address")
	} else if !strings.Contains(err.Error(), "visitors dial shop.test:80 only") {
		t.Error(err)
	}
}

func TestASilentShopIsATimeout(t *testing.T) {
	gone := make(chan struct{})
	p := startVisitors(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-gone:
		case <-r.Context().Done():
		}
	})
	defer close(gone)
	begin := time.Now()
	until(t, 30*time.Second, "timeout and dropped", func() bool {
		text := p.get("/metrics").text
		return strings.Contains(text, `visitors_requests_total{outcome="timeout",route="order"} `) &&
			!strings.Contains(text, `visitors_requests_total{outcome="timeout",route="order"} 0`) &&
			!strings.Contains(text, `visitors_requests_total{outcome="dropped",route="order"} 0`)
	})
	if took := time.Since(begin); took < visitorPatience-500*time.Millisecond {
		t.Errorf("a timeout after %s", took)
	}
	stopping := time.Now()
	if err := p.stop(); err != nil || time.Since(stopping) > time.Second {
		t.Errorf("stopped after %s: %v", time.Since(stopping), err)
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		code int
		err  error
		want outcome
	}{
		{200, nil, outcomeOK}, {201, nil, outcomeOK}, {409, nil, outcomeOK}, {404, nil, outcomeError},
		{502, nil, outcomeError}, {0, errors.New("refused"), outcomeError}, {0, context.DeadlineExceeded, outcomeTimeout},
	} {
		if got := judge(c.code, c.err); got != c.want {
			t.Errorf("%d %v: %s, want %s", c.code, c.err, got, c.want)
		}
	}
}
