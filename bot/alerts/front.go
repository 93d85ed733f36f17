package alerts

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// echoPath answers with a proof that whoever answers has the bot's own key.
const echoPath = "/alerts/self"

// frontTime bounds the look at the bot's own address.
const frontTime = 5 * time.Second

// echoed gives the nonce of a request for a proof.
func echoed(r *http.Request) (nonce string, ok bool) {
	nonce = r.URL.Query().Get("nonce")
	return nonce, r.Method == http.MethodGet && r.URL.Path == echoPath && len(nonce) == 32
}

// echo is the proof. It is derived apart from the rounds' tokens.
func echo(key round.Secret, nonce string) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte("self " + nonce))
	return hex.EncodeToString(mac.Sum(nil))
}

// Front looks, before a provision, whether the address that Alertmanager will be
// given leads to this bot. It implements round.Scout. No field is optional.
type Front struct {
	Public string       // as Alertmanager will be told
	Key    round.Secret // the Receiver's
	Near   bool         // stacks are made on this machine
}

var _ round.Scout = Front{}

// Look calls the bot from outside, as far as that can be done from inside.
func (f Front) Look(ctx context.Context, _ round.Spec, _ round.Person) (round.Preflight, error) {
	ctx, cancel := context.WithTimeout(ctx, frontTime)
	defer cancel()
	c := round.Check{Name: "webhook"}
	c.State, c.Says = f.look(ctx)
	return round.Preflight{Checks: []round.Check{c}}, nil
}

func (f Front) look(ctx context.Context) (round.CheckState, string) {
	u, err := url.Parse(f.Public)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return round.CheckFails, "The bot's public address is no http address: `webhook.public` in its configuration, or `alerts: polling`."
	}
	if ip := net.ParseIP(u.Hostname()); !f.Near && (u.Hostname() == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsUnspecified())) {
		return round.CheckFails, "The bot's public address is one that only its own network knows, so no alert would come: `webhook.public` in its configuration, or `alerts: polling`."
	}
	const mend = " Look at `webhook.public`, at the proxy before it and at the firewall, or set `alerts: polling`."
	nonce := newNonce()
	got, status, err := fetch(ctx, strings.TrimSuffix(f.Public, "/")+echoPath+"?nonce="+nonce)
	switch {
	case err != nil:
		return round.CheckWarns, "The bot does not reach itself at its public address, so alerts may not either." + mend + " Some networks only do not lead back inside."
	case status >= 300 && status < 400:
		return round.CheckFails, "The bot's public address redirects, and a redirect loses alerts." + mend
	case status != http.StatusOK || !hmac.Equal([]byte(got), []byte(echo(f.Key, nonce))):
		return round.CheckFails, fmt.Sprintf("Something else answers at the bot's public address (HTTP %d).", status) + mend
	case u.Scheme == "http" && !f.Near:
		return round.CheckWarns, "Alerts reach the bot, but without TLS: the round's token can be read on the way. Put https before it."
	}
	return round.CheckOK, "Alerts reach the bot."
}

// fetch gets a short text, by no proxy and following no redirect.
func fetch(ctx context.Context, url string) (text string, status int, err error) {
	wire := http.DefaultTransport.(*http.Transport).Clone()
	wire.Proxy, wire.DisableKeepAlives = nil, true
	client := &http.Client{Transport: wire, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", 0, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	return string(raw), resp.StatusCode, err
}

func newNonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Asking says, before a provision, that the bot polls. It implements round.Scout.
type Asking struct{ Every time.Duration }

var _ round.Scout = Asking{}

// Look looks at nothing: there is nothing yet that could be asked.
func (a Asking) Look(context.Context, round.Spec, round.Person) (round.Preflight, error) {
	return round.Preflight{Checks: []round.Check{{Name: "alerts", State: round.CheckOK,
		Says: fmt.Sprintf("The bot asks Alertmanager every %s, and needs no public address.", round.Spell(a.Every))}}}, nil
}
