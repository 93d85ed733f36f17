package gateway

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// maxSkew is how far a caller's clock may be off, as on AWS.
const maxSkew = 15 * time.Minute

const timeFormat = "20060102T150405Z"

// authorization is the header that carries a signature of version 4.
type authorization struct {
	keyID, date, region, service string
	signed                       []string // the names of the headers that it covers
	signature                    string
}

var errMissingAuth = &apiError{http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token"}

// parseAuthorization reads the header. Signatures in the query string
// (presigned addresses) are refused.
func parseAuthorization(h string) (authorization, error) {
	var a authorization
	fields, ok := strings.CutPrefix(h, "AWS4-HMAC-SHA256 ")
	if !ok {
		return a, errMissingAuth
	}
	for field := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Credential":
			scope := strings.Split(value, "/")
			if len(scope) != 5 || scope[4] != "aws4_request" {
				return a, incomplete("Credential must have exactly 5 slash-delimited elements.")
			}
			a.keyID, a.date, a.region, a.service = scope[0], scope[1], scope[2], scope[3]
		case "SignedHeaders":
			a.signed = strings.Split(value, ";")
		case "Signature":
			a.signature = value
		}
	}
	if a.keyID == "" || a.service == "" || len(a.signed) == 0 || a.signature == "" {
		return a, incomplete("Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.")
	}
	return a, nil
}

func incomplete(say string) error {
	return &apiError{http.StatusForbidden, "IncompleteSignatureException", say}
}

// authenticate finds who signed, by signing again.
func (g *Gateway) authenticate(r *request) error {
	cred, ok := g.keys.get(r.auth.keyID)
	if !ok || !cred.active || r.header.Get("X-Amz-Security-Token") != "" {
		return unknownKey(r.proto)
	}
	when, err := time.Parse(timeFormat, r.header.Get("X-Amz-Date"))
	if err != nil || r.auth.date != when.Format("20060102") {
		return wrongSignature(r.proto, "Date in Credential scope does not match the date of the request.")
	}
	now := g.cfg.Now().UTC()
	if off := now.Sub(when); off > maxSkew || off < -maxSkew {
		return skewed(r.proto, when, now)
	}
	if !r.signedBy(cred.secret, when) {
		return wrongSignature(r.proto, "The request signature we calculated does not match the signature you provided. "+
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	r.caller = cred.caller
	r.caller.keyID = r.auth.keyID
	return nil
}

// signedBy signs the same request with the same headers and compares.
func (r *request) signedBy(secret string, when time.Time) bool {
	sum := sha256.Sum256(r.body)
	payload := hex.EncodeToString(sum[:])
	if said := r.header.Get("X-Amz-Content-Sha256"); said != "" && said != payload {
		if r.signing != "s3" || len(said) == len(payload) {
			return false // the body is not the one that was signed
		}
		payload = said // UNSIGNED-PAYLOAD and the like
	}
	again := &http.Request{Method: r.method, Host: r.host, Header: http.Header{}}
	again.URL = &url.URL{Scheme: "http", Host: r.host, Path: r.url.Path, RawPath: r.url.RawPath, RawQuery: r.url.RawQuery}
	var host, date bool
	for _, name := range r.auth.signed {
		switch name {
		case "host":
			host = true
		case "content-length":
			again.ContentLength = int64(len(r.body))
		default:
			date = date || name == "x-amz-date"
			key := http.CanonicalHeaderKey(name)
			if v, ok := r.header[key]; ok {
				again.Header[key] = v
			}
		}
	}
	if !host || !date {
		return false
	}
	// A new signer each time: a shared one remembers derived keys by their id
	// and would go on with an old secret.
	err := v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: r.auth.keyID, SecretAccessKey: secret},
		again, payload, r.auth.service, r.auth.region, when, func(o *v4.SignerOptions) {
			o.DisableURIPathEscaping = r.signing == "s3"
		})
	if err != nil {
		return false
	}
	mine, err := parseAuthorization(again.Header.Get("Authorization"))
	return err == nil && subtle.ConstantTimeCompare([]byte(mine.signature), []byte(r.auth.signature)) == 1
}

func unknownKey(p protocol) error {
	switch p {
	case ec2Query:
		return &apiError{http.StatusUnauthorized, "AuthFailure", "AWS was not able to validate the provided access credentials"}
	case query:
		return &apiError{http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid."}
	case restXML:
		return &apiError{http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."}
	case restJSON:
		return &apiError{http.StatusForbidden, "UnrecognizedClientException", "The security token included in the request is invalid."}
	}
	return badRequest("UnrecognizedClientException", "The security token included in the request is invalid.")
}

func wrongSignature(p protocol, say string) error {
	switch p {
	case ec2Query:
		return &apiError{http.StatusUnauthorized, "AuthFailure", "AWS was not able to validate the provided access credentials"}
	case query, restXML:
		return &apiError{http.StatusForbidden, "SignatureDoesNotMatch", say}
	case restJSON:
		return &apiError{http.StatusForbidden, "InvalidSignatureException", say}
	}
	return badRequest("InvalidSignatureException", "%s", say)
}

func skewed(p protocol, when, now time.Time) error {
	switch p {
	case ec2Query:
		return badRequest("RequestExpired", "Request has expired.")
	case restXML:
		return &apiError{http.StatusForbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."}
	}
	if when.Before(now) {
		return wrongSignature(p, "Signature expired: "+when.Format(timeFormat)+" is now earlier than "+
			now.Add(-maxSkew).Format(timeFormat)+" ("+now.Format(timeFormat)+" - 15 min.)")
	}
	return wrongSignature(p, "Signature not yet current: "+when.Format(timeFormat)+" is still later than "+
		now.Add(maxSkew).Format(timeFormat)+" ("+now.Format(timeFormat)+" + 15 min.)")
}
