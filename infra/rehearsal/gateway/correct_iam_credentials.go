package gateway

import (
	"context"
	"fmt"
	"net/url"
)

// listServiceCredentials: AWS lists what a user has for single services, most
// often nothing; moto does not know the call, and none can be made there.
func listServiceCredentials(ctx context.Context, g *Gateway, r *request) (*response, error) {
	if name := r.str("UserName"); name != "" {
		var user struct{}
		if err := g.moto.query(ctx, "iam", "GetUser", url.Values{"UserName": {name}}, &user); err != nil {
			return nil, err
		}
	}
	return xmlAnswer(fmt.Appendf(nil, `<ListServiceSpecificCredentialsResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListServiceSpecificCredentialsResult>`+
		"<ServiceSpecificCredentials/></ListServiceSpecificCredentialsResult>"+
		"<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></ListServiceSpecificCredentialsResponse>", r.id)), nil
}
