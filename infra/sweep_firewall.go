package infra

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	waf "github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

// firewallStep is the firewall in front of CloudFront. It cannot go before the
// distribution that stands behind it has let go of it.
func firewallStep() step {
	return step{name: "firewall", kinds: []kind{{"firewalls", findFirewalls, dropFirewall}}}
}

// findFirewalls gives each as "name id": a call about one wants both.
func findFirewalls(ctx context.Context, s *stack) (ids []string, err error) {
	in := &waf.ListWebACLsInput{Scope: types.ScopeCloudfront, Limit: aws.Int32(100)}
	for {
		out, err := s.waf.ListWebACLs(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, acl := range out.WebACLs {
			if aws.ToString(acl.Name) == s.names.Prefix {
				ids = append(ids, aws.ToString(acl.Name)+" "+aws.ToString(acl.Id))
			}
		}
		if in.NextMarker = out.NextMarker; aws.ToString(in.NextMarker) == "" || len(out.WebACLs) == 0 {
			return ids, nil
		}
	}
}

func dropFirewall(ctx context.Context, s *stack, id string) error {
	name, number, ok := strings.Cut(id, " ")
	if !ok {
		return fmt.Errorf("%q is not a firewall", id)
	}
	out, err := s.waf.GetWebACL(ctx, &waf.GetWebACLInput{Name: &name, Id: &number, Scope: types.ScopeCloudfront})
	if err != nil {
		return err
	}
	_, err = s.waf.DeleteWebACL(ctx, &waf.DeleteWebACLInput{
		Name: &name, Id: &number, Scope: types.ScopeCloudfront, LockToken: out.LockToken,
	})
	return err
}
