package infra

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/chaotic-good/scenarios/bot/round"
)

func TestProvisionTwiceAndDestroyTwice(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	before := inventory(t, cfg)
	const id = round.ID("R1")
	shop, stop := stage(t, cfg, id)
	m, spec := testMaker(t, cfg), testSpec(id)

	var last round.Progress
	watch := func(p round.Progress) {
		if p.Done < last.Done || p.Done > p.Total || p.Phase == "" {
			t.Errorf("progress %+v after %+v", p, last)
		}
		last = p
	}
	began := time.Now()
	out, err := m.Provision(t.Context(), spec, watch)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("provisioned in %s, %d parts", time.Since(began).Round(time.Millisecond), last.Total)
	if last.Done != last.Total {
		t.Errorf("progress ends at %+v", last)
	}
	if out.Shop != shop || out.Prometheus != shop || out.Alertmanager != shop || out.Queue == "" || out.Region != "us-east-1" {
		t.Errorf("outputs %+v", out)
	}
	first := inventory(t, cfg)
	login := secretOf(t, cfg, id)

	last = round.Progress{}
	began = time.Now()
	again, err := m.Provision(t.Context(), spec, watch)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("provisioned again in %s", time.Since(began).Round(time.Millisecond))
	if again != out {
		t.Errorf("outputs changed: %+v, then %+v", out, again)
	}
	sameInventory(t, first, inventory(t, cfg))
	if secretOf(t, cfg, id) != login || login.Password == "" || login.Host == "" {
		t.Errorf("the database's login changed or lacks something")
	}
	stop()

	last = round.Progress{}
	began = time.Now()
	gone, err := m.Destroy(t.Context(), spec, watch)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("destroyed in %s: %d things", time.Since(began).Round(time.Millisecond), gone.Removed)
	if gone.Left != 0 || len(gone.What) != 0 || gone.Removed < last.Total {
		t.Errorf("destroyed %+v of %d", gone, last.Total)
	}
	sameInventory(t, before, inventory(t, cfg))
	if gone, err := m.Destroy(t.Context(), spec, watch); err != nil || gone.Removed != 0 || gone.Left != 0 {
		t.Errorf("destroy of nothing: %+v, %v", gone, err)
	}
}

func secretOf(t *testing.T, cfg aws.Config, id round.ID) (login DatabaseSecret) {
	t.Helper()
	name := NamesOf(id).DatabaseSecret
	out := must(newClients(cfg).secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &name}))(t)
	if err := json.Unmarshal([]byte(aws.ToString(out.SecretString)), &login); err != nil {
		t.Fatal(err)
	}
	return login
}

// failing lets some calls through and then none: as if the process had died.
// Of the call in which it dies, AWS may or may not have heard.
type failing struct {
	after int64
	heard bool
	calls atomic.Int64
}

func (f *failing) Do(r *http.Request) (*http.Response, error) {
	n := f.calls.Add(1)
	if n < f.after {
		return http.DefaultClient.Do(r)
	}
	if n == f.after && f.heard {
		if resp, err := http.DefaultClient.Do(r); err == nil {
			resp.Body.Close()
		}
	}
	return nil, errors.New("the line is cut")
}

func TestAProvisionThatWasCutIsCompleted(t *testing.T) {
	url := needMoto(t)
	cfg := testConfig(url, nil)
	const id = round.ID("R2")
	spec := testSpec(id)
	before := inventory(t, cfg)

	// The reference: how many calls, and how many things, a whole provision is.
	counter := &failing{after: 1 << 30}
	_, stop := stage(t, cfg, id)
	if _, err := testMaker(t, testConfig(url, counter)).Provision(t.Context(), spec, func(round.Progress) {}); err != nil {
		t.Fatal(err)
	}
	stop()
	whole := byKind(inventory(t, cfg))
	calls := counter.calls.Load()
	t.Logf("a provision is %d calls", calls)
	if _, err := testMaker(t, cfg).Destroy(t.Context(), spec, func(round.Progress) {}); err != nil {
		t.Fatal(err)
	}

	for i, n := range []int64{3, 6, 13, 22, 33, 45, 56, 66} {
		if n >= calls {
			continue
		}
		_, stop := stage(t, cfg, id)
		cut := &failing{after: n, heard: i%2 == 0}
		if _, err := testMaker(t, testConfig(url, cut)).Provision(t.Context(), spec, func(round.Progress) {}); err == nil {
			t.Errorf("cut at call %d: no error", n)
		}
		if _, err := testMaker(t, cfg).Provision(t.Context(), spec, func(round.Progress) {}); err != nil {
			t.Errorf("cut at call %d (heard: %v), then: %v", n, cut.heard, err)
		}
		complete := byKind(inventory(t, cfg))
		for kind, want := range whole {
			if got := complete[kind]; got != want {
				t.Errorf("cut at call %d (heard: %v): %d of %s, want %d", n, cut.heard, got, kind, want)
			}
		}
		stop()
		if _, err := testMaker(t, testConfig(url, &failing{after: n, heard: i%2 == 0})).Destroy(t.Context(), spec, func(round.Progress) {}); err == nil {
			t.Errorf("destroy cut at call %d: no error", n)
		}
		if _, err := testMaker(t, cfg).Destroy(t.Context(), spec, func(round.Progress) {}); err != nil {
			t.Errorf("destroy cut at call %d, then: %v", n, err)
		}
		sameInventory(t, before, inventory(t, cfg))
	}
}

func byKind(all []string) map[string]int {
	counts := map[string]int{}
	for _, thing := range all {
		counts[thing[:strings.LastIndexByte(thing, ' ')]]++
	}
	return counts
}

func TestDestroyFindsWhatAPlayerMade(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	before := inventory(t, cfg)
	const id = round.ID("R3")
	m, spec, n := testMaker(t, cfg), testSpec(id), NamesOf(id)
	_, stop := stage(t, cfg, id)
	if _, err := m.Provision(t.Context(), spec, func(round.Progress) {}); err != nil {
		t.Fatal(err)
	}
	stop()
	meddle(t, cfg, n)

	gone, err := m.Destroy(t.Context(), spec, func(round.Progress) {})
	if err != nil || gone.Left != 0 {
		t.Errorf("destroyed %+v, %v", gone, err)
	}
	sameInventory(t, before, inventory(t, cfg))
}

// meddle does what players do, none of it tagged.
func meddle(t *testing.T, cfg aws.Config, n Names) {
	t.Helper()
	c, ctx := newClients(cfg), t.Context()
	s := &stack{clients: c, names: n}
	if err := s.findNetworks(ctx); err != nil {
		t.Fatal(err)
	}
	vpc := s.networks[0]
	groups := map[string]string{}
	for _, g := range must(listGroups(ctx, s, []types.Filter{filter("vpc-id", vpc)}))(t) {
		groups[aws.ToString(g.GroupName)] = aws.ToString(g.GroupId)
	}
	subnet := must(findSubnets(ctx, s))(t)[0]
	mine := must(c.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		VpcId: &vpc, GroupName: aws.String("let-me-in"), Description: aws.String("a fix"),
	}))(t).GroupId
	for _, pair := range [][2]string{{groups[n.Group(RoleDatabase)], *mine}, {*mine, groups[n.Group(RoleDatabase)]}, {groups["default"], *mine}} {
		must(c.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: &pair[0], IpPermissions: []types.IpPermission{{
				IpProtocol: aws.String("tcp"), FromPort: aws.Int32(5432), ToPort: aws.Int32(5432),
				UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &pair[1], Description: aws.String("mine")}},
			}},
		}))(t)
	}
	must(c.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: aws.String(groups[n.Group(RoleDatabase)]), IpProtocol: aws.String("tcp"),
		FromPort: aws.Int32(5432), ToPort: aws.Int32(5432), CidrIp: aws.String("10.20.2.0/24"),
	}))(t)
	must(c.ec2.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: mine, IpPermissions: []types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(1), ToPort: aws.Int32(2),
			UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: aws.String(groups[n.Group(RoleTasks)])}},
		}},
	}))(t)
	must(c.ec2.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &subnet, Groups: []string{*mine}}))(t)
	run := must(c.ec2.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: aws.String("ami-12345678"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &subnet,
		SecurityGroupIds: []string{*mine}, DisableApiTermination: aws.Bool(true),
	}))(t)
	must(c.ec2.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{
		InstanceId: run.Instances[0].InstanceId, DisableApiTermination: &types.AttributeBooleanValue{Value: aws.Bool(true)},
	}))(t)
	must(c.rds.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: &n.Database, DeletionProtection: aws.Bool(true), ApplyImmediately: aws.Bool(true),
	}))(t)
	family := n.Family(ServiceAPI)
	must(c.ecs.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: &family, NetworkMode: ecstypes.NetworkModeAwsvpc, Cpu: aws.String("256"), Memory: aws.String("512"),
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions:    []ecstypes.ContainerDefinition{{Name: aws.String("api"), Image: aws.String("shop:1"), Memory: aws.Int32(128)}},
	}))(t)
	// moto's answer is not what the SDK can read; the task is there all the same.
	_, _ = c.ecs.RunTask(ctx, &ecs.RunTaskInput{
		Cluster: &n.Cluster, TaskDefinition: &family, LaunchType: ecstypes.LaunchTypeFargate,
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{subnet}, SecurityGroups: []string{*mine},
		}},
	})
	if tasks := must(findTasks(ctx, s))(t); len(tasks) != 1 {
		t.Fatalf("%d tasks run", len(tasks))
	}
}

func TestDestroySaysWhatIsLeft(t *testing.T) {
	url := needMoto(t)
	cfg := testConfig(url, nil)
	const id = round.ID("R4")
	spec := testSpec(id)
	_, stop := stage(t, cfg, id)
	if _, err := testMaker(t, cfg).Provision(t.Context(), spec, func(round.Progress) {}); err != nil {
		t.Fatal(err)
	}
	stop()
	stubborn := testMaker(t, testConfig(url, refusing("DeleteQueue")))
	stubborn.cfg.Pace.Gone = 100 * time.Millisecond
	gone, err := stubborn.Destroy(t.Context(), spec, func(round.Progress) {})
	if err == nil || gone.Left != 1 || len(gone.What) != 1 || gone.What[0] != "queues: 1" ||
		!strings.Contains(err.Error(), "refused") {
		t.Errorf("destroyed %+v, %v", gone, err)
	}
	if _, err := testMaker(t, cfg).Destroy(t.Context(), spec, func(round.Progress) {}); err != nil {
		t.Error(err)
	}
}

// refusing fails every call of one JSON action.
type refusing string

func (action refusing) Do(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+string(action)) {
		return nil, errors.New("refused")
	}
	return http.DefaultClient.Do(r)
}

func TestAStackThatNeverAnswersIsGivenUp(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	m, spec := testMaker(t, cfg), testSpec("R5")
	m.cfg.Wait = 200 * time.Millisecond
	_, err := m.Provision(t.Context(), spec, func(round.Progress) {})
	if err == nil || !strings.Contains(err.Error(), "waited 200ms for the stack's addresses") {
		t.Errorf("no address gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Provision(ctx, spec, func(round.Progress) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled provision gives %v", err)
	}
	if _, err := m.Destroy(t.Context(), spec, func(round.Progress) {}); err != nil {
		t.Error(err)
	}
	if _, err := m.Destroy(t.Context(), round.Spec{Round: "R01x"}, func(round.Progress) {}); err == nil {
		t.Error("what is not a round can be destroyed")
	}
}
