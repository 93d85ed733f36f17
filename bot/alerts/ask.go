package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/common/model"

	"github.com/chaotic-good/scenarios/bot/round"
)

// answerLimit is the largest answer of an Alertmanager that is read, in bytes.
const answerLimit = 8 << 20

// heard is what an Alertmanager says.
type heard struct {
	firing []round.Alert
	known  map[string]bool // by fingerprint: also those that are silenced
}

// age gives how long an Alertmanager has been up, by its own clock where it
// tells the time.
func age(ctx context.Context, client *http.Client, base string, now func() time.Time) (time.Duration, error) {
	var status struct {
		Uptime time.Time `json:"uptime"` // when it started
	}
	header, err := ask(ctx, client, base+"/api/v2/status", &status)
	if err != nil {
		return 0, err
	}
	if status.Uptime.IsZero() {
		return 0, errors.New("read Alertmanager's status: it does not say since when it is up")
	}
	at, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		at = now()
	}
	return at.Sub(status.Uptime), nil
}

// group is what is read of one of Alertmanager's groups: what every version sends
// since its API has groups. (Its own models refuse an older one's answers.)
type group struct {
	Labels model.LabelSet `json:"labels"`
	Alerts []*struct {
		Fingerprint string            `json:"fingerprint"`
		StartsAt    time.Time         `json:"startsAt"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
		Status      struct {
			State string `json:"state"`
		} `json:"status"`
	} `json:"alerts"`
}

// groups asks for all alerts, in the groups in which they would be sent.
func groups(ctx context.Context, client *http.Client, base string) (heard, error) {
	h := heard{known: map[string]bool{}}
	var all []*group
	if _, err := ask(ctx, client, base+"/api/v2/alerts/groups", &all); err != nil {
		return h, err
	}
	if all == nil {
		return h, errors.New("read Alertmanager's groups: it gave none, not even an empty list")
	}
	for _, g := range all {
		if g == nil || g.Alerts == nil {
			return h, errors.New("read Alertmanager's groups: one is empty")
		}
		if err := h.take(g); err != nil {
			return h, fmt.Errorf("read Alertmanager's groups: %w", err)
		}
	}
	return h, nil
}

// take reads the alerts of one group. An alert may be in several.
func (h *heard) take(g *group) error {
	for _, a := range g.Alerts {
		if a == nil || a.Fingerprint == "" || a.StartsAt.IsZero() {
			return errors.New("an alert without identity")
		}
		switch a.Status.State {
		case "active", "unprocessed":
			if h.known[a.Fingerprint] {
				continue
			}
			h.firing = append(h.firing, round.Alert{
				Fingerprint: a.Fingerprint,
				Group:       "{}:" + g.Labels.String(), // as the webhook names it, for our one route
				Name:        round.Visible(a.Labels[model.AlertNameLabel]),
				Severity:    round.Visible(a.Labels["severity"]),
				Summary:     round.Visible(a.Annotations["summary"]),
				Description: round.Visible(a.Annotations["description"]),
				Runbook:     a.Annotations["runbook_url"],
				StartsAt:    a.StartsAt.UTC(),
				Firing:      true,
			})
		case "suppressed": // nobody is to hear of it
		default:
			return errors.New("an alert whose state is none")
		}
		h.known[a.Fingerprint] = true
	}
	return nil
}

// ask gets one JSON document. No error of it tells what was in the answer.
func ask(ctx context.Context, client *http.Client, url string, into any) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("ask Alertmanager: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask Alertmanager: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask Alertmanager: it answered %s", resp.Status)
	}
	limited := &io.LimitedReader{R: resp.Body, N: answerLimit + 1}
	dec := json.NewDecoder(limited)
	if err := dec.Decode(into); err != nil {
		return nil, fmt.Errorf("read Alertmanager's answer: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read Alertmanager's answer: it goes on after its end")
	}
	if limited.N <= 0 {
		return nil, fmt.Errorf("read Alertmanager's answer: it is larger than %d MiB", answerLimit>>20)
	}
	return resp.Header, nil
}
