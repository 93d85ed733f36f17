package scenarios

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

var (
	idForm   = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	callForm = regexp.MustCompile(`^[a-z0-9]+:[A-Z][A-Za-z]+$`)
)

// check applies the rules that a scenario has to keep beyond its form.
func (f file) check() error {
	var wrong []error
	want := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	want(idForm.MatchString(f.ID), "id %q is not lower case words with hyphens", f.ID)
	for name, text := range map[string]string{
		"title": f.Title, "briefing": f.Briefing, "hypothesis": f.Hypothesis, "was": f.Was,
	} {
		want(strings.TrimSpace(text) != "", "%s is missing", name)
	}
	_, known := kinds[f.Fault.Kind]
	want(known, "fault kind %q is not in the table", f.Fault.Kind)
	want(len(f.Expect) > 0, "expect names no alert")
	want(len(f.Hints) == 3, "there are %d hints; want three of rising help", len(f.Hints))
	want(len(f.Fixes) >= 2, "there are %d fixes that count; want at least two", len(f.Fixes))
	want(len(f.Wrong) >= 1, "there is no wrong move")
	for _, m := range append(append([]move(nil), f.Fixes...), f.Wrong...) {
		want(idForm.MatchString(m.Name), "move %q is not lower case words with hyphens", m.Name)
		want(m.Says != "", "move %s says nothing", m.Name)
		for _, c := range m.Calls {
			want(callForm.MatchString(c), "move %s: %q is not service:Action", m.Name, c)
		}
	}
	want(len(f.Steady) > 0, "there is no steady state")
	for _, p := range f.Steady {
		want(p.Name != "" && p.Query != "" && p.Say != "", "probe %q lacks its name, query or sentence", p.Name)
		want((p.Above == nil) != (p.Below == nil), "probe %q wants either above or below", p.Name)
	}
	for _, name := range []string{"aws", "rehearsal"} {
		at, ok := f.Pace[name]
		want(ok, "pace %s is missing", name)
		want(!ok || (at.Onset > 0 && at.Limit > 0), "pace %s: onset and limit have to be positive", name)
		want(!ok || at.Hold >= 2*at.Onset, "pace %s: the hold of %s is shorter than twice the onset", name, at.Hold)
		want(!ok || at.Limit >= at.Onset+3*at.Hold+time.Minute, "pace %s: the limit of %s leaves a person no time", name, at.Limit)
	}
	want(len(f.Pace) == 2, "there are %d paces; want aws and rehearsal", len(f.Pace))
	return errors.Join(wrong...)
}
