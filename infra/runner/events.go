package runner

import (
	"bytes"
	"encoding/json"
	"strings"
)

// event is a line of the stream in which Terraform says what it does, as far as
// somebody here wants to know it.
type event struct {
	Type       string      `json:"type"`
	Change     change      `json:"change"`
	Hook       change      `json:"hook"`
	Diagnostic *diagnostic `json:"diagnostic"`
}

// change is something that is planned, begun or done to a resource.
type change struct {
	Resource struct {
		Address string `json:"addr"`
		Module  string `json:"module"`
		Type    string `json:"resource_type"`
	} `json:"resource"`
	Action string `json:"action"`
}

// diagnostic is what Terraform has to complain of. Its detail may quote values;
// only what is wrong with a lock is read there.
type diagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Address  string `json:"address"`
	Range    *struct {
		File string `json:"filename"`
	} `json:"range"`
	Snippet *struct {
		Context string `json:"context"` // the block: variable "round"
	} `json:"snippet"`
}

// The types of events that are listened for.
const (
	planned   = "planned_change"
	begun     = "apply_start"
	completed = "apply_complete"
	errored   = "apply_errored"
	complaint = "diagnostic"
)

// parts is how many things a planned change does.
func (c change) parts() int {
	switch c.Action {
	case "create", "update", "delete":
		return 1
	case "replace":
		return 2
	}
	return 0 // a read, a move, nothing
}

// stream cuts what Terraform writes into events. A line that is none is passed
// over: the stream only informs.
type stream struct {
	heard func(event)
	rest  []byte
}

func (s *stream) Write(p []byte) (int, error) {
	s.rest = append(s.rest, p...)
	for {
		line, rest, whole := bytes.Cut(s.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		s.rest = rest
		var e event
		if json.Unmarshal(line, &e) == nil && e.Type != "" {
			s.heard(e)
		}
	}
}

// where names what a diagnostic is about, without any value.
func (d diagnostic) where() string {
	switch {
	case d.Address != "":
		return d.Address
	case d.Snippet != nil && d.Snippet.Context != "":
		return d.Snippet.Context
	case d.Range != nil:
		return d.Range.File
	}
	return ""
}

// say is the diagnostic as an error has it.
func (d diagnostic) say() string {
	text := strings.Join(strings.Fields(d.Summary), " ")
	if len(text) > 500 {
		text = text[:500] + "..."
	}
	if at := d.where(); at != "" {
		text = at + ": " + text
	}
	return text
}
