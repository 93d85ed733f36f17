package localdiscord

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
)

const (
	maxRequest     = 25 << 20 // bytes, Discord's limit for a request
	maxFile        = 10 << 20 // bytes, for a guild without boosts
	maxAttachments = 10
)

// optional tells a field that is absent (keep) from one that is null (clear).
type optional[T any] struct {
	Set   bool
	Value T
}

// UnmarshalJSON is called for null too, which leaves the zero value.
func (o *optional[T]) UnmarshalJSON(b []byte) error {
	o.Set = true
	return json.Unmarshal(b, &o.Value)
}

// payload is the body with which a message is created or edited.
type payload struct {
	Content          optional[string]          `json:"content"`
	Embeds           optional[[]Embed]         `json:"embeds"`
	Components       optional[[]Component]     `json:"components"`
	Attachments      optional[[]attachmentRef] `json:"attachments"`
	Flags            optional[int]             `json:"flags"`
	AllowedMentions  *allowedMentions          `json:"allowed_mentions"`
	MessageReference *MessageReference         `json:"message_reference"`
	Nonce            any                       `json:"nonce"`
	EnforceNonce     bool                      `json:"enforce_nonce"`
	Choices          []Choice                  `json:"choices"` // autocomplete only

	files []upload
}

// attachmentRef keeps an attachment on edit, or describes files[ID].
type attachmentRef struct {
	ID          json.RawMessage `json:"id"`
	Filename    string          `json:"filename"`
	Description string          `json:"description"`
}

func (a attachmentRef) id() string { return strings.Trim(string(a.ID), `"`) }

// upload is one files[n] part.
type upload struct {
	n           int
	name        string
	contentType string
	data        []byte
}

// readBody decodes JSON, or the payload_json part of a multipart body, into v
// and returns the files that came with it.
func readBody(r *http.Request, v any) ([]upload, error) {
	body := http.MaxBytesReader(nil, r.Body, maxRequest)
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		b, err := io.ReadAll(body)
		if err != nil {
			return nil, fmt.Errorf("read request: %w", err)
		}
		return nil, decode(b, v)
	}
	var files []upload
	form := multipart.NewReader(body, params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read multipart request: %w", err)
		}
		b, err := io.ReadAll(part)
		if err != nil {
			return nil, fmt.Errorf("read part %s: %w", part.FormName(), err)
		}
		if part.FormName() == "payload_json" {
			if err := decode(b, v); err != nil {
				return nil, err
			}
			continue
		}
		n, ok := fileNumber(part.FormName())
		if !ok || part.FileName() == "" {
			continue
		}
		if len(b) > maxFile {
			return nil, errTooLarge
		}
		if len(files) == maxAttachments {
			return nil, errTooManyAttachments
		}
		files = append(files, upload{n: n, name: part.FileName(), contentType: part.Header.Get("Content-Type"), data: b})
	}
}

// fileNumber reads n out of "files[n]".
func fileNumber(name string) (int, bool) {
	inner, ok := strings.CutPrefix(name, "files[")
	if !ok {
		return 0, false
	}
	inner, ok = strings.CutSuffix(inner, "]")
	n, err := strconv.Atoi(inner)
	return n, ok && err == nil
}

func decode(b []byte, v any) error {
	if len(b) == 0 {
		return nil
	}
	err := json.Unmarshal(b, v)
	if bad, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		var f form
		f.add(bad.Field, "BASE_TYPE_INVALID", "Could not interpret %q as %s.", bad.Value, bad.Type)
		return f.err()
	}
	if err != nil {
		return errInvalidJSON
	}
	return nil
}

// check trims and validates what the body sets. Whether the message is empty
// can only be told after an edit has been merged: see Message.empty.
func (p *payload) check() error {
	var f form
	p.Content.Value = strings.TrimSpace(p.Content.Value)
	f.maxLength("content", p.Content.Value, 2000)
	checkEmbeds(&f, p.Embeds.Value)
	checkComponents(&f, p.Components.Value)
	p.AllowedMentions.check(&f)
	if n, ok := p.Nonce.(string); ok {
		f.maxLength("nonce", n, 25)
	}
	if p.Flags.Value&FlagComponentsV2 != 0 {
		f.add("flags", "BASE_TYPE_INVALID", "This server knows classic messages only, not Components V2.")
	}
	return f.err()
}

// nonceKey is the nonce as text, whether it came as a string or a number.
func (p *payload) nonceKey() string {
	switch n := p.Nonce.(type) {
	case string:
		return n
	case float64:
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return ""
}

// readPayload reads a message that a request brings, with its files, and checks
// it against Discord's limits.
func readPayload(r *http.Request) (payload, error) {
	var p payload
	files, err := readBody(r, &p)
	if err != nil {
		return p, err
	}
	p.files = files
	return p, p.check()
}
