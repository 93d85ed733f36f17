package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// document is an IAM policy.
type document struct {
	Statement statements
}

type statements []statement

type statement struct {
	Sid         string
	Effect      string
	Action      texts
	NotAction   texts
	Resource    texts
	NotResource texts
	// Condition maps an operator to keys and the values they are compared with.
	Condition map[string]map[string]texts
}

// texts is what IAM writes as one value or as a list of them.
type texts []string

func parsePolicy(raw []byte) (document, error) {
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		return d, fmt.Errorf("read a policy: %w", err)
	}
	return d, nil
}

func (s *statements) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		*s = make(statements, 1)
		return json.Unmarshal(raw, &(*s)[0])
	}
	return json.Unmarshal(raw, (*[]statement)(s))
}

func (t *texts) UnmarshalJSON(raw []byte) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return err
	}
	*t = nil
	for _, e := range items(v) {
		switch e.(type) {
		case string, bool, json.Number:
			*t = append(*t, text(e))
		default:
			return fmt.Errorf("want a text or a list of texts, have %s", raw)
		}
	}
	return nil
}
