package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Address is how alerts come in.
type Address struct {
	Polling bool   // the bot asks, and needs no address
	Listen  string // where it listens for those who call
	Public  string // what they call
	Near    bool   // they are on this machine
}

const mendAddress = "Look at `webhook.public`, at the proxy before the bot and at the firewall."

// Check calls the public address, as far as that can be done from inside. While
// no bot runs it listens in its place for that moment.
func (a Address) Check() Check { return Check{"webhook", a.look} }

func (a Address) look(ctx context.Context) Finding {
	if a.Polling {
		return Well("The bot asks Alertmanager, and needs no public address.")
	}
	u, err := url.Parse(a.Public)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return Finding{Wrong, fmt.Sprintf("%q is no public address.", a.Public), "Set `webhook.public` to how a stack reaches the bot, such as https://bot.example.org."}
	}
	ip := net.ParseIP(u.Hostname())
	if !a.Near && (u.Hostname() == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsUnspecified())) {
		return Finding{Wrong, fmt.Sprintf("%s is known to its own network only: no alert would come from AWS.", a.Public),
			"Set `webhook.public` to an address that the stacks reach."}
	}
	ours := rand.Text()
	stop, err := answer(ctx, a.Listen, ours)
	if err != nil && !errors.Is(err, syscall.EADDRINUSE) {
		return Finding{Wrong, fmt.Sprintf("The bot cannot listen at %s: %s.", a.Listen, last(err)), "Set `webhook.listen` to an address and port of this machine."}
	}
	runs := err != nil // somebody has the port: the bot itself, as a rule
	defer stop()
	return a.judge(ctx, u, ours, runs)
}

// judge calls, and judges what answers.
func (a Address) judge(ctx context.Context, u *url.URL, ours string, runs bool) Finding {
	got, err := call(ctx, strings.TrimSuffix(a.Public, "/")+"/alerts/R1")
	if err != nil {
		return Finding{Warning, fmt.Sprintf("This machine does not reach itself at %s: %s. Alerts may not either; some networks only do not lead back inside.", a.Public, last(err)), mendAddress}
	}
	ok := got.text == ours
	if runs {
		ok = got.status == http.StatusMethodNotAllowed && got.allow == http.MethodPost // as the bot answers a GET
	}
	switch {
	case got.status >= 300 && got.status < 400:
		return Finding{Wrong, fmt.Sprintf("%s redirects, and a redirect loses alerts.", a.Public), mendAddress}
	case !ok && runs:
		return Finding{Wrong, fmt.Sprintf("Something that is no bot answers at %s (HTTP %d), or has taken %s from it.", a.Public, got.status, a.Listen), mendAddress}
	case !ok:
		return Finding{Wrong, fmt.Sprintf("Something else answers at %s (HTTP %d): it does not lead to %s here.", a.Public, got.status, a.Listen), mendAddress}
	case u.Scheme == "http" && !a.Near:
		return Finding{Warning, fmt.Sprintf("%s leads here without TLS: a round's token can be read on the way.", a.Public), "Put a proxy that speaks https before the bot."}
	case a.Near:
		return Well("%s leads here.", a.Public)
	}
	return Well("%s leads here, as seen from here; whether AWS reaches it too cannot be seen from inside.", a.Public)
}

// answer listens, and answers whoever calls with a text. stop is there even when
// it cannot.
func answer(ctx context.Context, at, text string) (stop func(), err error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", at)
	if err != nil {
		return func() {}, err
	}
	s := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, text) // the caller has gone
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }() // ends by Close
	return func() { _ = s.Close(); <-done }, nil
}

type answered struct {
	status      int
	allow, text string
}

// call gets a short text, by no proxy and following no redirect.
func call(ctx context.Context, address string) (answered, error) {
	wire := http.DefaultTransport.(*http.Transport).Clone()
	wire.Proxy, wire.DisableKeepAlives = nil, true
	client := &http.Client{Transport: wire, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answered{}, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return answered{}, err
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	return answered{resp.StatusCode, resp.Header.Get("Allow"), string(raw)}, err
}

// last is the innermost cause, such as "connection refused".
func last(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer in time")
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
