package gateway

import (
	"net/http"
	"strings"
	"testing"
)

// TestAQueryRenamesNoCall: only where operations share a path does the query say
// which it is, and then exactly one value of it.
func TestAQueryRenamesNoCall(t *testing.T) {
	w := newWorld(t)
	untags, _ := w.user("/", "who-may-untag", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["eks:UntagResource","cloudfront:UntagResource"],"Resource":"*"}}`)
	const path = "/2020-05-31/tagging"
	arn := "arn:aws:cloudfront::" + account + ":distribution/E1"
	for name, c := range map[string]struct {
		call
		asks string // the right that is missing; none: it is there
	}{
		"a deletion":      {call{service: "eks", method: "DELETE", path: "/clusters/x", query: "Operation=Untag"}, "eks:DeleteCluster"},
		"a tag":           {call{service: "cloudfront", method: "POST", path: path, query: "Operation=Tag&Resource=" + arn}, "cloudfront:TagResource"},
		"neither":         {call{service: "cloudfront", method: "POST", path: path, query: "Resource=" + arn}, "cloudfront:Unknown"},
		"both":            {call{service: "cloudfront", method: "POST", path: path, query: "Operation=Untag&Operation=Tag&Resource=" + arn}, "cloudfront:Unknown"},
		"what is allowed": {call{service: "cloudfront", method: "POST", path: path, query: "Operation=Untag&Resource=" + arn}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := w.send(t, untags, c.call)
			if denied := status == http.StatusForbidden; denied != (c.asks != "") || !strings.Contains(body, c.asks) {
				t.Errorf("%d %s", status, body)
			}
		})
	}
}
