package gateway

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// originBook is what moto forgets of a distribution: the access control by which
// each of its origins is read.
type originBook struct {
	mu     sync.Mutex
	access map[string]map[string]string // by distribution, then by origin
}

func newOriginBook() *originBook { return &originBook{access: map[string]map[string]string{}} }

// keep takes the access controls of a distribution as they were written; none:
// the distribution is gone.
func (b *originBook) keep(id string, access map[string]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(access) == 0 {
		delete(b.access, id)
		return
	}
	b.access[id] = access
}

// mend writes the access controls into the origins of a distribution.
func (b *originBook) mend(id, xml string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	access := b.access[id]
	parts := strings.Split(xml, "<Origin>")
	for i, part := range parts[1:] {
		if control := access[element(part, "Id")]; control != "" {
			parts[i+1] = strings.Replace(part, "</Origin>", "<OriginAccessControlId>"+escape(control)+"</OriginAccessControlId></Origin>", 1)
		}
	}
	return strings.Join(parts, "<Origin>")
}

// accessIn reads the access controls off a distribution's configuration. An
// origin's name is kept as XML has it.
func accessIn(body []byte) (map[string]string, error) {
	var got struct {
		Items []struct {
			ID      string `xml:"Id"`
			Control string `xml:"OriginAccessControlId"`
		} `xml:"Items>Origin"`
	}
	if err := inside(body, "Origins", &got); err != nil {
		return nil, fmt.Errorf("read the origins: %w", err)
	}
	access := map[string]string{}
	for _, o := range got.Items {
		if o.Control != "" {
			access[escape(o.ID)] = o.Control
		}
	}
	return access, nil
}

// writtenDistribution: CloudFront says back by which access control an origin is
// read; moto forgets it.
func writtenDistribution(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	access, err := accessIn(r.body)
	if err != nil {
		return nil, err
	}
	id := element(string(resp.body), "Id")
	g.origins.keep(id, access)
	return withBody(resp, g.origins.mend(id, string(resp.body))), nil
}

func shownDistribution(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	return withBody(resp, g.origins.mend(r.str("Id"), string(resp.body))), nil
}

func deletedDistribution(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	g.origins.keep(r.str("Id"), nil)
	return resp, nil
}

// listedDistributions: CloudFront lists distributions with their origins; moto
// without.
func listedDistributions(ctx context.Context, g *Gateway, _ *request, resp *response) (*response, error) {
	const begin, end = "<DistributionSummary>", "</DistributionSummary>"
	parts := strings.Split(string(resp.body), begin)
	for i, part := range parts[1:] {
		id := element(part, "Id")
		whole, err := g.moto.ask(ctx, "cloudfront", http.MethodGet, "/2020-05-31/distribution/"+id, http.Header{}, nil)
		if err != nil {
			continue // it went away meanwhile
		}
		origins := "<Origins>" + element(string(whole), "Origins") + "</Origins>"
		parts[i+1] = strings.Replace(part, end, g.origins.mend(id, origins)+end, 1)
	}
	return withBody(resp, strings.Join(parts, begin)), nil
}

// withBody is an answer with another text.
func withBody(resp *response, body string) *response {
	out := *resp
	out.body, out.header = []byte(body), resp.header.Clone()
	out.header.Set("Content-Length", strconv.Itoa(len(out.body)))
	return &out
}
