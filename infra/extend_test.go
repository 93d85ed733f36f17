package infra

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/chaotic-good/scenarios/bot/round"
)

// ends reads the tag expires of everything of a round, each service by its own
// call.
func ends(t *testing.T, cfg aws.Config, id round.ID) map[string]string {
	t.Helper()
	c, n, ctx, all := newClients(cfg), NamesOf(id), t.Context(), map[string]string{}
	s := must(testMaker(t, cfg).stack(ctx, testSpec(id)))(t)
	for _, tag := range must(c.ec2.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: []types.Filter{filter("key", TagRound), filter("value", string(id))}}))(t).Tags {
		all[*tag.ResourceId] = endOf(t, c, *tag.ResourceId)
	}
	list := func(what string, find func(context.Context, *stack) ([]string, error), read func(id string)) {
		ids := must(find(ctx, s))(t)
		if len(ids) == 0 {
			t.Errorf("%s has no %s: nothing is tested", id, what)
		}
		for _, id := range ids {
			read(id)
		}
	}
	add := func(id, key, value *string) {
		if aws.ToString(key) == TagExpires {
			all[aws.ToString(id)] = aws.ToString(value)
		}
	}
	inECS := func(prefix string) func(string) {
		return func(id string) {
			arn := prefix + id
			for _, x := range must(c.ecs.ListTagsForResource(ctx, &ecs.ListTagsForResourceInput{ResourceArn: &arn}))(t).Tags {
				add(&arn, x.Key, x.Value)
			}
		}
	}
	list("clusters", findClusters, inECS("arn:aws:ecs:us-east-1:"+s.account+":cluster/"))
	list("services", findServices, inECS("arn:aws:ecs:us-east-1:"+s.account+":service/"+n.Cluster+"/"))
	list("task definitions", findTaskDefinitions, inECS(""))
	inRDS := func(prefix string) func(string) {
		return func(id string) {
			arn := "arn:aws:rds:us-east-1:" + s.account + ":" + prefix + id
			for _, x := range must(c.rds.ListTagsForResource(ctx, &rds.ListTagsForResourceInput{ResourceName: &arn}))(t).TagList {
				add(&arn, x.Key, x.Value)
			}
		}
	}
	list("databases", findDatabases, inRDS("db:"))
	list("subnet groups", findSubnetGroups, inRDS("subgrp:"))
	list("parameter groups", findParameterGroups, inRDS("pg:"))
	inELB := func(id string) {
		for _, x := range must(c.elb.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: []string{id}}))(t).TagDescriptions[0].Tags {
			add(&id, x.Key, x.Value)
		}
	}
	list("balancers", findBalancers, inELB)
	list("listeners", findListeners, inELB)
	list("target groups", findTargetGroups, inELB)
	list("secrets", findSecrets, func(id string) {
		for _, x := range must(c.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &id}))(t).Tags {
			add(&id, x.Key, x.Value)
		}
	})
	list("queues", findQueues, func(id string) {
		all[id] = must(c.sqs.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: &id}))(t).Tags[TagExpires]
	})
	list("roles", findRoles, func(id string) {
		for _, x := range must(c.iam.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: &id}))(t).Tags {
			add(&id, x.Key, x.Value)
		}
	})
	list("users", findUsers, func(id string) {
		for _, x := range must(c.iam.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: &id}))(t).Tags {
			add(&id, x.Key, x.Value)
		}
	})
	list("policies", findPolicies, func(id string) {
		for _, x := range must(c.iam.ListPolicyTags(ctx, &iam.ListPolicyTagsInput{PolicyArn: &id}))(t).Tags {
			add(&id, x.Key, x.Value)
		}
	})
	return all
}

// TestExtendWritesTheEndEverywhere: on all that carries one and on nothing else,
// twice without harm, and on a box that is started afterwards too.
func TestExtendWritesTheEndEverywhere(t *testing.T) {
	calls := &heard{action: "CreateLaunchTemplateVersion"}
	cfg := testConfig(needMoto(t), calls)
	const id = round.ID("R12")
	m, spec, n, ctx := testMaker(t, cfg), testSpec(id), NamesOf(id), t.Context()
	// moto remembers the tags of what is gone, as of this test's last time.
	gone := must(newClients(cfg).ec2.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: []types.Filter{filter("key", TagRound), filter("value", string(id))}}))(t).Tags
	_, stop := stage(t, cfg, id)
	if _, err := m.Provision(ctx, spec, func(round.Progress) {}); err != nil {
		t.Fatal(err)
	}
	stop()
	u := testUsers(t, cfg)
	must(u.Issue(ctx, ask(u, id, round.Player, round.Person{ID: "1", Name: "ana"}), round.Target{Round: id}, spec.Expires))(t)
	c := newClients(cfg)
	other := must(c.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.99.0.0/16"), // its round's name begins like ours
		TagSpecifications: (&stack{names: NamesOf("R121"), spec: spec}).tagged(types.ResourceTypeVpc, "network", "x")}))(t)
	t.Cleanup(func() {
		must(c.ec2.DeleteVpc(context.WithoutCancel(ctx), &ec2.DeleteVpcInput{VpcId: other.Vpc.VpcId}))(t)
	})

	before, later := ends(t, cfg, id), spec
	later.Expires = spec.Expires.Add(time.Hour)
	for range 2 {
		if err := m.Extend(ctx, later); err != nil {
			t.Fatal(err)
		}
	}
	after := ends(t, cfg, id)
	for _, tag := range gone {
		delete(before, *tag.ResourceId)
		delete(after, *tag.ResourceId)
	}
	old, want := spec.Expires.Format(time.RFC3339), later.Expires.Format(time.RFC3339)
	for thing, end := range before {
		if end != old || after[thing] != want {
			t.Errorf("%s ended at %s and now ends at %s, want %s and %s", thing, end, after[thing], old, want)
		}
	}
	if len(before) < 30 || len(after) != len(before) {
		t.Errorf("%d things had an end, and now %d have", len(before), len(after))
	}
	t.Logf("%d things carry an end", len(before))
	if got := endOf(t, c, *other.Vpc.VpcId); got != old {
		t.Errorf("another round ends at %s", got)
	}
	versions := must(c.ec2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: &n.Box}))(t).LaunchTemplateVersions
	if len(versions) != 2 {
		t.Errorf("extending twice to the same end left %d versions of the template, want 2", len(versions))
	}
	for _, v := range versions {
		tags := map[string]string{}
		for _, tag := range v.LaunchTemplateData.TagSpecifications[0].Tags {
			tags[*tag.Key] = *tag.Value
		}
		if aws.ToBool(v.DefaultVersion) && (*v.VersionNumber != 2 || tags[TagExpires] != want || tags[TagRole] != RoleBox) {
			t.Errorf("a box would start from version %d with tags %v", *v.VersionNumber, tags)
		}
	}
	calls.onlyTags(t)
	if _, err := m.Destroy(ctx, later, func(round.Progress) {}); err != nil {
		t.Error(err)
	}
	if err := m.Extend(ctx, later); err != nil {
		t.Errorf("nothing is left to extend: %v", err)
	}
}

func endOf(t *testing.T, c clients, id string) string {
	t.Helper()
	tags := must(c.ec2.DescribeTags(t.Context(), &ec2.DescribeTagsInput{Filters: []types.Filter{filter("resource-id", id), filter("key", TagExpires)}}))(t).Tags
	if len(tags) != 1 {
		t.Fatalf("%s has %d ends", id, len(tags))
	}
	return *tags[0].Value
}

// heard is a client that keeps what an action was asked with.
type heard struct {
	action string
	mu     sync.Mutex
	asked  []url.Values
}

func (h *heard) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") == h.action {
			h.mu.Lock()
			h.asked = append(h.asked, form)
			h.mu.Unlock()
		}
	}
	return http.DefaultClient.Do(r)
}

// onlyTags: a new version of a template is the old one but for its tags. What a
// template holds beside them is not the bot's to know: Terraform's has user data
// and an instance profile.
func (h *heard) onlyTags(t *testing.T) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.asked) != 1 || h.asked[0].Get("SourceVersion") != "1" {
		t.Fatalf("the template's new version was asked for as %v, want once, from version 1", h.asked)
	}
	for name := range h.asked[0] {
		if strings.HasPrefix(name, "LaunchTemplateData.") && !strings.HasPrefix(name, "LaunchTemplateData.TagSpecification.") {
			t.Errorf("the template's new version says %s anew", name)
		}
	}
}
