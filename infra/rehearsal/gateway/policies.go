package gateway

import (
	"context"
	"fmt"
	"net/url"
	"sync"
)

// rights are what IAM says of a user.
type rights struct {
	policies []document
	boundary *document // beyond which no policy gives anything; nil: there is none
}

// policyCache remembers the rights of users until IAM is written to.
type policyCache struct {
	moto   *upstream
	bounds *boundaryBook

	mu    sync.Mutex
	epoch int // counts IAM's writes: what was read before one is not kept
	users map[string]rights
}

func newPolicyCache(moto *upstream, bounds *boundaryBook) *policyCache {
	return &policyCache{moto: moto, bounds: bounds, users: map[string]rights{}}
}

func (p *policyCache) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.epoch++
	clear(p.users)
}

// of is every policy that speaks for a user, inline, attached and those of the
// user's groups, and the boundary around them.
func (p *policyCache) of(ctx context.Context, user string) (rights, error) {
	p.mu.Lock()
	have, ok := p.users[user]
	epoch := p.epoch
	p.mu.Unlock()
	if ok {
		return have, nil
	}
	docs, err := p.read(ctx, user)
	if err != nil {
		return rights{}, err
	}
	have = rights{policies: docs}
	if arn := p.bounds.of(user); arn != "" {
		d, err := p.managed(ctx, arn)
		if err != nil {
			return rights{}, fmt.Errorf("the boundary of %s: %w", user, err)
		}
		have.boundary = &d
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.epoch == epoch {
		p.users[user] = have
	}
	return have, nil
}

func (p *policyCache) read(ctx context.Context, user string) ([]document, error) {
	docs, err := p.owned(ctx, "User", user)
	if err != nil {
		return nil, err
	}
	var groups struct {
		Names []string `xml:"ListGroupsForUserResult>Groups>member>GroupName"`
	}
	if err := p.moto.query(ctx, "iam", "ListGroupsForUser", url.Values{"UserName": {user}}, &groups); err != nil {
		return nil, err
	}
	for _, group := range groups.Names {
		more, err := p.owned(ctx, "Group", group)
		if err != nil {
			return nil, err
		}
		docs = append(docs, more...)
	}
	return docs, nil
}

// owned reads the policies in and on a user or a group.
func (p *policyCache) owned(ctx context.Context, kind, name string) ([]document, error) {
	var docs []document
	var inline struct {
		Names []string `xml:"PolicyNames>member"`
	}
	who := kind + "Name"
	err := p.moto.result(ctx, "List"+kind+"Policies", url.Values{who: {name}}, &inline)
	if err != nil {
		return nil, err
	}
	for _, policy := range inline.Names {
		var got struct {
			Document string `xml:"PolicyDocument"`
		}
		if err := p.moto.result(ctx, "Get"+kind+"Policy", url.Values{who: {name}, "PolicyName": {policy}}, &got); err != nil {
			return nil, err
		}
		d, err := readPolicy(got.Document)
		if err != nil {
			return nil, fmt.Errorf("policy %s of %s: %w", policy, name, err)
		}
		docs = append(docs, d)
	}
	var attached struct {
		ARNs []string `xml:"AttachedPolicies>member>PolicyArn"`
	}
	if err := p.moto.result(ctx, "ListAttached"+kind+"Policies", url.Values{who: {name}}, &attached); err != nil {
		return nil, err
	}
	for _, arn := range attached.ARNs {
		d, err := p.managed(ctx, arn)
		if err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	return docs, nil
}

// managed reads a managed policy.
func (p *policyCache) managed(ctx context.Context, arn string) (document, error) {
	var policy struct {
		Version string `xml:"Policy>DefaultVersionId"`
	}
	if err := p.moto.result(ctx, "GetPolicy", url.Values{"PolicyArn": {arn}}, &policy); err != nil {
		return document{}, err
	}
	var got struct {
		Document string `xml:"PolicyVersion>Document"`
	}
	if err := p.moto.result(ctx, "GetPolicyVersion", url.Values{"PolicyArn": {arn}, "VersionId": {policy.Version}}, &got); err != nil {
		return document{}, err
	}
	d, err := readPolicy(got.Document)
	if err != nil {
		return document{}, fmt.Errorf("policy %s: %w", arn, err)
	}
	return d, nil
}

// readPolicy reads a document, which IAM hands out escaped as in an address.
func readPolicy(raw string) (document, error) {
	if plain, err := url.QueryUnescape(raw); err == nil && len(raw) > 0 && raw[0] == '%' {
		raw = plain
	}
	return parsePolicy([]byte(raw))
}

// result asks IAM and reads what is inside the answer's <...Result>.
func (u *upstream) result(ctx context.Context, action string, form url.Values, out any) error {
	var answer struct {
		Inner []byte `xml:",innerxml"`
	}
	if err := u.query(ctx, "iam", action, form, &answer); err != nil {
		return err
	}
	return inside(answer.Inner, action+"Result", out)
}
