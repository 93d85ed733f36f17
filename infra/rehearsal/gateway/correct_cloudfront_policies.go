package gateway

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// managedPolicy is a policy that every account has from CloudFront. moto has
// none of them, nor the calls.
type managedPolicy struct {
	kind, id, name string
	settings       string // XML, beside the name
}

const (
	cachePolicy   = "CachePolicy"
	requestPolicy = "OriginRequestPolicy"
	headersPolicy = "ResponseHeadersPolicy"
)

// managedPolicies are those by which the stack's distribution works.
var managedPolicies = []managedPolicy{
	{cachePolicy, "658327ea-f89d-4fab-a63d-7e88639e58f6", "Managed-CachingOptimized", cacheSettings(1, 86400, 31536000, true)},
	{cachePolicy, "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "Managed-CachingDisabled", cacheSettings(0, 0, 0, false)},
	{requestPolicy, "b689b0a8-53d0-40ab-baf2-68738e2966ac", "Managed-AllViewerExceptHostHeader",
		"<HeadersConfig><HeaderBehavior>allExcept</HeaderBehavior><Headers><Quantity>1</Quantity><Items><Name>Host</Name></Items></Headers></HeadersConfig>" +
			"<CookiesConfig><CookieBehavior>all</CookieBehavior></CookiesConfig><QueryStringsConfig><QueryStringBehavior>all</QueryStringBehavior></QueryStringsConfig>"},
	{headersPolicy, "67f7725c-6f97-4210-82d7-5512b31e9d03", "Managed-SecurityHeadersPolicy",
		"<SecurityHeadersConfig><XSSProtection><Override>false</Override><Protection>true</Protection><ModeBlock>true</ModeBlock></XSSProtection>" +
			"<FrameOptions><Override>false</Override><FrameOption>SAMEORIGIN</FrameOption></FrameOptions>" +
			"<ReferrerPolicy><Override>false</Override><ReferrerPolicy>strict-origin-when-cross-origin</ReferrerPolicy></ReferrerPolicy>" +
			"<ContentTypeOptions><Override>true</Override></ContentTypeOptions>" +
			"<StrictTransportSecurity><Override>false</Override><AccessControlMaxAgeSec>31536000</AccessControlMaxAgeSec></StrictTransportSecurity></SecurityHeadersConfig>"},
}

func cacheSettings(least, usual, most int, packed bool) string {
	return fmt.Sprintf("<MinTTL>%d</MinTTL><DefaultTTL>%d</DefaultTTL><MaxTTL>%d</MaxTTL><ParametersInCacheKeyAndForwardedToOrigin>"+
		"<EnableAcceptEncodingGzip>%[4]t</EnableAcceptEncodingGzip><EnableAcceptEncodingBrotli>%[4]t</EnableAcceptEncodingBrotli>"+
		"<HeadersConfig><HeaderBehavior>none</HeaderBehavior></HeadersConfig><CookiesConfig><CookieBehavior>none</CookieBehavior></CookiesConfig>"+
		"<QueryStringsConfig><QueryStringBehavior>none</QueryStringBehavior></QueryStringsConfig></ParametersInCacheKeyAndForwardedToOrigin>", least, usual, most, packed)
}

// xml is the policy in an element of that name.
func (p managedPolicy) xml(element string) string {
	begin, _, _ := strings.Cut(element, " ")
	return fmt.Sprintf("<%s><Id>%s</Id><LastModifiedTime>2024-01-01T00:00:00Z</LastModifiedTime><%sConfig><Name>%s</Name>%s</%[3]sConfig></%[6]s>",
		element, p.id, p.kind, p.name, p.settings, begin)
}

const cloudfrontSpace = ` xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"`

// listPolicies lists the policies of a kind; an account has none of its own here.
func listPolicies(kind string) func(context.Context, *Gateway, *request) (*response, error) {
	return func(_ context.Context, _ *Gateway, r *request) (*response, error) {
		var all []string
		for _, p := range managedPolicies {
			if p.kind == kind && r.url.Query().Get("Type") != "custom" {
				all = append(all, "<"+kind+"Summary><Type>managed</Type>"+p.xml(kind)+"</"+kind+"Summary>")
			}
		}
		return xmlAnswer(fmt.Appendf(nil, "<%sList%s><MaxItems>100</MaxItems><Quantity>%d</Quantity><Items>%s</Items></%[1]sList>",
			kind, cloudfrontSpace, len(all), strings.Join(all, ""))), nil
	}
}

// getPolicy shows one policy of a kind.
func getPolicy(kind string) func(context.Context, *Gateway, *request) (*response, error) {
	return func(_ context.Context, _ *Gateway, r *request) (*response, error) {
		i := slices.IndexFunc(managedPolicies, func(p managedPolicy) bool { return p.kind == kind && p.id == r.str("Id") })
		if i < 0 {
			return nil, &apiError{http.StatusNotFound, "NoSuch" + kind, "The " + kind + " does not exist."}
		}
		resp := xmlAnswer([]byte(managedPolicies[i].xml(kind + cloudfrontSpace)))
		resp.header.Set("Etag", "E23ZP02F085DFQ")
		return resp, nil
	}
}
