package gateway

import (
	"context"
	"maps"
)

// tagPool: moto takes a pool's tags only with a whole pool, so it is told anew
// what it has, with these. https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_TagResource.html
func tagPool(ctx context.Context, g *Gateway, r *request) (*response, error) {
	id := last(r.str("ResourceArn"), "/")
	var has struct{ UserPool map[string]any }
	if err := g.moto.json(ctx, "cognito-idp", "DescribeUserPool", map[string]string{"UserPoolId": id}, &has); err != nil {
		return nil, err
	}
	tags, _ := has.UserPool["UserPoolTags"].(map[string]any)
	if tags == nil {
		tags = map[string]any{}
	}
	more, _ := r.params["Tags"].(map[string]any)
	maps.Copy(tags, more)
	has.UserPool["UserPoolTags"], has.UserPool["UserPoolId"] = tags, id
	if err := g.moto.json(ctx, "cognito-idp", "UpdateUserPool", has.UserPool, nil); err != nil {
		return nil, err
	}
	return answer(r, map[string]any{}), nil
}
