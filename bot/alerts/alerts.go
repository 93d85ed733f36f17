// Package alerts is where alerts come in: Alertmanager calls the Receiver, or the
// Poller asks Alertmanager.
//
// It knows version 4 of Alertmanager's webhook and version 2 of its API, bearer
// tokens and how Alertmanager retries. It does not know what an alert means for
// a round: it hands what it hears to a Sink. A 2xx is sent only after the Sink
// has it on disk.
//
// Protocols: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
// and https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
package alerts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"github.com/prometheus/alertmanager/notify/webhook"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/common/model"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Sink takes a round's alerts. It returns nil when they are on disk, or were
// known; a *round.Refusal when there is no such round; any other error is worth
// a retry. Repeats are its to recognise.
type Sink interface {
	Alerts(ctx context.Context, id round.ID, alerts []round.Alert) error
}

// Token derives a round's bearer token from the bot's own key, so that no token
// is stored anywhere.
func Token(key round.Secret, id round.ID) round.Secret {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte("webhook " + id))
	return round.NewSecret(hex.EncodeToString(mac.Sum(nil)))
}

// Path is where a round's Alertmanager reports to.
func Path(id round.ID) string { return "/alerts/" + string(id) }

// translate reads one notification.
func translate(m webhook.Message) []round.Alert {
	alerts := make([]round.Alert, 0, len(m.Alerts))
	for _, a := range m.Alerts {
		alerts = append(alerts, alert(m.GroupKey, a))
	}
	return alerts
}

func alert(group string, a template.Alert) round.Alert {
	out := round.Alert{
		Fingerprint: a.Fingerprint,
		Group:       group,
		Name:        round.Visible(a.Labels[model.AlertNameLabel]),
		Severity:    round.Visible(a.Labels["severity"]),
		Summary:     round.Visible(a.Annotations["summary"]),
		Description: round.Visible(a.Annotations["description"]),
		Runbook:     a.Annotations["runbook_url"],
		StartsAt:    a.StartsAt.UTC(),
		Firing:      a.Status == string(model.AlertFiring),
	}
	if !out.Firing {
		out.EndsAt = a.EndsAt.UTC()
	}
	return out
}
