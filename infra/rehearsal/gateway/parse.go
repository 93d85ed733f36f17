package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// maxBody bounds a request: the largest that AWS takes here is a task
// definition, far below it; an S3 object of the rehearsal is smaller too.
const maxBody = 8 << 20

// read turns an HTTP request into a call. The request that it returns is never
// nil, so that an error can be written in the right protocol.
func (g *Gateway) read(w http.ResponseWriter, hr *http.Request) (*request, error) {
	r := &request{
		id:     fmt.Sprintf("cafe0000-0000-4000-8000-%012x", g.serial.Add(1)),
		method: hr.Method, url: hr.URL, host: hr.Host, header: hr.Header.Clone(),
		remote: hr.RemoteAddr, account: g.cfg.Account, region: g.cfg.Region,
	}
	auth, authErr := parseAuthorization(hr.Header.Get("Authorization"))
	if authErr == nil {
		r.auth, r.signing, r.region = auth, auth.service, auth.region
	}
	r.service = r.signing
	if p, ok := prefixes[r.signing]; ok {
		r.service = p
	}
	r.proto = protocolOf(r.signing, hr.Header)
	// moto's own interface would let anybody reset the world or turn its
	// checks off. Nothing unsigned passes either.
	if p := path.Clean("/" + hr.URL.Path); strings.HasPrefix(p, "/moto-api") {
		return r, &apiError{http.StatusNotFound, "UnknownOperationException", "There is no such operation."}
	}
	if authErr != nil {
		return r, authErr
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, hr.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return r, &apiError{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request is larger than this endpoint takes."}
	}
	if err != nil {
		return r, fmt.Errorf("read the request: %w", err)
	}
	r.body = body
	return r, r.parse()
}

// parse finds the action and its parameters.
func (r *request) parse() error {
	if err := r.checkShape(); err != nil {
		return err
	}
	switch r.proto {
	case ec2Query, query:
		return r.parseForm()
	case jsonRPC, jsonQuery:
		r.action = last(r.header.Get("X-Amz-Target"), ".")
		return r.parseJSON()
	case restJSON:
		if err := r.parseJSON(); err != nil {
			return err
		}
		r.parsePath()
	default:
		r.params = map[string]any{}
		if r.service == "s3" {
			r.parseS3()
		} else {
			r.parsePath()
		}
	}
	return nil
}

func (r *request) parseForm() error {
	form, err := url.ParseQuery(string(r.body))
	if err != nil {
		return &apiError{http.StatusBadRequest, "MalformedQueryString", "The query string contains a syntax error."}
	}
	for k, v := range r.url.Query() { // the query protocols may also be called by GET
		form[k] = append(form[k], v...)
	}
	for name, values := range form {
		if len(values) > 1 {
			return badRequest("MalformedQueryString", "The parameter %s appears twice.", name)
		}
	}
	r.form, r.params = form, nest(form, r.service)
	r.action = form.Get("Action")
	if r.action == "" {
		return badRequest("MissingAction", "The request must name an action.")
	}
	return nil
}

func (r *request) parseJSON() error {
	r.params = map[string]any{}
	if len(bytes.TrimSpace(r.body)) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(r.body))
	dec.UseNumber() // a long number must reach moto as it came
	if err := dec.Decode(&r.params); err != nil {
		return &apiError{http.StatusBadRequest, "SerializationException", "The request is not a JSON object."}
	}
	return nil
}
