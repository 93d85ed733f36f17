package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// request is one call, parsed.
type request struct {
	id      string // ours, shown to the caller
	proto   protocol
	signing string // the service's name in the signature
	service string // the service's prefix in IAM
	action  string
	region  string
	account string

	method string
	url    *url.URL
	host   string
	header http.Header
	body   []byte
	remote string // the caller's address

	form   url.Values     // query protocols
	params map[string]any // all protocols: nested, lists as []any, leaves as JSON gives them

	auth      authorization
	caller    principal // after authenticate
	resources []string  // after authorise
	encrypted bool      // a launch template asks for an encrypted volume
}

// name is the call as policies write it: "ec2:StopInstances".
func (r *request) name() string { return r.service + ":" + r.action }

// str is a parameter's text, or empty. Path segments are named one by one.
func (r *request) str(path ...string) string { return text(dig(r.params, path...)) }

// list is a parameter's texts: a list's, or a single one as a list of one.
func (r *request) list(path ...string) []string {
	var out []string
	for _, v := range items(dig(r.params, path...)) {
		if s := text(v); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// setJSON replaces the body. The signature does not fit any more, which moto
// does not check.
func (r *request) setJSON(params map[string]any) error {
	b, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("write the parameters of %s: %w", r.name(), err)
	}
	r.params, r.body = params, b
	return nil
}

// arn names a thing of the caller's account and region.
func (r *request) arn(service, rest string) string {
	return "arn:aws:" + service + ":" + r.region + ":" + r.account + ":" + rest
}

func dig(v any, path ...string) any {
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

func items(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	}
	return ""
}

// last is what follows the last separator: the name in an ARN or a path.
func last(s, sep string) string { return s[strings.LastIndex(s, sep)+1:] }
