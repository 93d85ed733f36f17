package referee

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// operation is one route of the description, and a request that takes it.
type operation struct {
	*rules
	route *routers.Route
	input *openapi3filter.RequestValidationInput
}

func (r *rules) find(req *http.Request, path string) (*operation, error) {
	req = req.Clone(req.Context())
	req.URL = &url.URL{Path: path, RawQuery: req.URL.RawQuery}
	route, params, err := r.router.FindRoute(req)
	if err != nil {
		return nil, fmt.Errorf("no such operation is described: %w", err)
	}
	return &operation{r, route, &openapi3filter.RequestValidationInput{
		Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			ExcludeRequestBody: true, ExcludeResponseBody: true, IncludeResponseStatus: true, AuthenticationFunc: bearer,
		},
	}}, nil
}

func (o *operation) id() string   { return o.route.Operation.OperationID }
func (o *operation) name() string { return o.route.Method + " " + o.route.Path }

// bearer wants a bot's token where only a token opens the route.
func bearer(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	header := in.RequestValidationInput.Request.Header.Get("Authorization")
	if in.SecuritySchemeName == "BotToken" && strings.HasPrefix(header, "Bot ") {
		return nil
	}
	return in.NewError(errors.New("no bot's token"))
}

// request gives the first reason to reject a request.
func (o *operation) request(req *http.Request, body []byte) error {
	if err := openapi3filter.ValidateRequest(req.Context(), o.input); err != nil {
		return short(err)
	}
	described := o.route.Operation.RequestBody
	switch {
	case described == nil && len(body) > 0:
		return errors.New("a body is sent where none is described")
	case described == nil:
		return nil
	case len(body) == 0 && described.Value.Required:
		return errors.New("a body is required")
	case len(body) == 0:
		return nil
	}
	text, files, err := bodyOf(req.Header.Get("Content-Type"), body, described.Value.Content)
	if err != nil {
		return err
	}
	value, err := o.fits(text, "requestBody")
	if err != nil {
		return err
	}
	return limits(o.id(), value, files)
}

// answer gives the first reason to reject an answer.
func (o *operation) answer(a *answer) error {
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: o.input, Status: a.status, Header: a.header, Options: o.input.Options,
	}
	if err := openapi3filter.ValidateResponse(context.Background(), in); err != nil {
		return short(err)
	}
	status := strconv.Itoa(a.status)
	all := o.route.Operation.Responses
	if all.Value(status) == nil {
		status = status[:1] + "XX"
	}
	described := all.Value(status)
	if described == nil {
		return fmt.Errorf("status %d is not described", a.status)
	}
	if len(described.Value.Content) == 0 {
		if a.body.Len() > 0 {
			return fmt.Errorf("status %d has a body", a.status)
		}
		return nil
	}
	if kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type")); kind != "application/json" {
		return fmt.Errorf("content type %q of an answer", a.header.Get("Content-Type"))
	}
	at := []string{"responses", status}
	if described.Ref != "" {
		at = strings.Split(strings.TrimPrefix(described.Ref, "#"), "/")
	}
	_, err := o.fits(a.body.Bytes(), at...)
	return err
}
