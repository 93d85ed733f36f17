package gateway

import (
	"net/http"
	"net/url"
	"strings"
)

// What was judged must be what moto does. Its code looks for the action in the
// query string, in a form, in whatever looks like one in the body, and in the
// headers (which of them wins differs from service to service), and reads the
// service off the first words of the signature. So a call does not reach it as
// it came, but in the one form in which all of these say the same.

// canonical is the call as moto gets it.
func (r *request) canonical() (method, uri string, h http.Header, body []byte) {
	h = r.header.Clone()
	for name := range h {
		if strings.HasPrefix(name, "X-Moto-") {
			h.Del(name) // would choose the account
		}
	}
	for _, name := range []string{
		"Action", "Connection", "Accept-Encoding", "Expect", "Content-Length", "Transfer-Encoding", "Te", "Upgrade",
	} {
		h.Del(name)
	}
	if r.signing != "s3" {
		h.Del("Content-Encoding")
	}
	h.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+r.auth.keyID+"/"+r.auth.date+"/"+r.auth.region+"/"+r.auth.service+
		"/aws4_request, SignedHeaders="+strings.Join(r.auth.signed, ";")+", Signature="+r.auth.signature)
	h.Del("X-Amz-Target")
	switch r.proto {
	case ec2Query, query:
		path := "/"
		if r.signing == "sqs" {
			path = r.url.EscapedPath() // its old protocol names the queue there
		}
		h.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		return http.MethodPost, path, h, []byte(r.form.Encode())
	case jsonRPC, jsonQuery:
		h.Set("X-Amz-Target", r.header.Get("X-Amz-Target"))
		return http.MethodPost, "/?Action=" + url.QueryEscape(r.action), h, r.body
	}
	uri = r.url.EscapedPath()
	q := r.url.RawQuery
	if r.signing != "s3" {
		q = strings.TrimPrefix(q+"&via=gateway", "&") // with a query string moto does not read the body as one
	}
	if q != "" {
		uri += "?" + q
	}
	return r.method, uri, h, r.body
}

// checkShape refuses what no SDK sends and what could be read in two ways.
func (r *request) checkShape() error {
	for _, c := range r.signing {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return incomplete("Credential must name a service.")
		}
	}
	if e := r.header.Get("Content-Encoding"); e != "" && r.signing != "s3" {
		return badRequest("UnsupportedContentEncoding", "The request must not be compressed.")
	}
	switch r.proto {
	case jsonRPC, jsonQuery:
		if len(r.header.Values("X-Amz-Target")) != 1 || !strings.HasPrefix(r.header.Get("Content-Type"), "application/x-amz-json-1.") || r.url.RawQuery != "" {
			return badRequest("SerializationException", "The request is not a call of this protocol.")
		}
	case restJSON, restXML:
		if r.url.Query().Has("Action") {
			return badRequest("InvalidAction", "The request names its action in two ways.")
		}
	}
	return nil
}
