package scenarios

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/infra"
)

var (
	idForm   = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	callForm = regexp.MustCompile(`^[a-z0-9]+:[A-Z][A-Za-z]+(\([a-z-]+\))?$`)
)

// check applies the rules that a scenario has to keep beyond its form, before
// anything may run with it. Folder is where it stands.
func (f file) check(folder string) error {
	var wrong []error
	want := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	want(f.ID == folder, "its id is %q; it has to be the folder's name", f.ID)
	want(idForm.MatchString(f.ID), "id %q is not lower case words with hyphens", f.ID)
	for name, text := range map[string]string{
		"title": f.Title, "briefing": f.Briefing, "does": f.Does, "hypothesis": f.Hypothesis,
	} {
		want(strings.TrimSpace(text) != "", "%s is missing", name)
	}
	want(slices.Contains([]string{"easy", "medium", "hard"}, f.Difficulty), "difficulty %q is not easy, medium or hard", f.Difficulty)
	want(f.Cost >= 0 && f.Cost < 10, "cost: %v USD an hour is not what a scenario may cost", f.Cost)
	want(len(f.Expect) > 0, "expect names no alert")
	names := map[string]bool{}
	for _, v := range f.whole() {
		if len(f.Variants) > 0 {
			want(idForm.MatchString(v.Name), "variant %q is not lower case words with hyphens", v.Name)
			want(v.Says != "", "variant %s says nothing", v.Name)
			want(!names[v.Name], "there are two variants %q", v.Name)
			names[v.Name] = true
		}
		v.check(want)
	}
	want(len(f.Variants) != 1, "there is one variant; want none, or at least two")
	want(len(f.Steady) > 0, "there is no steady state")
	for _, p := range f.Steady {
		want(p.Name != "" && p.Query != "" && p.Say != "", "probe %q lacks its name, query or sentence", p.Name)
		want((p.Above == nil) != (p.Below == nil), "probe %q wants either above or below", p.Name)
	}
	paces := []string{paceAWS, paceRehearsal}
	if _, ok := f.Pace[paceAutoplay]; ok {
		paces = append(paces, paceAutoplay)
	}
	for _, name := range paces {
		at, ok := f.Pace[name]
		want(ok, "pace %s is missing", name)
		want(!ok || (at.Onset > 0 && at.Limit > 0), "pace %s: onset and limit have to be positive", name)
		want(!ok || at.Hold >= 2*at.Onset, "pace %s: the hold of %s is shorter than twice the onset", name, at.Hold)
		want(!ok || at.Limit >= at.Onset+3*at.Hold+time.Minute, "pace %s: the limit of %s leaves a person no time", name, at.Limit)
	}
	want(len(f.Pace) == len(paces), "there are %d paces; want aws and rehearsal, and autoplay perhaps", len(f.Pace))
	return errors.Join(wrong...)
}

// check holds what differs between variants against the tables.
func (v variant) check(want func(bool, string, ...any)) {
	of := ""
	if v.Name != "" {
		of = " of the variant " + v.Name
	}
	if _, err := partsOf(kinds, v.Part.Fault.fault()); err != nil {
		want(false, "%w%s", err, of)
	}
	want(strings.TrimSpace(v.Part.Was) != "", "was%s is missing", of)
	want(len(v.Part.Hints) >= 3, "there are %d hints%s; want three or more of rising help", len(v.Part.Hints), of)
	want(len(v.Part.Fixes) >= 2, "there are %d fixes%s that count; want at least two", len(v.Part.Fixes), of)
	want(len(v.Part.Wrong) >= 1, "there is no wrong move%s", of)
	for _, m := range append(append([]move(nil), v.Part.Fixes...), v.Part.Wrong...) {
		want(idForm.MatchString(m.Name), "move %q%s is not lower case words with hyphens", m.Name, of)
		want(m.Says != "", "move %s%s says nothing", m.Name, of)
		for _, c := range m.Calls {
			want(callForm.MatchString(c), "move %s%s: %q is not service:Action, or service:Action(word)", m.Name, of, c)
			_, word, asks := strings.Cut(strings.TrimSuffix(c, ")"), "(")
			want(!asks || slices.Contains(infra.CallWords(), word), "move %s%s: %q is nothing that the audit trail tells of a call: %s", m.Name, of, word, strings.Join(infra.CallWords(), ", "))
		}
	}
}
