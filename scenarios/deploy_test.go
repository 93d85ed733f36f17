package scenarios

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/gateway"
)

// calm is a truth in which a service runs what it should, or does not yet.
type calm struct {
	gateway.Truth
	pending int
}

func (c calm) ServiceView(string, string) (gateway.View, bool) {
	return gateway.View{Running: 2 - c.pending, Pending: c.pending, Deployments: []gateway.Deployment{{Status: "PRIMARY", Desired: 2}}}, true
}

// shopService is a service api of R1 that runs release 1.4.0.
type shopService struct {
	*network
	gate   *gateway.Gateway
	api    *ecs.Client
	names  infra.Names
	first  string // ARN of its definition
	target round.Target
	fault  round.Fault
	list   releases
}

func newShopService(t *testing.T) *shopService {
	t.Helper()
	n := newNetwork(t)
	s := &shopService{network: n, gate: n.gated(), names: infra.NamesOf("R1"), target: round.Target{Round: "R1"}, fault: round.Fault{Kind: "deploy", Params: map[string]string{
		"service": infra.ServiceAPI, "release": "1.5.0", "env.SHOP_CHECKOUT": "express", "by": "nina/release-pipeline",
	}}}
	s.gate.SetTruth(calm{})
	s.api, s.list = ecs.NewFromConfig(n.cfg), releasesOf(n.cfg, "R1")
	if _, err := s.api.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: &s.names.Cluster}); err != nil {
		t.Fatal(err)
	}
	s.first = s.register("chaotic-good/shop:1.4.0")
	_, err := s.api.CreateService(t.Context(), &ecs.CreateServiceInput{
		Cluster: &s.names.Cluster, ServiceName: aws.String(infra.ServiceAPI), TaskDefinition: &s.first, DesiredCount: aws.Int32(2), LaunchType: types.LaunchTypeFargate,
		Tags: []types.Tag{{Key: aws.String(infra.TagRound), Value: aws.String("R1")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.list.append(t.Context(), infra.Deployment{By: "release-pipeline", Release: "1.4.0", Revision: infra.RevisionOf(s.first)}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shopService) register(image string) string {
	s.Helper()
	out, err := s.api.RegisterTaskDefinition(s.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String(s.names.Family(infra.ServiceAPI)), RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate}, Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("api"), Image: &image, Memory: aws.Int32(128),
			Environment: []types.KeyValuePair{{Name: aws.String("SHOP_ROLE"), Value: aws.String("serve")}},
			Secrets:     []types.Secret{{Name: aws.String("SHOP_DATABASE_USER"), ValueFrom: aws.String("arn:aws:secretsmanager:us-east-1:1:secret:x:username::")}}}},
		Tags: []types.Tag{{Key: aws.String(infra.TagRound), Value: aws.String("R1")}},
	})
	if err != nil {
		s.Fatal(err)
	}
	return *out.TaskDefinition.TaskDefinitionArn
}

// runs is the revision of the service, by its number.
func (s *shopService) runs() string {
	s.Helper()
	svc, err := serviceOf(s.Context(), s.api, s.names, infra.ServiceAPI)
	if err != nil || svc == nil {
		s.Fatalf("the service: %v, %v", svc, err)
	}
	return infra.RevisionOf(*svc.TaskDefinition)
}

// active lists the revisions that are not deregistered.
func (s *shopService) active() (names []string) {
	s.Helper()
	all, err := revisions(s.Context(), s.api, s.names.Family(infra.ServiceAPI), types.SortOrderAsc)
	if err != nil {
		s.Fatal(err)
	}
	for _, arn := range all {
		names = append(names, infra.RevisionOf(arn))
	}
	return names
}

func (s *shopService) listed() (lines []string) {
	s.Helper()
	all, err := s.list.read(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	for _, d := range all {
		lines = append(lines, d.Release+" "+d.By)
	}
	return lines
}

func (s *shopService) update(revision string) {
	s.Helper()
	if err := runRevision(s.Context(), s.api, s.names, infra.ServiceAPI, revision); err != nil {
		s.Fatal(err)
	}
}

func TestDeploy(t *testing.T) {
	const first, ours, third = "chaotic-r1-api:1", "chaotic-r1-api:2", "chaotic-r1-api:3"
	for _, c := range []struct {
		name   string
		player func(*shopService)
		twice  bool // injected again after what the player did
		runs   string
		active []string
	}{
		{"nobody does anything", func(*shopService) {}, false, first, []string{first}},
		{"rolled back", func(s *shopService) { s.update(s.first) }, false, first, []string{first}},
		{"rolled back, then injected again", func(s *shopService) { s.update(s.first) }, true, first, []string{first}},
		{"fixed forward", func(s *shopService) { s.update(s.register("chaotic-good/shop:1.5.0")) }, false, third, []string{first, third}},
		{"the first revision is gone", func(s *shopService) {
			s.register("chaotic-good/shop:1.4.0")
			if _, err := s.api.DeregisterTaskDefinition(s.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &s.first}); err != nil {
				s.Fatal(err)
			}
		}, false, third, []string{third}},
		{"ours is deregistered while it runs", func(s *shopService) {
			if _, err := s.api.DeregisterTaskDefinition(s.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String(ours)}); err != nil {
				s.Fatal(err)
			}
		}, false, first, []string{first}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, ctx := newShopService(t), t.Context()
			f := NewFaults(s.cfg)
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			plan, err := f.Plan(ctx, s.target, s.fault)
			must(err)
			if s.runs() != first || len(s.active()) != 1 || !strings.Contains(plan.Blast, "release 1.5.0") {
				t.Errorf("after the plan %q it runs %s of %q", plan.Blast, s.runs(), s.active())
			}
			for range 2 {
				must(f.Inject(ctx, s.target, s.fault, plan.Receipt))
			}
			if got := s.listed(); s.runs() != ours || !slices.Equal(s.active(), []string{first, ours}) || !slices.Equal(got, []string{"1.4.0 release-pipeline", "1.5.0 nina/release-pipeline"}) {
				t.Errorf("injected, it runs %s of %q; the list is %q", s.runs(), s.active(), got)
			}
			d, err := definitionOf(ctx, s.api, ours)
			must(err)
			env := map[string]string{}
			for _, e := range d.ContainerDefinitions[0].Environment {
				env[*e.Name] = *e.Value
			}
			if image := *d.ContainerDefinitions[0].Image; image != "chaotic-good/shop:1.5.0" || env["SHOP_CHECKOUT"] != "express" || env["SHOP_ROLE"] != "serve" || len(d.ContainerDefinitions[0].Secrets) != 1 {
				t.Errorf("the revision is %s with %v", image, env)
			}
			c.player(s)
			if c.twice {
				must(f.Inject(ctx, s.target, s.fault, plan.Receipt))
			}
			for range 2 {
				must(f.Rollback(ctx, s.target, s.fault, plan.Receipt))
			}
			if got := s.listed(); s.runs() != c.runs || !slices.Equal(s.active(), c.active) || !slices.Equal(got, []string{"1.4.0 release-pipeline"}) {
				t.Errorf("rolled back, it runs %s of %q; the list is %q", s.runs(), s.active(), got)
			}
		})
	}
}

func TestDeployIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		when func(*shopService)
		rule string
	}{
		"the service is being scaled": {func(s *shopService) { s.gate.SetTruth(calm{pending: 1}) }, "not-steady"},
		"it runs that release":        {func(s *shopService) { s.update(s.register("chaotic-good/shop:1.5.0")) }, "no-effect"},
		"another round's service": {func(s *shopService) {
			s.target.Round = "R2"
		}, "no-target"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShopService(t)
			c.when(s)
			_, err := NewFaults(s.cfg).Plan(t.Context(), s.target, s.fault)
			var no *round.Refusal
			if !errors.As(err, &no) || no.Rule != c.rule {
				t.Errorf("the plan: %v", err)
			}
		})
	}
}

// TestDeployIsContinued: a bot that dies in the middle of it, and is told to
// inject again, goes on where it was.
func TestDeployIsContinued(t *testing.T) {
	s, ctx := newShopService(t), t.Context()
	f := NewFaults(s.cfg)
	plan, err := f.Plan(ctx, s.target, s.fault)
	if err != nil {
		t.Fatal(err)
	}
	r, err := readDeploy(plan.Receipt)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := registerDeploy(ctx, s.api, r); err != nil {
		t.Fatal(err)
	}
	if err := f.Inject(ctx, s.target, s.fault, plan.Receipt); err != nil {
		t.Fatal(err)
	}
	if s.runs() != "chaotic-r1-api:2" || len(s.active()) != 2 || len(s.listed()) != 2 {
		t.Errorf("it runs %s of %q; the list is %q", s.runs(), s.active(), s.listed())
	}
}
