package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"
)

// Codes of Discord's refusals that mean something here.
const (
	codeUnknownMessage     = 10008
	codeUnknownMember      = 10007
	codeUnknownUser        = 10013
	codeUnknownInteraction = 10062
	codeManyEdits          = 30046 // of a message older than an hour
	codeDeadToken          = 50027 // of an interaction, after 15 minutes
	codeAnswered           = 40060
	codeHasThread          = 160004
)

// refused is an answer that will never become a success.
type refused struct {
	status int
	code   int // Discord's; 0 when it gave none
	what   string
}

func (r *refused) Error() string {
	return fmt.Sprintf("Discord refused: HTTP %d, code %d: %s", r.status, r.code, r.what)
}

// refusedWith reports whether err is one of these refusals.
func refusedWith(err error, codes ...int) bool {
	var no *refused
	if !errors.As(err, &no) {
		return false
	}
	for _, code := range codes {
		if no.code == code {
			return true
		}
	}
	return false
}

// request is one REST request.
type request struct {
	method string
	url    string // as discordgo's endpoints give it
	body   any    // sent as JSON; nil: no body
	file   *file
	urgent bool // an answer to an interaction: rate limits of routes do not hold for it
}

// rest sends requests. Unlike discordgo's own methods, every wait of it ends
// with its context, and it decides itself what is tried again.
type rest struct {
	session *discordgo.Session
	limits  *limits
	log     *slog.Logger

	latest map[string]string // by channel, the latest message posted; the announcer's alone
}

// insist sends a request until it succeeds, is refused, or ctx ends. Only
// requests that may arrive twice belong here.
func (r *rest) insist(ctx context.Context, q request, into any) error {
	return r.keepTrying(ctx, routeOf(q.method, pathOf(q.url)), func() error { return r.send(ctx, q, into) })
}

// keepTrying calls try as insist sends a request.
func (r *rest) keepTrying(ctx context.Context, route string, try func() error) error {
	wait := 250 * time.Millisecond
	for tries := 1; ; tries++ {
		err := try()
		var no *refused
		if err == nil || ctx.Err() != nil || errors.As(err, &no) && (no.status != http.StatusUnauthorized || no.code == codeDeadToken) {
			return err
		}
		// A revoked token is nobody's message's fault: wait for a better one.
		// Discord counts such answers, so these tries are rare.
		if no != nil {
			wait = time.Minute
		}
		if tries == 1 || wait >= 30*time.Second {
			r.log.Warn("Discord does not take a request; trying again", "route", route, "tries", tries, "err", err)
		}
		var limited *discordgo.RateLimitError
		if errors.As(err, &limited) {
			continue // limits knows how long, and send waits for it
		}
		if err := sleep(ctx, wait+rand.N(wait/4+1)); err != nil {
			return err
		}
		wait = min(2*wait, 30*time.Second)
	}
}

// send sends a request once, and waits for the rate limits before.
func (r *rest) send(ctx context.Context, q request, into any) error {
	route := routeOf(q.method, pathOf(q.url))
	if !q.urgent {
		if err := r.limits.wait(ctx, route); err != nil {
			return err
		}
	}
	contentType, body, err := encode(q)
	if err != nil {
		return fmt.Errorf("encode %s: %w", route, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	bucket := new(discordgo.Bucket) // a fresh one never waits, and none is kept
	bucket.Lock()
	raw, err := r.session.RequestWithLockedBucket(q.method, q.url, contentType, body, bucket, 0, discordgo.WithContext(ctx))
	if err != nil {
		return explain(route, err)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("read the answer to %s: %w", route, err)
	}
	return nil
}

func encode(q request) (contentType string, body []byte, err error) {
	switch {
	case q.file != nil:
		attached := &discordgo.File{Name: q.file.name, ContentType: "text/markdown; charset=utf-8", Reader: strings.NewReader(q.file.body)}
		return discordgo.MultipartBodyWithJSON(q.body, []*discordgo.File{attached})
	case q.body != nil:
		body, err = json.Marshal(q.body)
	}
	return "application/json", body, err
}

// explain sorts an error of discordgo's, and takes the URL out of it: that of
// an interaction holds its token.
func explain(route string, err error) error {
	var (
		answer *discordgo.RESTError
		broken *url.Error
	)
	switch {
	case errors.As(err, &answer):
		status := answer.Response.StatusCode
		what, code := cutText(string(answer.ResponseBody), 300), 0
		if answer.Message != nil {
			code = answer.Message.Code
		}
		if status >= 400 && status < 500 && status != http.StatusRequestTimeout {
			return fmt.Errorf("%s: %w", route, &refused{status, code, what})
		}
		return fmt.Errorf("%s: HTTP %d: %s", route, status, what)
	case errors.As(err, &broken):
		return fmt.Errorf("%s: %w", route, broken.Err)
	}
	var limited *discordgo.RateLimitError
	if errors.As(err, &limited) {
		limited.URL = route
	}
	return fmt.Errorf("%s: %w", route, err)
}

func pathOf(endpoint string) string {
	_, rest, _ := strings.Cut(endpoint, apiHost)
	path, _, _ := strings.Cut(rest, "?")
	return path
}

func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}
