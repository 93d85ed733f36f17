package commands

import (
	"context"
	"net/url"
	"strings"
)

// pressRunbook says where an alert's runbook is. Its address says where the stack
// is, so it cannot stand in the page, which viewers read too.
var pressRunbook = Press{Verb: "runbook", Who: players, Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
	s, err := r.Status(ctx, c.Caller)
	if err != nil {
		return Reply{}, err
	}
	if s.Outputs.Runbooks == "" {
		return Tell("No stack is there now, so its runbooks are nowhere."), nil
	}
	return Tell("The runbook of **%s**: <%s/%s>\nIt asks for the login that was shown with the keys.",
		Neutral(c.Arg), strings.TrimSuffix(s.Outputs.Runbooks, "/"), url.PathEscape(c.Arg)), nil
}}

// RunbookButton says where the runbook of an alert is, to those who take part. An
// alert whose name is too long for a button has none.
func RunbookButton(alert string) []Button {
	b := Button{Label: "Runbook", ID: pressRunbook.Verb + ":" + alert}
	if Cut(b.ID, buttonLimit) != b.ID {
		return nil
	}
	return []Button{b}
}
