package gateway

import (
	"context"
	"fmt"
)

// getCallerIdentity: AWS names the caller; moto knows only users that it made
// itself and takes everybody else for one of its own.
func getCallerIdentity(_ context.Context, _ *Gateway, r *request) (*response, error) {
	return xmlAnswer(fmt.Appendf(nil, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
		"<Arn>%s</Arn><UserId>%s</UserId><Account>%s</Account></GetCallerIdentityResult>"+
		"<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></GetCallerIdentityResponse>",
		escape(r.caller.ARN), escape(r.caller.keyID), r.account, r.id)), nil
}
