package infra

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// seesThree is a Prometheus three of whose targets are up.
func seesThree(w http.ResponseWriter, _ *http.Request) { sees(w, `{"metric":{},"value":[1,"3"]}`) }

func sees(w http.ResponseWriter, samples string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"status":"success","data":{"resultType":"vector","result":[`+samples+`]}}`)
}

// A young host has no login yet, then one, and answers last of all. It is asked
// through the doors by which the bot enters later, and the wait is told all along.
func TestAYoungMonitoringIsAwaited(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	const id = round.ID("R64")
	var asked, told []string
	host := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		asked = append(asked, r.URL.Path)
		switch {
		case user != "chaotic" || password != "let me in":
			w.WriteHeader(http.StatusUnauthorized)
		case len(told) < 5:
			w.WriteHeader(http.StatusBadGateway)
		case len(told) < 7:
			sees(w, "")
		default:
			seesThree(w, r)
		}
	}))
	host.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(host.Close)
	shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(shop.Close)
	certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: host.Certificate().Raw}))
	m := testMaker(t, cfg)
	said := reached(shop.URL, host.URL)
	said.Prometheus += "/prometheus"
	out, err := m.Await(t.Context(), round.Spec{Round: id}, said, func(what string) {
		told = append(told, what)
		if len(told) == 3 {
			writesLogin(t, cfg, id, MonitoringSecret{"chaotic", "let me in", certificate})
		}
	})
	if err != nil || out != said {
		t.Fatalf("%+v, %v", out, err)
	}
	if told[0] != "waiting for the shop" || len(told) < 7 || slices.ContainsFunc(told[1:], func(s string) bool { return s != "waiting for monitoring" }) {
		t.Errorf("people were told %q", told)
	}
	if !slices.Contains(asked, "/prometheus/api/v1/query") {
		t.Errorf("asked %q", asked)
	}
}

// One that does not come ends the wait with a sentence for people, which says no
// address; the operator's error does.
func TestAMonitoringThatDoesNotCome(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	blind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { sees(w, "") }))
	t.Cleanup(blind.Close)
	shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(shop.Close)
	for _, c := range []struct{ at, why string }{
		{"http://127.0.0.1:1", "after 1 s, Prometheus did not answer."},
		{blind.URL, "after 1 s, Prometheus sees no part of the stack."},
	} {
		m := testMaker(t, cfg)
		m.cfg.Boot = time.Second
		_, err := m.Await(t.Context(), round.Spec{Round: "R65"}, reached(shop.URL, c.at), func(string) {})
		var no *round.Refusal
		if !errors.As(err, &no) || !no.Passing || !strings.HasSuffix(no.Say, c.why) || strings.Contains(no.Say, "127.0.0.1") {
			t.Errorf("%s: %v", c.at, err)
		}
		m.cfg.Boot = time.Minute
		ctx, cancel := context.WithCancel(t.Context())
		_, err = m.Await(ctx, round.Spec{Round: "R65"}, reached(shop.URL, c.at), func(what string) {
			if what == "waiting for monitoring" {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || errors.As(err, &no) {
			t.Errorf("%s, when the round is to end: %v", c.at, err)
		}
	}
}
