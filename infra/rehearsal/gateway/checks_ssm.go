package gateway

import (
	"context"
	"net/url"
	"strings"
)

var ssmSubjects = map[string]subjects{
	"SendCommand":         all(ssmDocument, ssmTargets),
	"StartSession":        all(ssmDocument, ssmInstance),
	"GetParameter":        parameters("Name"),
	"GetParameters":       parameters("Names"),
	"PutParameter":        parameters("Name"),
	"GetParametersByPath": parameters("Path"),
	"DeleteParameters":    parameters("Names"),
	"DeleteParameter":     parameters("Name"),
	"AddTagsToResource":   parameters("ResourceId"), // nobody here tags anything else of SSM
	"GetDocument":         ssmDocument,
	"DescribeDocument":    ssmDocument,
}

// ssmDocument is the document to run; AWS's own belong to no account.
func ssmDocument(_ context.Context, _ *upstream, r *request) ([]string, error) {
	name := r.str("DocumentName") + r.str("Name")
	switch {
	case name == "":
		return nil, nil
	case strings.HasPrefix(name, "arn:"):
		return []string{name}, nil
	case strings.HasPrefix(name, "AWS"):
		return []string{"arn:aws:ssm:" + r.region + "::document/" + name}, nil
	}
	return []string{r.arn("ssm", "document/"+name)}, nil
}

func ssmInstance(_ context.Context, _ *upstream, r *request) ([]string, error) {
	return []string{r.arn("ec2", "instance/"+r.str("Target"))}, nil
}

// ssmTargets are the instances that a command would run on.
func ssmTargets(ctx context.Context, u *upstream, r *request) ([]string, error) {
	ids := r.list("InstanceIds")
	form := url.Values{}
	n := 0
	for _, t := range items(r.params["Targets"]) {
		key, values := text(dig(t, "Key")), items(dig(t, "Values"))
		if strings.EqualFold(key, "InstanceIds") {
			for _, v := range values {
				ids = append(ids, text(v))
			}
			continue
		}
		n++
		setFilter(form, n, key, values)
	}
	if n > 0 {
		found, err := u.instances(ctx, form)
		if err != nil {
			return nil, err
		}
		for _, i := range found {
			ids = append(ids, i.ID)
		}
	}
	if len(ids) == 0 {
		ids = []string{"*"} // nobody fits now: judged as any instance
	}
	var out []string
	for _, id := range ids {
		out = append(out, r.arn("ec2", "instance/"+id))
	}
	return out, nil
}

func parameters(param string) subjects {
	return func(_ context.Context, _ *upstream, r *request) ([]string, error) {
		var out []string
		for _, name := range r.list(param) {
			out = append(out, r.arn("ssm", "parameter/"+strings.TrimPrefix(name, "/")))
		}
		return out, nil
	}
}
