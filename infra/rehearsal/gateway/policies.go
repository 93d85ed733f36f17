package gateway

import (
	"context"
	"fmt"
	"net/url"
	"sync"
)

// policyCache remembers the policies of users until IAM is written to.
type policyCache struct {
	moto *upstream

	mu    sync.Mutex
	epoch int // counts IAM's writes: what was read before one is not kept
	users map[string][]document
}

func newPolicyCache(moto *upstream) *policyCache {
	return &policyCache{moto: moto, users: map[string][]document{}}
}

func (p *policyCache) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.epoch++
	clear(p.users)
}

// of is every policy that speaks for a user: inline, attached, and those of
// the user's groups.
func (p *policyCache) of(ctx context.Context, user string) ([]document, error) {
	p.mu.Lock()
	docs, ok := p.users[user]
	epoch := p.epoch
	p.mu.Unlock()
	if ok {
		return docs, nil
	}
	docs, err := p.read(ctx, user)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.epoch == epoch {
		p.users[user] = docs
	}
	return docs, nil
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
		if docs, err = addPolicy(docs, got.Document); err != nil {
			return nil, fmt.Errorf("policy %s of %s: %w", policy, name, err)
		}
	}
	var attached struct {
		ARNs []string `xml:"AttachedPolicies>member>PolicyArn"`
	}
	if err := p.moto.result(ctx, "ListAttached"+kind+"Policies", url.Values{who: {name}}, &attached); err != nil {
		return nil, err
	}
	for _, arn := range attached.ARNs {
		var policy struct {
			Version string `xml:"Policy>DefaultVersionId"`
		}
		if err := p.moto.result(ctx, "GetPolicy", url.Values{"PolicyArn": {arn}}, &policy); err != nil {
			return nil, err
		}
		var got struct {
			Document string `xml:"PolicyVersion>Document"`
		}
		err := p.moto.result(ctx, "GetPolicyVersion", url.Values{"PolicyArn": {arn}, "VersionId": {policy.Version}}, &got)
		if err != nil {
			return nil, err
		}
		if docs, err = addPolicy(docs, got.Document); err != nil {
			return nil, fmt.Errorf("policy %s: %w", arn, err)
		}
	}
	return docs, nil
}

// addPolicy reads a document, which IAM hands out escaped as in an address.
func addPolicy(docs []document, raw string) ([]document, error) {
	if plain, err := url.QueryUnescape(raw); err == nil && len(raw) > 0 && raw[0] == '%' {
		raw = plain
	}
	d, err := parsePolicy([]byte(raw))
	return append(docs, d), err
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
