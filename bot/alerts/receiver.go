package alerts

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/notify/webhook"

	"github.com/chaotic-good/scenarios/bot/round"
)

// bodyLimit is the largest notification that is read, in bytes.
const bodyLimit = 1 << 20

// Config is everything a Receiver needs. No field is optional.
type Config struct {
	Log  *slog.Logger
	Key  round.Secret // of which the rounds' tokens are derived
	Sink Sink
}

// Receiver answers POST /alerts/{round}, and a Front that looks for it. It never redirects: Alertmanager
// follows a redirect as a GET and takes its 200 for a delivery, which loses the
// alert. Its answers are chosen by what Alertmanager does with them: a 5xx is
// tried again within seconds, a 4xx at the next group interval.
type Receiver struct{ cfg Config }

// NewReceiver returns a Receiver.
func NewReceiver(cfg Config) *Receiver { return &Receiver{cfg} }

// Server returns an HTTP server for the receiver with bounds on slow senders.
func (v *Receiver) Server() *http.Server {
	return &http.Server{
		Handler:           v,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(v.cfg.Log.Handler(), slog.LevelWarn),
	}
}

// ServeHTTP implements http.Handler.
func (v *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, say := v.take(w, r)
	if status >= 300 {
		v.cfg.Log.WarnContext(r.Context(), "webhook refused", "status", status, "why", say, "path", r.URL.Path)
		http.Error(w, say, status)
		return
	}
}

func (v *Receiver) take(w http.ResponseWriter, r *http.Request) (status int, say string) {
	if nonce, ok := echoed(r); ok {
		_, _ = w.Write([]byte(echo(v.cfg.Key, nonce))) // whoever asked is gone otherwise
		return http.StatusOK, ""
	}
	id, ok := strings.CutPrefix(r.URL.Path, "/alerts/")
	if !ok || round.ID(id).Number() == 0 {
		return http.StatusNotFound, "no such place"
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed, "only POST"
	}
	if !v.authentic(r, round.ID(id)) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return http.StatusUnauthorized, "the token is not this round's"
	}
	message, err := read(w, r)
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		return http.StatusRequestEntityTooLarge, "the body is larger than 1 MiB"
	case err != nil:
		return http.StatusBadRequest, "the body is not a version 4 notification of Alertmanager"
	}
	var refusal *round.Refusal
	switch err := v.cfg.Sink.Alerts(r.Context(), round.ID(id), translate(message)); {
	case errors.As(err, &refusal):
		return http.StatusNotFound, refusal.Say
	case err != nil:
		v.cfg.Log.ErrorContext(r.Context(), "alerts not kept", "round", id, "error", err)
		return http.StatusServiceUnavailable, "not kept, try again"
	}
	return http.StatusOK, ""
}

// authentic compares in constant time; both sides have the length of a token.
func (v *Receiver) authentic(r *http.Request, id round.ID) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	want := Token(v.cfg.Key, id).Reveal()
	return ok && subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1
}

func read(w http.ResponseWriter, r *http.Request) (webhook.Message, error) {
	var m webhook.Message
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err := dec.Decode(&m); err != nil {
		return m, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) {
			return m, err
		}
		return m, errors.New("more than one document")
	}
	if m.Version != "4" || m.Data == nil {
		return m, errors.New("not version 4")
	}
	for _, a := range m.Alerts {
		if a.Fingerprint == "" || a.StartsAt.IsZero() {
			return m, errors.New("an alert without identity")
		}
	}
	return m, nil
}
