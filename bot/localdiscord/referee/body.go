package referee

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// file is a part of a form.
type file struct {
	field, name string
	size        int
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
