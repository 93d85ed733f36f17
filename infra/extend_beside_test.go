package infra

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	zonetypes "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	waf "github.com/aws/aws-sdk-go-v2/service/wafv2"
)

// untagged answers the two calls about tags that moto does not know, and keeps
// what they said.
type untagged struct{ said map[string]map[string]any }

func (u untagged) Do(r *http.Request) (*http.Response, error) {
	service, call, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if call != "TagResource" || !slices.Contains([]string{"AWSCognitoIdentityProviderService", "AWSBudgetServiceGateway"}, service) {
		return http.DefaultClient.Do(r)
	}
	said := map[string]any{}
	if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
		return nil, err
	}
	u.said[service] = said
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewBufferString("{}")), Request: r}, nil
}

// TestExtendReachesWhatOnlyTerraformMakes: each kind of thing gets the new end
// beside the tags that it has, twice without harm, and another round's does not.
func TestExtendReachesWhatOnlyTerraformMakes(t *testing.T) {
	asked := untagged{said: map[string]map[string]any{}}
	cfg := testConfig(needMoto(t), asked)
	s, neighbour := stackOf(t, cfg, "R63"), stackOf(t, cfg, "R630")
	kinds := s.endedBeside()
	made, steps := map[string]bool{}, []string{"parameters"}
	makeParameter := func(t *testing.T, s *stack) {
		must(s.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{Name: &s.names.Shop, Value: aws.String("x"), Type: ssmtypes.ParameterTypeString}))(t)
	}
	for _, l := range append(leftovers(), leftover{"parameters", "parameters", nil, makeParameter}) {
		if l.kind == "buckets" || !slices.ContainsFunc(kinds, func(k ended) bool { return k.what == l.kind }) {
			continue // the trail brings its bucket
		}
		l.make(t, s)
		l.make(t, neighbour)
		made[l.kind] = true
		steps = append(steps, append(l.beside, l.step)...)
	}
	slices.Sort(steps)
	steps = slices.Compact(steps)
	t.Cleanup(func() {
		for _, s := range []*stack{s, neighbour} {
			if _, err := s.clear(context.Background(), some(t, steps...), silent); err != nil {
				t.Error(err)
			}
		}
	})
	bucket := s.names.Bucket("logs", s.account)
	must(s.s3.PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{Bucket: &bucket, Tagging: &s3types.Tagging{
		TagSet: []s3types.Tag{{Key: aws.String(TagProject), Value: aws.String(Project)}},
	}}))(t)

	later := s.spec
	later.Expires = later.Expires.Add(time.Hour)
	for range 2 {
		if err := testMaker(t, cfg).Extend(t.Context(), later); err != nil {
			t.Fatal(err)
		}
	}
	ends := map[*stack]string{s: later.Expires.Format(time.RFC3339)}
	for _, k := range kinds {
		if !made[k.what] && k.what != "buckets" {
			t.Errorf("nothing was made of the %s", k.what)
		}
		for _, of := range []*stack{s, neighbour} {
			ids := must(k.find(t.Context(), of))(t)
			if len(ids) == 0 {
				t.Errorf("%s has no %s", of.names.Round, k.what)
			}
			for _, id := range ids {
				tags := tagsOf(t, of, k.what, id, asked)
				if tags[TagExpires] != ends[of] {
					t.Errorf("the %s %s of %s have the tags %v, want the end %q", k.what, id, of.names.Round, tags, ends[of])
				}
				if k.what == "buckets" && of == s && tags[TagProject] != Project {
					t.Errorf("a bucket lost its own tags and has %v", tags)
				}
			}
		}
	}
}

// tagsOf asks each service in its own way.
func tagsOf(t *testing.T, s *stack, what, id string, asked untagged) map[string]string {
	t.Helper()
	ctx, all := t.Context(), map[string]string{}
	add := func(key, value *string) { all[aws.ToString(key)] = aws.ToString(value) }
	switch what {
	case "instance profiles":
		for _, x := range must(s.iam.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &id}))(t).InstanceProfile.Tags {
			add(x.Key, x.Value)
		}
	case "parameters":
		for _, x := range must(s.ssm.ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{ResourceType: ssmtypes.ResourceTypeForTaggingParameter, ResourceId: &id}))(t).TagList {
			add(x.Key, x.Value)
		}
	case "log groups":
		return must(s.logs.ListTagsForResource(ctx, &logs.ListTagsForResourceInput{ResourceArn: aws.String(s.arn("logs", "log-group:"+id))}))(t).Tags
	case "repositories":
		for _, x := range must(s.ecr.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: aws.String(s.arn("ecr", "repository/"+id))}))(t).Tags {
			add(x.Key, x.Value)
		}
	case "buckets":
		has, err := s.s3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &id})
		if err != nil && !hasCode(err, "NoSuchTagSet") {
			t.Fatal(err)
		}
		if has != nil {
			for _, x := range has.TagSet {
				add(x.Key, x.Value)
			}
		}
	case "distributions":
		d := must(s.cloudfront.GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: &id}))(t).Distribution
		for _, x := range must(s.cloudfront.ListTagsForResource(ctx, &cloudfront.ListTagsForResourceInput{Resource: d.ARN}))(t).Tags.Items {
			add(x.Key, x.Value)
		}
	case "firewalls":
		for _, x := range must(s.waf.ListTagsForResource(ctx, &waf.ListTagsForResourceInput{ResourceARN: aws.String(s.arnIn(worldRegion, "wafv2", "global/webacl/"+strings.ReplaceAll(id, " ", "/")))}))(t).TagInfoForResource.TagList {
			add(x.Key, x.Value)
		}
	case "zones":
		for _, x := range must(s.route53.ListTagsForResource(ctx, &route53.ListTagsForResourceInput{
			ResourceType: zonetypes.TagResourceTypeHostedzone, ResourceId: aws.String(strings.TrimPrefix(id, "/hostedzone/")),
		}))(t).ResourceTagSet.Tags {
			add(x.Key, x.Value)
		}
	case "event rules":
		for _, x := range must(s.events.ListTagsForResource(ctx, &events.ListTagsForResourceInput{ResourceARN: aws.String(s.arn("events", "rule/"+id))}))(t).Tags {
			add(x.Key, x.Value)
		}
	case "trails":
		for _, x := range must(s.trails.ListTags(ctx, &cloudtrail.ListTagsInput{ResourceIdList: []string{s.arn("cloudtrail", "trail/"+id)}}))(t).ResourceTagList[0].TagsList {
			add(x.Key, x.Value)
		}
	case "topics":
		for _, x := range must(s.topics.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: &id}))(t).Tags {
			add(x.Key, x.Value)
		}
	case "billing alarms":
		for _, x := range must(s.worldAlarms.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: aws.String(s.arnIn(worldRegion, "cloudwatch", "alarm:"+id))}))(t).Tags {
			add(x.Key, x.Value)
		}
	case "user pools":
		said := asked.said["AWSCognitoIdentityProviderService"]
		if tags, ok := said["Tags"].(map[string]any); ok && said["ResourceArn"] == s.arn("cognito-idp", "userpool/"+id) {
			all[TagExpires] = tags[TagExpires].(string)
		}
	case "budgets":
		said := asked.said["AWSBudgetServiceGateway"]
		if tags, ok := said["ResourceTags"].([]any); ok && said["ResourceARN"] == "arn:aws:budgets::"+s.account+":budget/"+id {
			tag := tags[0].(map[string]any)
			all[tag["Key"].(string)] = tag["Value"].(string)
		}
	default:
		t.Fatalf("who knows the tags of %s?", what)
	}
	return all
}
