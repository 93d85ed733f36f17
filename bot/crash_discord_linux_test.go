package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
)

// front stands before Discord. The bot dies before a call was heard, or after
// it was obeyed and before the bot knows.
func (c *crasher) front(discord http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/") {
			discord.ServeHTTP(w, r) // people, and the gateway
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // it died in the middle of a word
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		p := point{family: "Discord", when: "before", label: c.call(r, body)}
		gone := func(when string) {
			p.when = when
			if r.Context().Err() != nil || c.hit(p, 0) {
				panic(http.ErrAbortHandler)
			}
		}
		gone("before")
		answer := httptest.NewRecorder()
		discord.ServeHTTP(answer, r)
		gone("after")
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // the bot has gone: nothing to do for it
	})
}

var (
	apiVersion = regexp.MustCompile(`^/api/v[0-9]+`)
	ids        = regexp.MustCompile(`/[0-9]{6,}`)
	tokens     = regexp.MustCompile(`/local\.[A-Z0-9]+`)
	nonces     = regexp.MustCompile(`"nonce":"([0-9a-z]+)-[0-9a-z]+-([a-z0-9]+)"`)
)

// call names a request: its route, and what it is about.
func (c *crasher) call(r *http.Request, body []byte) string {
	route := r.Method + " " + tokens.ReplaceAllString(ids.ReplaceAllString(apiVersion.ReplaceAllString(r.URL.Path, ""), "/:id"), "/:token")
	switch {
	case strings.Contains(route, ":token"):
		c.mu.Lock()
		defer c.mu.Unlock()
		return route + " of " + c.typing
	case r.Method == http.MethodPatch:
		return route + " of " + cardOf(body)
	}
	if m := nonces.FindSubmatch(body); m != nil {
		if seq, err := strconv.ParseUint(string(m[1]), 36, 64); err == nil {
			return route + " of " + c.kindOf(seq) + " " + string(m[2])
		}
	}
	return route
}

// cardOf says which message is edited.
func cardOf(body []byte) string {
	switch {
	case bytes.Contains(body, []byte("ccess to **")):
		return "the access"
	case bytes.Contains(body, []byte(`"embeds":[{`)):
		return "an alert"
	}
	return "the round"
}
