package gateway

import (
	"context"
	"maps"
	"strings"
)

// near is how an address begins at which a process of this machine listens.
const near = "http://127.0.0.1:"

// putParameter: where a part of a stack listens it writes down itself, beside the
// gateway. Terraform writes there what AWS's name for it would be, which leads
// nowhere here, so what is true stays; only the tags are taken.
func putParameter(ctx context.Context, g *Gateway, r *request) (*response, error) {
	name, moto := r.str("Name"), g.moto.in(r.region)
	var is struct{ Parameter struct{ Value string } }
	err := moto.json(ctx, "ssm", "GetParameter", map[string]string{"Name": name}, &is)
	if err != nil || !strings.HasPrefix(name, "/chaotic-good/") || !strings.HasPrefix(is.Parameter.Value, near) {
		return nil, nil // moto says the rest
	}
	params := maps.Clone(r.params)
	if tags := items(params["Tags"]); len(tags) > 0 {
		in := map[string]any{"ResourceType": "Parameter", "ResourceId": name, "Tags": tags}
		if err := moto.json(ctx, "ssm", "AddTagsToResource", in, &struct{}{}); err != nil {
			return nil, err
		}
	}
	delete(params, "Tags") // which must not stand beside Overwrite
	params["Value"], params["Overwrite"] = is.Parameter.Value, true
	return nil, r.setJSON(params)
}
