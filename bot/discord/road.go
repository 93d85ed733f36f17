package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// apiHost is where discordgo sends every request.
const apiHost = "discord.com"

// newClient makes the HTTP client of the session. It follows no redirect, since
// each request carries the token.
func newClient(base *url.URL, known *limits, gone <-chan struct{}) *http.Client {
	next := http.DefaultTransport.(*http.Transport).Clone()
	// Discord speaks HTTP/2, where one connection carries every request. Without
	// these pings one that is half-open would take each of them with it, until
	// the kernel gives it up after a quarter of an hour.
	next.HTTP2 = &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second, WriteByteTimeout: 10 * time.Second}
	if base != nil {
		next.Proxy = nil
	}
	return &http.Client{
		Transport:     &road{base: base, next: next, limits: known, gone: gone},
		Timeout:       20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// road leads requests for Discord to where Discord is, and refuses all others.
// It keeps the rate limits for us and hides them from discordgo, whose own
// limiter sleeps without an end to wait for.
type road struct {
	base   *url.URL // nil: Discord itself
	next   http.RoundTripper
	limits *limits
	gone   <-chan struct{} // closed when the gateway is not wanted any more; may be nil
}

// RoundTrip implements http.RoundTripper.
func (r *road) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" || req.URL.Host != apiHost {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, fmt.Errorf("%s is not Discord; nothing was sent", req.URL.Host)
	}
	key := routeOf(req.Method, req.URL.Path)
	if r.gone != nil && strings.HasSuffix(req.URL.Path, "/gateway") {
		req = r.endable(req)
	}
	if r.base != nil {
		req = req.Clone(req.Context())
		req.URL.Scheme, req.URL.Host, req.Host = r.base.Scheme, r.base.Host, ""
	}
	resp, err := r.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		if err := readable(resp); err != nil {
			return nil, err
		}
	}
	r.limits.learn(key, resp)
	for name := range resp.Header {
		if strings.HasPrefix(name, "X-Ratelimit-") {
			delete(resp.Header, name)
		}
	}
	return resp, nil
}

// endable lets a request end with the bot. discordgo asks where the gateway is
// without a context, holding its lock.
func (r *road) endable(req *http.Request) *http.Request {
	ctx, cancel := context.WithCancel(req.Context())
	go func() { // ends with the client's timeout at the latest
		defer cancel()
		select {
		case <-r.gone:
		case <-ctx.Done():
		}
	}()
	return req.WithContext(ctx)
}

// readable makes sure that a 429 says in JSON when to come back. One that comes
// from the network in front of Discord is a page of HTML, which discordgo takes
// for a broken answer.
func readable(resp *http.Response) error {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	_ = resp.Body.Close()
	if err != nil {
		return err
	}
	var body struct {
		RetryAfter *float64 `json:"retry_after"`
	}
	if json.Unmarshal(raw, &body) != nil || body.RetryAfter == nil {
		after := seconds(resp.Header.Get("Retry-After"), 5*time.Second)
		raw = fmt.Appendf(nil, `{"message":"rate limited","retry_after":%g}`, after.Seconds())
	}
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	resp.ContentLength = int64(len(raw))
	return nil
}

// routeOf names what a rate limit is for: the method, the path, and its first
// id. The other ids do not count, and a token never appears in it.
func routeOf(method, path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	ids := 0
	for i, p := range parts {
		switch {
		case i > 0 && parts[0] == "api" && ids > 0 && (parts[2] == "interactions" || parts[2] == "webhooks") && i >= 4:
			parts[i] = ":token"
		case p != "" && strings.Trim(p, "0123456789") == "":
			if ids++; ids > 1 {
				parts[i] = ":id"
			}
		}
	}
	return method + " /" + strings.Join(parts, "/")
}
