package discord

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"
)

// nonceLife is how long a nonce is trusted to be remembered. Discord says "the
// past few minutes".
const nonceLife = time.Minute

// post posts a message and returns its id. A try of which nobody knows whether
// it arrived doubles nothing: Discord knows its nonce for some minutes, and
// after that the message is looked for before it is posted once more.
func (r *rest) post(ctx context.Context, channel string, m message, nonce string) (id string, err error) {
	body := m.wire()
	body.Nonce, body.Enforce = nonce, true
	var made struct {
		ID string `json:"id"`
	}
	q := request{method: "POST", url: discordgo.EndpointChannelMessages(channel), body: body, file: m.file}
	var first time.Time // of those tries
	err = r.keepTrying(ctx, routeOf(q.method, pathOf(q.url)), func() error {
		began := time.Now()
		if !first.IsZero() && began.Sub(first) > nonceLife {
			there, err := r.search(ctx, channel, body.Content, first)
			if err != nil || there != "" {
				made.ID = there
				return err
			}
		}
		err := r.send(ctx, q, &made)
		if unclear(err) && first.IsZero() {
			first = began
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("post a message: %w", err)
	}
	r.latest[channel] = made.ID
	return made.ID, nil
}

// unclear reports whether a request that failed may have arrived all the same.
func unclear(err error) bool {
	var no *refused
	var limited *discordgo.RateLimitError
	return err != nil && !errors.As(err, &no) && !errors.As(err, &limited)
}

// search finds a message of ours that was posted since a time, by its words. It
// looks only behind the latest that is known to be posted, so that a sentence
// that was said before is not taken for it. A bot that may not read the channel
// finds nothing: to say it twice is better than not at all.
func (r *rest) search(ctx context.Context, channel, words string, since time.Time) (id string, err error) {
	after := r.latest[channel]
	if after == "" {
		after = snowflake(since.Add(-time.Minute)) // the clocks may differ
	}
	var found []struct {
		ID      string         `json:"id"`
		Content string         `json:"content"`
		Author  discordgo.User `json:"author"`
	}
	query := url.Values{"after": {after}, "limit": {"100"}}
	err = r.send(ctx, request{method: "GET", url: discordgo.EndpointChannelMessages(channel) + "?" + query.Encode()}, &found)
	var no *refused
	switch {
	case errors.As(err, &no):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("look for a message: %w", err)
	}
	for _, m := range found {
		// Discord trims what it is given.
		if m.Author.Bot && strings.TrimSpace(m.Content) == strings.TrimSpace(words) {
			return m.ID, nil
		}
	}
	return "", nil
}

// discordEpoch is where Discord's ids begin to count: 2015, in milliseconds.
const discordEpoch = 1420070400000

// snowflake is the smallest id of a moment.
func snowflake(t time.Time) string {
	return strconv.FormatInt(max(0, t.UnixMilli()-discordEpoch)<<22, 10)
}
