package scenarios

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/chaotic-good/scenarios/monitoring"
)

// Linted is what Lint found about one scenario.
type Linted struct {
	ID       string
	Ways     int // variants, or 1
	Fixes    int
	Wrong    int
	Findings []string
}

// Lint checks every scenario of files, as Load does and beyond: what a person
// would read, and what the rest of the program has to know of it. An id that is
// not empty leaves only that folder.
func Lint(files fs.FS, id string) ([]Linted, error) {
	paths, err := fs.Glob(files, "*/scenario.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the scenarios: %w", err)
	}
	common, err := steady(files)
	if err != nil {
		return nil, err
	}
	alerts, err := monitoring.AlertNames()
	if err != nil {
		return nil, err
	}
	var all []Linted
	var first file
	for _, p := range paths {
		l, f := lint(files, p, common, alerts)
		if first.Pace == nil {
			first = f
		}
		l.sameLimits(f, first)
		if id == "" || id == l.ID {
			all = append(all, l)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there is no scenario %s", strings.TrimSpace(id+" here"))
	}
	return all, nil
}

// sameLimits wants one time limit for all: it is shown to everybody as soon as an
// incident begins, and another one would tell which it is.
func (l *Linted) sameLimits(f, other file) {
	for _, name := range []string{paceAWS, paceRehearsal} {
		if a, b := f.Pace[name].Limit, other.Pace[name].Limit; f.Pace != nil && a != b {
			l.Findings = append(l.Findings, fmt.Sprintf("its limit at the pace %s is %s, and that of %s %s: the time that is shown would tell which it is", name, a, other.ID, b))
		}
	}
}

func lint(files fs.FS, p string, common []probe, alerts []string) (Linted, file) {
	l := Linted{ID: path.Dir(p)}
	want := func(ok bool, format string, args ...any) {
		if !ok {
			l.Findings = append(l.Findings, fmt.Sprintf(format, args...))
		}
	}
	f, debrief, err := read(files, p, common)
	if err != nil {
		want(false, "%v", err)
		return l, f
	}
	for _, err := range unjoin(f.check(l.ID)) {
		want(false, "%v", err)
	}
	for _, profile := range []monitoring.Profile{monitoring.AWS(), monitoring.Rehearsal()} {
		for _, probe := range f.Steady {
			err := monitoring.CheckQuery(monitoring.Expand(probe.Query, profile))
			want(err == nil, "probe %q at the pace %s: %v", probe.Name, profile.Name, err)
		}
	}
	for _, name := range f.Expect {
		want(slices.Contains(alerts, name), "it expects %s, which no rule raises; there are %s", name, strings.Join(alerts, ", "))
	}
	want(runes(f.Briefing) <= 600, "the briefing has %d characters; a page is read in a hurry, want at most 600", runes(f.Briefing))
	want(runes(f.Does) <= 600, "does has %d characters; /inject shows 600", runes(f.Does))
	want(runes(f.Hypothesis) <= 600, "the hypothesis has %d characters; /inject shows 600", runes(f.Hypothesis))
	f.lintDebrief(debrief, want)
	whole := f.whole()
	l.Ways = len(whole)
	for _, v := range whole {
		l.Fixes, l.Wrong = l.Fixes+len(v.Part.Fixes), l.Wrong+len(v.Part.Wrong)
		v.lint(f, want)
	}
	return l, f
}

func unjoin(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}

var link = regexp.MustCompile("https?://[^\\s)>\\]`]+")

// lintDebrief wants the mechanism explained, with links to where AWS does.
func (f file) lintDebrief(text string, want func(bool, string, ...any)) {
	links := link.FindAllString(text, -1)
	want(len(links) > 0, "the debrief has no link to AWS's documentation")
	for _, l := range links {
		want(strings.HasPrefix(l, "https://docs.aws.amazon.com/"), "the debrief links to %s, which is not AWS's documentation", l)
	}
	want(runes(text) >= 400, "the debrief has %d characters; want at least 400: the mechanism, and what would have prevented it", runes(text))
}

// lint checks the texts of one way in which the scenario comes.
func (v variant) lint(f file, want func(bool, string, ...any)) {
	of := ""
	if v.Name != "" {
		of = " of the variant " + v.Name
	}
	for _, m := range slices.Concat(v.Part.Fixes, v.Part.Wrong) {
		want(m.program(f.ID).do != nil, "the move %s%s has no program in fixes.go", m.Name, of)
	}
	v.tells(f, f.Briefing, func(what string) { want(false, "the briefing gives the answer%s: %s", of, what) })
	v.lintHints(f, of, want)
	v.Part.Fault.lint(f.ID, of, want)
}

// lintHints wants help that rises: a question first, where to look at the end,
// and neither the answer nor a repair before that.
func (v variant) lintHints(f file, of string, want func(bool, string, ...any)) {
	seen := map[string]bool{}
	for i, hint := range v.Part.Hints {
		n, text := i+1, strings.Join(strings.Fields(strings.ToLower(hint)), " ")
		want(text != "", "hint %d%s is empty", n, of)
		want(!seen[text], "hint %d%s says again what an earlier one says", n, of)
		want(runes(hint) <= 700, "hint %d%s has %d characters; want at most 700", n, of, runes(hint))
		seen[text] = true
		if n == len(v.Part.Hints) {
			continue
		}
		v.tells(f, hint, func(what string) { want(false, "hint %d%s gives the answer: %s; only the last may", n, of, what) })
	}
	if hints := v.Part.Hints; len(hints) > 1 {
		want(!strings.Contains(hints[0], "`"), "the first hint%s names a command or a value; want a question, or a direction", of)
		want(strings.Contains(hints[len(hints)-1], "`"), "the last hint%s names nothing that one could type or read", of)
	}
}

// tells finds in a text what would tell a player the cause or the repair.
func (v variant) tells(f file, text string, found func(what string)) {
	text = strings.Join(strings.Fields(strings.ToLower(text)), " ")
	for _, answer := range []string{f.ID, f.Title, v.Part.Was, v.Part.Fault.Params["task"], v.Part.Fault.Params["owner"]} {
		if answer != "" && strings.Contains(text, strings.ToLower(answer)) {
			found(fmt.Sprintf("%q", answer))
		}
	}
	for _, m := range v.Part.Fixes {
		for _, call := range m.Calls {
			_, action, _ := strings.Cut(call, ":")
			action, _, _ = strings.Cut(action, "(")
			if strings.Contains(text, kebab(action)) || strings.Contains(text, strings.ToLower(action)) {
				found(fmt.Sprintf("%s, by which %s repairs", action, m.Name))
			}
		}
	}
}

// lint looks for names that viewers and players can see in AWS while the
// incident lasts, and that tell which it is.
func (f fault) lint(id, of string, want func(bool, string, ...any)) {
	for _, word := range strings.Split(id, "-") {
		name := f.Params["task"]
		want(len(word) < 4 || !strings.Contains(name, word), "the task %q%s gives the scenario away", name, of)
	}
	for _, also := range f.Also {
		also.lint(id, of, want)
	}
}

// kebab writes an API's action as the command line does.
func kebab(action string) string {
	var b strings.Builder
	for i, r := range action {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func runes(s string) int { return len([]rune(s)) }
