package monitoring

import (
	"bytes"
	"embed"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"time"
)

// Jobs are the scrape jobs, as the rules and the graphs name them.
func Jobs() []string { return []string{"shop", "inventory", "visitors", "node", "database"} }

// Facts are what the alerts say about the stack that they watch.
type Facts struct {
	Round       string // value of the label round, e.g. R1
	RunbookBase string // URL; an alert's runbook is <RunbookBase>/<alert name>
}

// Webhook is where Alertmanager delivers.
type Webhook struct {
	URL       string
	TokenFile string // absolute path of the file that holds the bearer token
}

// Scrapes is what rehearsal's Prometheus needs to know beyond the profile.
type Scrapes struct {
	RulesFile    string // absolute path of what Rules rendered
	Alertmanager string // host:port
}

//go:embed rules.yml.tmpl alertmanager.yml.tmpl prometheus-rehearsal.yml.tmpl prometheus-aws.yml.tmpl
var files embed.FS

// roundName keeps quotes and template actions out of the rendered files.
var roundName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Rules renders the rule file. It fails on a profile or a fact that would make
// a file that Prometheus refuses.
func Rules(p Profile, f Facts) ([]byte, error) {
	if !roundName.MatchString(f.Round) {
		return nil, fmt.Errorf("render rules: round %q is not a name", f.Round)
	}
	if err := checkURL(f.RunbookBase); err != nil {
		return nil, fmt.Errorf("render rules: runbook base: %w", err)
	}
	f.RunbookBase = strings.TrimRight(f.RunbookBase, "/")
	return render("rules.yml.tmpl", p, f)
}

// Routes renders Alertmanager's configuration.
func Routes(p Profile, w Webhook) ([]byte, error) {
	if w.URL != "" {
		if err := checkURL(w.URL); err != nil {
			return nil, fmt.Errorf("render routes: webhook: %w", err)
		}
	}
	// A relative path would be looked for beside the file on one machine and
	// in the working directory on another.
	if !filepath.IsAbs(w.TokenFile) {
		return nil, fmt.Errorf("render routes: token file %q is not an absolute path", w.TokenFile)
	}
	return render("alertmanager.yml.tmpl", p, w)
}

// Prometheus renders rehearsal's Prometheus configuration, whose jobs get
// their targets while it runs. On AWS the targets are discovered, so there the
// file is another one.
func Prometheus(p Profile, s Scrapes) ([]byte, error) {
	if !filepath.IsAbs(s.RulesFile) {
		return nil, fmt.Errorf("render scrapes: rules file %q is not an absolute path", s.RulesFile)
	}
	if s.Alertmanager == "" {
		return nil, fmt.Errorf("render scrapes: no address of Alertmanager")
	}
	return render("prometheus-rehearsal.yml.tmpl", p, s)
}

// render uses [[ ]], because {{ }} is Prometheus's own, filled in when an
// alert fires.
func render(name string, p Profile, facts any) ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	t, err := template.New(name).Delims("[[", "]]").Option("missingkey=error").Funcs(template.FuncMap{
		"duration": promDuration,
		"over":     func(d time.Duration) string { return "[" + promDuration(d) + "]" }, // [[[ would not parse
		"quote":    strconv.Quote,
		"jobs":     Jobs,
		"list":     func(all ...string) []string { return all },
	}).ParseFS(files, name)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, map[string]any{"P": p, "F": facts}); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// checkURL refuses what is no absolute http address, and template braces:
// both Prometheus and Alertmanager expand them.
func checkURL(s string) error {
	u, err := url.Parse(s)
	if err != nil {
		return err
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("%q is not an http address", u.Redacted())
	}
	if strings.ContainsAny(s, "{}\"\n") {
		return fmt.Errorf("%q holds braces or quotes", u.Redacted())
	}
	return nil
}
