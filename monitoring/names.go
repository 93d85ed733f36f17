package monitoring

import (
	"fmt"
	"log/slog"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// AlertNames lists the alerts that the rules raise.
func AlertNames() ([]string, error) {
	raw, err := Rules(Rehearsal(), Facts{Round: "R1", RunbookBase: "https://example.org/runbooks"})
	if err != nil {
		return nil, err
	}
	groups, errs := rulefmt.Parse(raw, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		return nil, fmt.Errorf("read the rules: %w", errs[0])
	}
	var names []string
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			if r.Alert != "" {
				names = append(names, r.Alert)
			}
		}
	}
	return names, nil
}

// CheckQuery refuses what Prometheus would not evaluate to one value: text that
// is no PromQL, and a range.
func CheckQuery(query string) error {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(query)
	if err != nil {
		return fmt.Errorf("it is no PromQL: %w", err)
	}
	if t := expr.Type(); t != parser.ValueTypeVector && t != parser.ValueTypeScalar {
		return fmt.Errorf("it gives a %s, not a value", t)
	}
	return nil
}
