package gateway

import (
	"context"
	"maps"
	"strings"
)

// trailByName: AWS takes a trail's ARN wherever it takes its name, and says that
// there is no such trail; in these calls moto takes the name alone, and crashes
// or says nothing.
func trailByName(ctx context.Context, g *Gateway, r *request) (*response, error) {
	var there struct{}
	if err := g.moto.in(r.region).json(ctx, "cloudtrail", "GetTrail", map[string]string{"Name": r.str("Name")}, &there); err != nil {
		return nil, err
	}
	params := maps.Clone(r.params)
	params["Name"] = trailName(r.str("Name"))
	return nil, r.setJSON(params)
}

// trailName is a trail's name, of the name or of the ARN.
func trailName(said string) string {
	if strings.HasPrefix(said, "arn:") {
		return last(said, "/")
	}
	return said
}
