package gateway

import (
	"context"
	"net/url"
)

// What only Terraform makes, a longer round tags and a destroy removes: the calls
// of the latter two.

var ecrSubjects = map[string]subjects{
	"DeleteRepository": named("repository/", "repositoryName"),
	"TagResource":      exactly("resourceArn"),
}

var snsSubjects = map[string]subjects{"DeleteTopic": exactly("TopicArn"), "TagResource": exactly("ResourceArn")}

var eventsSubjects = map[string]subjects{
	"TagResource":       exactly("ResourceARN"),
	"ListTargetsByRule": named("rule/", "Rule"),
	"RemoveTargets":     named("rule/", "Rule"),
	"DeleteRule":        named("rule/", "Name"),
}

var cloudtrailSubjects = map[string]subjects{
	"AddTags":      exactly("ResourceId"),
	"CreateTrail":  trailNamed,
	"DeleteTrail":  trailNamed,
	"StartLogging": trailNamed,
	"StopLogging":  trailNamed,
}

func trailNamed(_ context.Context, _ *upstream, r *request) ([]string, error) {
	return []string{r.arn("cloudtrail", "trail/"+trailName(r.str("Name")))}, nil
}

var cognitoSubjects = map[string]subjects{
	"DescribeUserPool":     named("userpool/", "UserPoolId"),
	"DeleteUserPool":       named("userpool/", "UserPoolId"),
	"DeleteUserPoolDomain": named("userpool/", "UserPoolId"),
	"TagResource":          exactly("ResourceArn"),
}

var wafSubjects = map[string]subjects{"GetWebACL": webACL, "DeleteWebACL": webACL, "TagResource": exactly("ResourceARN")}

func webACL(_ context.Context, _ *upstream, r *request) ([]string, error) {
	return []string{r.arn("wafv2", "global/webacl/"+r.str("Name")+"/"+r.str("Id"))}, nil
}

var cloudfrontSubjects = map[string]subjects{
	"GetDistribution":           worldly("cloudfront", "distribution/"),
	"GetDistributionConfig":     worldly("cloudfront", "distribution/"),
	"UpdateDistribution":        worldly("cloudfront", "distribution/"),
	"DeleteDistribution":        worldly("cloudfront", "distribution/"),
	"GetOriginAccessControl":    worldly("cloudfront", "origin-access-control/"),
	"DeleteOriginAccessControl": worldly("cloudfront", "origin-access-control/"),
	"TagResource":               inQuery("Resource"),
	"UntagResource":             inQuery("Resource"),
}

// inQuery is the ARN that the call's address has.
func inQuery(name string) subjects {
	return func(_ context.Context, _ *upstream, r *request) ([]string, error) {
		return r.url.Query()[name], nil
	}
}

// worldly is a thing of no region, by the id in the call's path.
func worldly(service, kind string) subjects {
	return func(_ context.Context, _ *upstream, r *request) ([]string, error) {
		return []string{"arn:aws:" + service + "::" + r.account + ":" + kind + r.str("Id")}, nil
	}
}

var route53Subjects = map[string]subjects{
	"ListResourceRecordSets":   hostedZone,
	"ChangeResourceRecordSets": hostedZone,
	"DeleteHostedZone":         hostedZone,
	"ChangeTagsForResource":    hostedZone,
}

func hostedZone(_ context.Context, _ *upstream, r *request) ([]string, error) {
	return []string{"arn:aws:route53:::hostedzone/" + r.str("Id")}, nil
}

// associated is the elastic address that the call takes off, by its association.
func associated(ctx context.Context, u *upstream, r *request) ([]string, error) {
	var got struct {
		IDs []string `xml:"addressesSet>item>allocationId"`
	}
	form := url.Values{}
	setFilter(form, 1, "association-id", []any{r.str("AssociationId")})
	if err := u.query(ctx, "ec2", "DescribeAddresses", form, &got); err != nil {
		return nil, err
	}
	var out []string
	for _, id := range got.IDs {
		out = append(out, r.arn("ec2", "elastic-ip/"+id))
	}
	return out, nil
}

// distributionTags asks by the ARN that moto has, which lacks a colon.
func (u *upstream) distributionTags(ctx context.Context, id string) (map[string]string, error) {
	arn := "arn:aws:cloudfront:" + u.account + ":" + id
	h := map[string][]string{}
	body, err := u.ask(ctx, "cloudfront", "GET", "/2020-05-31/tagging?Resource="+url.QueryEscape(arn), h, nil)
	if err != nil {
		return nil, err
	}
	var got struct {
		Tag []xmlTag `xml:"Tag"`
	}
	if err := inside(body, "Items", &got); err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, t := range got.Tag {
		tags[t.Key] = t.Value
	}
	return tags, nil
}

func (u *upstream) poolTags(ctx context.Context, id string) (map[string]string, error) {
	var got struct {
		UserPool struct{ UserPoolTags map[string]string }
	}
	err := u.json(ctx, "cognito-idp", "DescribeUserPool", map[string]string{"UserPoolId": id}, &got)
	return got.UserPool.UserPoolTags, err
}
