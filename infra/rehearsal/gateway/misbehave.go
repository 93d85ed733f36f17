package gateway

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Rule makes calls fail or wait. The first rule that matches and is not used
// up decides.
type Rule struct {
	Service string // "ec2"; empty matches every service
	Action  string // "StopInstances", "Describe*"; empty matches every action
	Caller  string // an ARN, with wildcards; empty matches everybody
	Times   int    // how often it strikes; 0 means for ever

	Delay    time.Duration // waits first
	Throttle bool          // then answers the service's own throttling error
	Fail     bool          // or the service's internal failure, status 500
}

// trouble holds the rules that are in force.
type trouble struct {
	mu    sync.Mutex
	rules []*Rule
}

func (t *trouble) add(r Rule) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rules = append(t.rules, &r)
}

func (t *trouble) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rules = nil
}

// next takes one strike of the first rule that matches.
func (t *trouble) next(r *request) (Rule, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, rule := range t.rules {
		if rule.Service != "" && rule.Service != r.service ||
			rule.Action != "" && !wild(rule.Action, r.action) ||
			rule.Caller != "" && !wild(rule.Caller, r.caller.ARN) {
			continue
		}
		if rule.Times == 1 {
			t.rules = append(t.rules[:i:i], t.rules[i+1:]...)
		} else if rule.Times > 1 {
			rule.Times--
		}
		return *rule, true
	}
	return Rule{}, false
}

// strike applies the next rule to a call.
func (t *trouble) strike(ctx context.Context, r *request) error {
	rule, ok := t.next(r)
	if !ok {
		return nil
	}
	if rule.Delay > 0 {
		wait := time.NewTimer(rule.Delay)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	switch {
	case rule.Throttle:
		return throttled(r)
	case rule.Fail:
		return &apiError{http.StatusInternalServerError, internalCode(r.proto), "An internal error has occurred. Retry your request."}
	}
	return nil
}

// throttled is each service's own word for "too many calls"; the SDKs retry
// all of them.
func throttled(r *request) error {
	switch {
	case r.service == "ec2":
		return &apiError{http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded."}
	case r.service == "s3":
		return &apiError{http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate."}
	case r.service == "sqs":
		return &apiError{http.StatusForbidden, "RequestThrottled", "Request is throttled."}
	case r.proto == query:
		return badRequest("Throttling", "Rate exceeded")
	case r.proto == restJSON:
		return &apiError{http.StatusTooManyRequests, "TooManyRequestsException", "Rate exceeded"}
	}
	return badRequest("ThrottlingException", "Rate exceeded")
}

// wild matches a name with * and ?, without regard to case.
func wild(pattern, s string) bool {
	return glob(literal(strings.ToLower(pattern)), strings.ToLower(s))
}
