package gateway

import (
	"context"
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
)

// distributed is a configuration with an origin for each access control.
func distributed(w *world, name string, access map[string]string) *types.DistributionConfig {
	w.Helper()
	d := &types.DistributionConfig{
		CallerReference: aws.String(w.Name() + name), Comment: aws.String("the shop"), Enabled: aws.Bool(true), Origins: &types.Origins{},
		DefaultCacheBehavior: &types.DefaultCacheBehavior{TargetOriginId: aws.String("api"), ViewerProtocolPolicy: "https-only", CachePolicyId: aws.String("none")},
	}
	for id, control := range access {
		o := types.Origin{Id: &id, DomainName: aws.String("files.s3.us-east-1.amazonaws.com"), S3OriginConfig: &types.S3OriginConfig{OriginAccessIdentity: aws.String("")}}
		if control != "" {
			o.OriginAccessControlId = &control
		}
		d.Origins.Items = append(d.Origins.Items, o)
	}
	d.Origins.Quantity = aws.Int32(int32(len(access)))
	return d
}

func controls(list *types.Origins) map[string]string {
	found := map[string]string{}
	if list != nil {
		for _, o := range list.Items {
			found[aws.ToString(o.Id)] = aws.ToString(o.OriginAccessControlId)
		}
	}
	return found
}

// AWS: an origin's access control is read back as it was written, in every
// answer that shows the origin.
func TestOriginAccessControlsAreReadBack(t *testing.T) {
	w := newWorld(t)
	c, ctx := cloudfront.NewFromConfig(w.root()), t.Context()
	written := map[string]string{"pages": "E1PAGES", "files & more": "E2FILES", "api": ""}
	first := distributed(w, "first", written)
	made, err := c.CreateDistributionWithTags(ctx, &cloudfront.CreateDistributionWithTagsInput{DistributionConfigWithTags: &types.DistributionConfigWithTags{
		DistributionConfig: first, Tags: &types.Tags{Items: []types.Tag{{Key: aws.String("round"), Value: aws.String("R83")}}},
	}})
	must(t, err)
	id := made.Distribution.Id
	plain, err := c.CreateDistribution(ctx, &cloudfront.CreateDistributionInput{DistributionConfig: distributed(w, "second", map[string]string{"api": "E3OTHER"})})
	must(t, err)
	t.Cleanup(func() {
		for id, tag := range map[*string]*string{id: nil, plain.Distribution.Id: plain.ETag} {
			if tag == nil {
				now, err := c.GetDistribution(context.Background(), &cloudfront.GetDistributionInput{Id: id})
				must(t, err)
				tag = now.ETag
			}
			_, err := c.DeleteDistribution(context.Background(), &cloudfront.DeleteDistributionInput{Id: id, IfMatch: tag})
			must(t, err)
		}
	})
	want := func(when string, want map[string]string, first *types.Origins) {
		t.Helper()
		whole, err := c.GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: id})
		must(t, err)
		config, err := c.GetDistributionConfig(ctx, &cloudfront.GetDistributionConfigInput{Id: id})
		must(t, err)
		list, err := c.ListDistributions(ctx, nil)
		must(t, err)
		answers := map[string]*types.Origins{
			"the call itself": first, "GetDistribution": whole.Distribution.DistributionConfig.Origins, "GetDistributionConfig": config.DistributionConfig.Origins,
		}
		for _, one := range list.DistributionList.Items {
			if aws.ToString(one.Id) == *id {
				answers["ListDistributions"] = one.Origins
			}
		}
		for call, origins := range answers {
			if got := controls(origins); !maps.Equal(got, want) {
				t.Errorf("%s: %s shows %v, want %v", when, call, got, want)
			}
		}
		if len(answers) != 4 {
			t.Errorf("%s: it is not listed", when)
		}
	}
	want("made", written, made.Distribution.DistributionConfig.Origins)
	for when, next := range map[string]map[string]string{
		"changed": {"pages": "E4NEW", "api": ""}, "taken away": {"pages": "", "api": ""}, "given": {"pages": "E1PAGES", "api": ""},
	} {
		now, err := c.GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: id})
		must(t, err)
		got, err := c.UpdateDistribution(ctx, &cloudfront.UpdateDistributionInput{Id: id, IfMatch: now.ETag, DistributionConfig: distributed(w, "first", next)})
		must(t, err)
		want(when, next, got.Distribution.DistributionConfig.Origins)
	}
}

// AWS: every account has CloudFront's own policies; moto has none.
func TestManagedPoliciesOfCloudFront(t *testing.T) {
	w := newWorld(t)
	c, ctx := cloudfront.NewFromConfig(w.root()), t.Context()
	caches, err := c.ListCachePolicies(ctx, nil)
	must(t, err)
	requests, err := c.ListOriginRequestPolicies(ctx, nil)
	must(t, err)
	headers, err := c.ListResponseHeadersPolicies(ctx, nil)
	must(t, err)
	if n := len(caches.CachePolicyList.Items) + len(requests.OriginRequestPolicyList.Items) + len(headers.ResponseHeadersPolicyList.Items); n != len(managedPolicies) {
		t.Errorf("%d are listed", n)
	}
	for _, one := range caches.CachePolicyList.Items {
		got, err := c.GetCachePolicy(ctx, &cloudfront.GetCachePolicyInput{Id: one.CachePolicy.Id})
		must(t, err)
		config := got.CachePolicy.CachePolicyConfig
		kept := *config.MaxTTL > 0
		if *config.Name != *one.CachePolicy.CachePolicyConfig.Name || kept != *config.ParametersInCacheKeyAndForwardedToOrigin.EnableAcceptEncodingGzip || got.ETag == nil {
			t.Errorf("a cache policy is %+v", config)
		}
	}
	request, err := c.GetOriginRequestPolicy(ctx, &cloudfront.GetOriginRequestPolicyInput{Id: requests.OriginRequestPolicyList.Items[0].OriginRequestPolicy.Id})
	must(t, err)
	if h := request.OriginRequestPolicy.OriginRequestPolicyConfig.HeadersConfig; h.HeaderBehavior != "allExcept" || h.Headers.Items[0] != "Host" {
		t.Errorf("the request policy forwards %+v", h)
	}
	header, err := c.GetResponseHeadersPolicy(ctx, &cloudfront.GetResponseHeadersPolicyInput{Id: headers.ResponseHeadersPolicyList.Items[0].ResponseHeadersPolicy.Id})
	must(t, err)
	if s := header.ResponseHeadersPolicy.ResponseHeadersPolicyConfig.SecurityHeadersConfig; *s.StrictTransportSecurity.AccessControlMaxAgeSec != 31536000 || s.FrameOptions.FrameOption != "SAMEORIGIN" {
		t.Errorf("the headers policy is %+v", s)
	}
	_, err = c.GetCachePolicy(ctx, &cloudfront.GetCachePolicyInput{Id: aws.String("none")})
	wantCode(t, err, "NoSuchCachePolicy")
}
