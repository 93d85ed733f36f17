package gateway

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// check is one action on one resource that a call needs permission for. Most
// calls need one; stopping two instances needs two, starting a task with a
// role needs iam:PassRole too.
type check struct {
	action   string
	resource string            // an ARN or "*"
	fresh    bool              // the call makes the resource: it has no tags yet
	extra    map[string]string // condition keys of this check alone
}

// makes is the kind of EC2 resource that the call makes: instance, volume.
func (c check) makes() string {
	if rest, ok := strings.CutSuffix(c.resource, "/*"); ok && c.fresh && strings.HasPrefix(rest, "arn:aws:ec2:") {
		return last(rest, ":")
	}
	return ""
}

// authorise judges a call by its caller's own policies and boundary.
func (g *Gateway) authorise(ctx context.Context, r *request) error {
	judged, err := g.filled(ctx, r)
	if err != nil {
		return err
	}
	r.form = judged.form // which is what moto gets
	checks, err := g.checks(ctx, judged)
	if err != nil {
		return fmt.Errorf("find what %s is about: %w", r.name(), err)
	}
	for _, c := range checks {
		r.resources = append(r.resources, c.resource)
	}
	if r.caller.trusted || r.service == "sts" && alwaysAllowed[r.action] {
		return nil
	}
	have, err := g.policies.of(ctx, r.caller.user())
	if err != nil {
		return fmt.Errorf("read the caller's policies: %w", err)
	}
	base := g.facts(judged)
	for _, c := range checks {
		f := base
		if !c.fresh && c.resource != "*" && have.askForTags(c.action) {
			tags, err := g.moto.tags(ctx, c.resource)
			if err != nil {
				// AWS judges a thing that does not exist as one without tags.
				g.cfg.Log.Debug("no tags", "resource", c.resource, "err", err)
			}
			f = base.withTags(tags)
		}
		if kind := c.makes(); kind != "" && len(items(judged.params["TagSpecification"])) > 0 {
			f = f.withRequestTags(judged.tagsFor(kind))
		}
		if len(c.extra) > 0 {
			f = f.withTags(nil)
			for k, v := range c.extra {
				f.set(k, v)
			}
		}
		v, by, doubts := have.judge(question{action: c.action, resource: c.resource, facts: f})
		if len(doubts) > 0 {
			g.cfg.Log.Warn("a policy's condition is not understood and was taken for a refusal",
				"caller", r.caller.ARN, "call", r.name(), "conditions", doubts)
		}
		if v != allowed {
			return forbidden(r, c, v, by)
		}
	}
	return nil
}

// alwaysAllowed need no permission on AWS.
var alwaysAllowed = map[string]bool{"GetCallerIdentity": true, "GetSessionToken": true}

// forbidden says no in AWS's words.
func forbidden(r *request, c check, v verdict, by source) error {
	why := "because no " + string(by) + " allows the " + c.action + " action"
	if v == denied {
		why = "with an explicit deny in " + by.article() + " " + string(by)
	}
	say := "User: " + r.caller.ARN + " is not authorized to perform: " + c.action + " on resource: " + c.resource + " " + why
	switch r.proto {
	case ec2Query:
		return &apiError{http.StatusForbidden, "UnauthorizedOperation", "You are not authorized to perform this operation. " + say}
	case query, restXML:
		return &apiError{http.StatusForbidden, "AccessDenied", say}
	case jsonQuery:
		return &apiError{http.StatusForbidden, "AccessDenied", say}
	case restJSON:
		return &apiError{http.StatusForbidden, "AccessDeniedException", say}
	}
	return badRequest("AccessDeniedException", "%s", say)
}
