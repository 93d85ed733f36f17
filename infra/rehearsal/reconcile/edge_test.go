package reconcile

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The shop's address is the edge's: its page is there while the balancer is, and
// the shop's paths lead to that. The visitors enter at the balancer itself.
func TestTheShopsAddressIsTheEdges(t *testing.T) {
	s := newSite("R7", &Reconciler{cfg: Config{Log: slog.New(slog.DiscardHandler)}})
	for _, front := range []string{frontShop, frontBox} {
		if err := s.startBalancer(t.Context(), front); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_ = s.stopBalancer(ctx, front) // a second time it does nothing
		})
	}
	shop := s.local().Ends[endShop]
	inside := s.balancerAddr(frontShop)()
	if shop == "" || inside == "" || shop == "http://"+inside {
		t.Fatalf("people come to %q, visitors to %q", shop, inside)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	for url, want := range map[string]struct {
		code int
		text string
	}{
		shop + "/":                         {http.StatusOK, "<!doctype html>"},
		shop + "/api/products":             {http.StatusServiceUnavailable, "503 Service Temporarily Unavailable"}, // no task
		"http://" + inside + "/":           {http.StatusServiceUnavailable, "503 Service Temporarily Unavailable"},
		"http://" + inside + "/api/orders": {http.StatusServiceUnavailable, "503 Service Temporarily Unavailable"},
	} {
		resp, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != want.code || !strings.HasPrefix(string(text), want.text) {
			t.Errorf("%s: %d %.60s, %v; want %d %s", url, resp.StatusCode, text, err, want.code, want.text)
		}
	}
	if err := s.stopBalancer(t.Context(), frontBox); err != nil {
		t.Fatal(err)
	}
	if got := s.local().Ends[endShop]; got != shop {
		t.Errorf("without the box's balancer the shop is at %q", got)
	}
	if err := s.stopBalancer(t.Context(), frontShop); err != nil {
		t.Fatal(err)
	}
	if got := s.local().Ends[endShop]; got != "" || !s.empty() {
		t.Errorf("without its balancer the shop is at %q, empty: %v", got, s.empty())
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(shop, "http://")); err == nil {
		t.Error("the edge listens on")
		_ = conn.Close()
	}
}
