package referee

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/santhosh-tekuri/jsonschema/v6"
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
		return nil, fmt.Errorf("Discord describes no such operation: %w", err)
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

// bodyOf gives the JSON of a body. Discord describes a form with a field for
// each property; libraries send the one field payload_json, and it is that
// which Discord documents.
func bodyOf(contentType string, body []byte, described openapi3.Content) (text []byte, files []file, err error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || described.Get(kind) == nil {
		return nil, nil, fmt.Errorf("content type %q is not described", contentType)
	}
	if kind != "multipart/form-data" {
		return body, nil, nil
	}
	for form := multipart.NewReader(bytes.NewReader(body), params["boundary"]); ; {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read the form: %w", err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, nil, fmt.Errorf("read the form: %w", err)
		}
		if part.FormName() == "payload_json" {
			text = content
		} else {
			files = append(files, file{part.FormName(), part.FileName(), len(content)})
		}
	}
	if text == nil {
		return nil, nil, errors.New("the form has no payload_json")
	}
	return text, files, nil
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

// fits decodes a body and compares it with the schema at that place: of the
// operation, or, if it begins with "", of the document.
func (o *operation) fits(text []byte, at ...string) (any, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if at[0] != "" {
		at = append([]string{"", "paths", o.route.Path, strings.ToLower(o.route.Method)}, at...)
	}
	at = append(slices.Clone(at), "content", "application/json", "schema")
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	for i := range at {
		at[i] = url.PathEscape(escape.Replace(at[i]))
	}
	o.mu.Lock()
	schema, err := o.compiler.Compile(resource + "#" + strings.Join(at, "/"))
	o.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return value, flat(schema.Validate(value))
}

// flat lists the reasons, those deepest in the body first: where one of several
// schemas will do, each of the others complains about the top.
func flat(err error) error {
	bad, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return err
	}
	var reasons []string
	for _, line := range strings.Split(bad.Error(), "\n")[1:] {
		line = strings.TrimLeft(line, " -")
		if !strings.Contains(line, "failed") && !slices.Contains(reasons, line) {
			reasons = append(reasons, line)
		}
	}
	slices.SortStableFunc(reasons, func(a, b string) int { return strings.Count(b, "/") - strings.Count(a, "/") })
	return short(errors.New(strings.Join(reasons, "; ")))
}

// short cuts an error that quotes a whole schema.
func short(err error) error {
	text, _, _ := strings.Cut(err.Error(), "\nSchema:")
	if len(text) > 600 {
		text = text[:600] + " …"
	}
	return errors.New(text)
}

// code is the number in a refusal.
func code(body []byte) int {
	var refusal struct {
		Code int `json:"code"`
	}
	_ = json.Unmarshal(body, &refusal) // not JSON: judged elsewhere
	return refusal.Code
}
