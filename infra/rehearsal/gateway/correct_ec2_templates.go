package gateway

import (
	"context"
	"maps"
	"net/url"
	"strings"
	"sync"
)

// templateBook keeps what each version of a launch template was made of, in the
// words of its call: moto bases no version on another.
type templateBook struct {
	mu  sync.Mutex
	all map[string]map[string]string // id of the template and number of the version -> parameters of its data
}

func newTemplateBook() *templateBook { return &templateBook{all: map[string]map[string]string{}} }

const templateData = "LaunchTemplateData."

// createTemplateVersion: AWS begins with the version that SourceVersion names and
// puts the parameters of the call in the place of that version's, each as a whole.
func createTemplateVersion(ctx context.Context, g *Gateway, r *request) (*response, error) {
	from := r.str("SourceVersion")
	if from == "" {
		return nil, nil
	}
	ask := url.Values{"LaunchTemplateVersion.1": {from}}
	for _, name := range []string{"LaunchTemplateId", "LaunchTemplateName"} {
		if v := r.str(name); v != "" {
			ask.Set(name, v)
		}
	}
	var got struct {
		ID      string `xml:"launchTemplateVersionSet>item>launchTemplateId"`
		Version string `xml:"launchTemplateVersionSet>item>versionNumber"`
	}
	if err := g.moto.query(ctx, "ec2", "DescribeLaunchTemplateVersions", ask, &got); err != nil {
		return nil, err
	}
	own := map[string]bool{}
	for name := range r.form {
		if rest, ok := strings.CutPrefix(name, templateData); ok {
			own[firstPart(rest)] = true
		}
	}
	g.templates.mu.Lock()
	defer g.templates.mu.Unlock()
	old, ok := g.templates.all[got.ID+" "+got.Version]
	if !ok {
		return nil, badRequest("InvalidLaunchTemplateId.VersionNotFound", "Could not find launch template version %s of the specified launch template.", from)
	}
	for name, value := range old {
		if !own[firstPart(strings.TrimPrefix(name, templateData))] {
			r.form.Set(name, value)
		}
	}
	r.params = nest(r.form, r.service)
	return nil, nil
}

func firstPart(name string) string {
	first, _, _ := strings.Cut(name, ".")
	return first
}

// keptTemplate notes what the version was made of.
func keptTemplate(version string) func(context.Context, *Gateway, *request, *response) (*response, error) {
	return func(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
		made := map[string]string{}
		for name := range maps.Keys(r.form) {
			if strings.HasPrefix(name, templateData) {
				made[name] = r.form.Get(name)
			}
		}
		body := string(resp.body)
		g.templates.mu.Lock()
		defer g.templates.mu.Unlock()
		g.templates.all[element(body, "launchTemplateId")+" "+element(body, version)] = made
		return resp, nil
	}
}
