package gateway

import "strings"

// verdict is what a caller's policies say about one action on one resource.
type verdict int

const (
	unmentioned verdict = iota // no statement allows it
	allowed
	denied // a statement denies it, which no other can undo
)

// source is the kind of policy that a verdict comes from, in AWS's words.
type source string

const (
	byPolicies source = "identity-based policy"
	byBoundary source = "permissions boundary"
)

func (s source) article() string {
	if s == byPolicies {
		return "an"
	}
	return "a"
}

// question is one action on one resource, with what is known about the call.
type question struct {
	action   string // "ec2:StopInstances"
	resource string // an ARN, or "*" where the action has none that we know
	facts    facts
}

// judge allows what both the user's policies and the boundary allow, and neither
// denies.
func (r rights) judge(q question) (v verdict, by source, doubts []string) {
	v, doubts = decide(r.policies, q)
	if r.boundary == nil || v == denied {
		return v, byPolicies, doubts
	}
	within, more := decide([]document{*r.boundary}, q)
	doubts = append(doubts, more...)
	if within == denied || v == allowed {
		return within, byBoundary, doubts
	}
	return v, byPolicies, doubts
}

// decide judges as AWS judges an identity's policies: an explicit deny first,
// then any allow, else nothing. Everything outside its arguments is ignored.
//
// doubts lists what it did not understand (an operator, or a condition key
// that the gateway never fills). Such a condition does not hold in an Allow
// and holds in a Deny: where the rehearsal cannot tell, it refuses, and the
// gateway logs why, so that a wrong refusal is seen and a wrong permission
// does not happen.
func decide(policies []document, q question) (v verdict, doubts []string) {
	for _, d := range policies {
		for _, s := range d.Statement {
			if !s.covers(q) {
				continue
			}
			holds, doubt := s.holds(q.facts)
			if len(doubt) > 0 {
				doubts = append(doubts, doubt...)
				holds = holds && s.Effect == "Deny"
			}
			switch {
			case !holds:
			case s.Effect == "Deny":
				return denied, doubts
			case s.Effect == "Allow":
				v = allowed
			}
		}
	}
	return v, doubts
}

// covers tells whether the statement is about this action and resource.
func (s statement) covers(q question) bool {
	return s.coversAction(q.action) && s.coversResource(q)
}

func (s statement) coversAction(action string) bool {
	if len(s.NotAction) > 0 {
		return !anyAction(s.NotAction, action)
	}
	return anyAction(s.Action, action)
}

func (s statement) coversResource(q question) bool {
	if len(s.NotResource) > 0 {
		return !anyResource(s.NotResource, q)
	}
	return anyResource(s.Resource, q)
}

func anyAction(patterns texts, action string) bool {
	for _, p := range patterns {
		if wild(p, action) {
			return true
		}
	}
	return false
}

func anyResource(patterns texts, q question) bool {
	for _, raw := range patterns {
		if p, ok := expand(raw, q.facts.variable); ok && glob(p, q.resource) {
			return true
		}
	}
	return false
}

// holds tells whether all conditions of the statement hold, as far as they
// are understood, and lists those that are not.
func (s statement) holds(f facts) (holds bool, doubts []string) {
	holds = true
	for operator, keys := range s.Condition {
		for key, want := range keys {
			ok, known := compare(operator, key, want, f)
			if !known {
				doubts = append(doubts, operator+" "+key)
				continue
			}
			holds = holds && ok
		}
	}
	return holds, doubts
}

func (r rights) askForTags(action string) bool {
	return asksForTags(r.policies, action) || r.boundary != nil && asksForTags([]document{*r.boundary}, action)
}

// asksForTags: the tags of a resource cost a question to moto, so they are
// looked up only where a statement about the action wants them.
func asksForTags(policies []document, action string) bool {
	for _, d := range policies {
		for _, s := range d.Statement {
			if !s.coversAction(action) {
				continue
			}
			for _, keys := range s.Condition {
				for key := range keys {
					if strings.Contains(strings.ToLower(key), "resourcetag/") {
						return true
					}
				}
			}
		}
	}
	return false
}
