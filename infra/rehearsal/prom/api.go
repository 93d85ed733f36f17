package prom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"time"

	"github.com/prometheus/prometheus/promql"
)

// maxForm bounds what a client may post.
const maxForm = 1 << 20

// answer is the envelope of Prometheus' HTTP API v1.
type answer struct {
	Status    string   `json:"status"`
	Data      any      `json:"data,omitempty"`
	ErrorType string   `json:"errorType,omitempty"`
	Error     string   `json:"error,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
}

// badRequest is an error of the one who asks; all others are ours.
type badRequest struct{ error }

func (b badRequest) Unwrap() error { return b.error }

// api serves what Prometheus' clients and Grafana ask for. Prometheus' own
// handler would need its whole main around it.
func (s *Stack) api() http.Handler {
	mux := http.NewServeMux()
	for path, answers := range map[string]func(context.Context, url.Values) (any, error){
		"query":               s.apiQuery,
		"query_range":         s.apiQueryRange,
		"labels":              s.apiLabels,
		"series":              s.apiSeries,
		"metadata":            s.apiMetadata,
		"rules":               s.apiRules,
		"alerts":              s.apiAlerts,
		"targets":             s.apiTargets,
		"status/buildinfo":    s.apiBuildInfo,
		"label/{name}/values": s.apiLabelValues,
	} {
		h := s.handle(answers)
		mux.Handle("GET /api/v1/"+path, h)
		mux.Handle("POST /api/v1/"+path, h) // clients post queries that are too long for an address
	}
	mux.HandleFunc("GET /-/ready", ready)
	mux.HandleFunc("GET /-/healthy", ready)
	// The link in every alert leads to a page that a library does not have.
	mux.HandleFunc("GET /graph", func(w http.ResponseWriter, r *http.Request) {
		q := url.Values{"query": {r.FormValue("g0.expr")}}
		http.Redirect(w, r, "/api/v1/query?"+q.Encode(), http.StatusFound)
	})
	return mux
}

func (s *Stack) handle(answers func(context.Context, url.Values) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			s.fail(w, badRequest{err})
			return
		}
		if name := r.PathValue("name"); name != "" {
			r.Form.Set("name", name)
		}
		ctx, done, err := s.read(r.Context())
		if err != nil {
			s.fail(w, err)
			return
		}
		defer done()
		data, err := answers(ctx, r.Form)
		if err != nil {
			s.fail(w, err)
			return
		}
		s.write(w, http.StatusOK, answer{Status: "success", Data: data})
	})
}

// fail uses Prometheus' kinds of error, which clients tell apart.
func (s *Stack) fail(w http.ResponseWriter, err error) {
	var (
		bad      badRequest
		timeout  promql.ErrQueryTimeout
		canceled promql.ErrQueryCanceled
	)
	code, kind := http.StatusUnprocessableEntity, "execution"
	switch {
	case errors.As(err, &bad):
		code, kind = http.StatusBadRequest, "bad_data"
	case errors.As(err, &timeout):
		code, kind = http.StatusServiceUnavailable, "timeout"
	case errors.As(err, &canceled), errors.Is(err, errClosed):
		code, kind = http.StatusServiceUnavailable, "canceled"
	}
	s.write(w, code, answer{Status: "error", ErrorType: kind, Error: err.Error()})
}

func (s *Stack) write(w http.ResponseWriter, code int, a answer) {
	body, err := json.Marshal(a)
	if err != nil {
		s.cfg.Log.Error("answer a query", "error", err)
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(body) // the client has gone; nobody is left to tell
}

func (s *Stack) apiBuildInfo(context.Context, url.Values) (any, error) {
	return map[string]string{
		"version":   "3.0.0", // what clients ask this for: which functions and endpoints there are
		"revision":  "embedded",
		"branch":    "",
		"buildUser": "",
		"buildDate": "",
		"goVersion": runtime.Version(),
	}, nil
}

// formTime reads a parameter as Prometheus does: seconds or RFC 3339.
func formTime(form url.Values, name string, otherwise time.Time) (time.Time, error) {
	text := form.Get(name)
	if text == "" {
		return otherwise, nil
	}
	t, err := parseTime(text)
	if err != nil {
		return t, badRequest{fmt.Errorf("invalid parameter %q: %w", name, err)}
	}
	return t, nil
}
