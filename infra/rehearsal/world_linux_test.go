package rehearsal

import (
	"context"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/panels"
)

// TestWorld: what is done to a stack at AWS happens here. One world for all,
// because it takes seconds to make; each part leaves the stack as it found it.
func TestWorld(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a whole world")
	}
	ctx := t.Context()
	s := raise(t, ctx)
	s.provision(ctx)
	part := func(name string, f func(*testing.T, context.Context, *stage)) {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			mine := *s
			mine.t = t
			f(t, ctx, &mine)
			t.Logf("took %s", time.Since(began).Round(time.Millisecond))
		})
	}
	part("tasks serve", testTasks)
	part("at rest it asks little", testRest)
	part("a forced deployment", testForce)
	part("more and fewer", testScale)
	part("another revision", testRevision)
	part("a killed process", testKilled)
	part("a stopped task", testStopped)
	part("the box", testBox)
	part("the box's kernel crashes", testBoxCrashed)
	part("the box is replaced", testBoxReplaced)
	part("a revoked rule", testRevoked)
	part("the database is stopped", testDatabase)
	part("the database dies", testDatabaseDies)
	part("a later end", testExtend)
	part("moto hangs", testHang)
	part("destroy", testDestroy)
}

// testTasks: what AWS shows fits the processes.
func testTasks(t *testing.T, ctx context.Context, s *stage) {
	s.stable(ctx, 2)
	arns := s.tasks(ctx, infra.ServiceAPI)
	if len(arns) != 2 {
		t.Fatalf("%d tasks are listed", len(arns))
	}
	out := must(s.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &s.n.Cluster, Tasks: arns}))(t)
	var addresses []string
	for _, task := range out.Tasks {
		s.pid(aws.ToString(task.TaskArn))
		if got := aws.ToString(task.LastStatus); got != "RUNNING" {
			t.Errorf("a task that serves is %s", got)
		}
		for _, a := range task.Attachments {
			for _, d := range a.Details {
				if aws.ToString(d.Name) == "privateIPv4Address" {
					addresses = append(addresses, aws.ToString(d.Value))
				}
			}
		}
	}
	targets := s.healthy(ctx)
	slices.Sort(addresses)
	slices.Sort(targets)
	if !slices.Equal(addresses, targets) {
		t.Errorf("the tasks' addresses are %q, the targets' %q", addresses, targets)
	}
	if got := s.products(ctx); got != 200 {
		t.Errorf("the shop answers %d", got)
	}
	if n := s.failed(ctx); n != 0 {
		t.Errorf("%v visits failed while the stack was made", n)
	}
}

// testRest: a stack to which nothing happens costs moto a few calls a second.
func testRest(t *testing.T, ctx context.Context, s *stage) {
	s.recon.Settle(ctx)
	const d = 6 * time.Second
	from := s.recon.Stats()
	<-time.After(d) // nothing is what is waited for
	to := s.recon.Stats()
	t.Logf("%d passes and %d calls in %s", to.Passes-from.Passes, to.Calls-from.Calls, d)
	if calls := to.Calls - from.Calls; calls > 30 {
		t.Errorf("%d calls in %s", calls, d)
	}
}

// testForce: all tasks are replaced and no visitor notices.
func testForce(t *testing.T, ctx context.Context, s *stage) {
	broken, old := s.broken(), s.tasks(ctx, infra.ServiceAPI)
	must(s.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: &s.n.Cluster, Service: aws.String(infra.ServiceAPI), ForceNewDeployment: true}))(t)
	s.replaced(ctx, old, 2)
	s.visits(ctx, 90)
	if n := s.broken() - broken; n > 0 {
		t.Errorf("%d visits met a task that was gone", n)
	}
}

// replaced waits until none of the old tasks runs and n others are steady.
func (s *stage) replaced(ctx context.Context, old []string, n int) {
	s.t.Helper()
	took := s.until("all tasks are replaced", func() bool {
		now := s.tasks(ctx, infra.ServiceAPI)
		return len(now) == n && !slices.ContainsFunc(now, func(arn string) bool { return slices.Contains(old, arn) })
	})
	s.t.Logf("replaced after %s, steady %s later", took.Round(time.Millisecond), s.stable(ctx, n).Round(time.Millisecond))
}

func testScale(t *testing.T, ctx context.Context, s *stage) {
	broken := s.broken()
	for _, n := range []int{3, 2} {
		must(s.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: &s.n.Cluster, Service: aws.String(infra.ServiceAPI), DesiredCount: aws.Int32(int32(n))}))(t)
		s.until("ECS lists them", func() bool { return len(s.tasks(ctx, infra.ServiceAPI)) == n })
		s.stable(ctx, n)
	}
	s.visits(ctx, 60)
	if n := s.broken() - broken; n > 0 {
		t.Errorf("%d visits met a task that was gone", n)
	}
}

// testRevision: another revision rolls, and the processes are of that release.
func testRevision(t *testing.T, ctx context.Context, s *stage) {
	broken, old := s.broken(), s.tasks(ctx, infra.ServiceAPI)
	have := must(s.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String(s.n.Family(infra.ServiceAPI))}))(t).TaskDefinition
	have.ContainerDefinitions[0].Image = aws.String("shop:1.5.0")
	made := must(s.ecs.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: have.Family, ContainerDefinitions: have.ContainerDefinitions, NetworkMode: have.NetworkMode, Cpu: have.Cpu, Memory: have.Memory,
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate}, ExecutionRoleArn: have.ExecutionRoleArn, TaskRoleArn: have.TaskRoleArn,
	}))(t)
	must(s.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{
		Cluster: &s.n.Cluster, Service: aws.String(infra.ServiceAPI), TaskDefinition: made.TaskDefinition.TaskDefinitionArn,
	}))(t)
	s.replaced(ctx, old, 2)
	s.until("Prometheus sees the new release alone", func() bool {
		return s.sum(ctx, `shop_build_info{release="1.5.0",job="shop"}`) == 2 && s.sum(ctx, `shop_build_info{release="1.4.0",job="shop"}`) == 0
	})
	if n := s.broken() - broken; n > 0 {
		t.Errorf("%d visits met a task that was gone", n)
	}
}

// testKilled: ECS stops the task of a process that died, and runs another.
func testKilled(t *testing.T, ctx context.Context, s *stage) {
	old := s.tasks(ctx, infra.ServiceAPI)
	if err := syscall.Kill(s.pid(old[0]), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.until("the task is stopped and another runs", func() bool {
		now := s.tasks(ctx, infra.ServiceAPI)
		return len(now) == 2 && !slices.Contains(now, old[0]) && slices.Contains(now, old[1])
	})
	out := must(s.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &s.n.Cluster, Tasks: old[:1]}))(t)
	if got := aws.ToString(out.Tasks[0].StoppedReason); got != "Essential container in task exited" {
		t.Errorf("it stopped because %q", got)
	}
	s.stable(ctx, 2)
}

func testStopped(t *testing.T, ctx context.Context, s *stage) {
	old := s.tasks(ctx, infra.ServiceAPI)
	pid := s.pid(old[0])
	must(s.ecs.StopTask(ctx, &ecs.StopTaskInput{Cluster: &s.n.Cluster, Task: &old[0], Reason: aws.String("because")}))(t)
	s.until("its process ends", func() bool { return syscall.Kill(pid, 0) != nil })
	s.until("another runs", func() bool { return len(s.tasks(ctx, infra.ServiceAPI)) == 2 })
	s.stable(ctx, 2)
}

// said lists what the stack's processes logged since then, with a text in it.
func (s *stage) said(since time.Time, what string) (lines []string) {
	for _, l := range s.Logs.Lines(panels.Filter{}, 10000) {
		if !l.At.Before(since) && strings.Contains(string(l.Fields)+l.Text, what) {
			lines = append(lines, l.Source+": "+l.Text)
		}
	}
	return lines
}

// wholly waits until three seconds of visitors got all that they asked for. One
// task may answer while another still holds requests that wait for a connection.
func (s *stage) wholly(ctx context.Context) {
	s.t.Helper()
	s.until("the visitors get all they ask for", func() bool {
		failed := s.failed(ctx)
		s.visits(ctx, 90)
		return s.failed(ctx) == failed
	})
}

// testRevoked: the round's own story. New connections hang, and either repair
// heals at once. That established ones live on is netpath's own test: from here
// nobody sees when a task needs a new one.
func testRevoked(t *testing.T, ctx context.Context, s *stage) {
	database, tasks := s.group(ctx, infra.RoleDatabase), s.group(ctx, infra.RoleTasks)
	rule := ec2types.IpPermission{
		IpProtocol: aws.String("tcp"), FromPort: aws.Int32(infra.PortPostgres), ToPort: aws.Int32(infra.PortPostgres),
		UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &tasks}},
	}
	byRange := rule
	byRange.UserIdGroupPairs, byRange.IpRanges = nil, []ec2types.IpRange{{CidrIp: aws.String("10.20.2.0/27")}}
	cut := func(p ec2types.IpPermission) {
		s.wholly(ctx)
		began := time.Now()
		must(s.ec2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &database, IpPermissions: []ec2types.IpPermission{p}}))(t)
		onset := s.until("the shop fails", func() bool { return s.products(ctx) >= 500 })
		s.until("the shop's log says that connecting takes too long", func() bool { return len(s.said(began, "timeout")) > 0 })
		if refused := s.said(began, "connection refused"); len(refused) > 0 {
			t.Errorf("a missing rule refused: %s", refused[0])
		}
		t.Logf("onset %s", onset.Round(time.Millisecond))
	}
	heal := func(p ec2types.IpPermission) {
		must(s.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &database, IpPermissions: []ec2types.IpPermission{p}}))(t)
		took := s.until("the shop answers", func() bool { return s.products(ctx) == 200 })
		if took > 3*time.Second {
			t.Errorf("it healed only after %s", took)
		}
		t.Logf("healed after %s", took.Round(time.Millisecond))
	}
	cut(rule)
	heal(byRange)
	cut(byRange)
	heal(rule)
}

// testDatabase: stopped by its owner, hosts and rules as on AWS: it is silent.
func testDatabase(t *testing.T, ctx context.Context, s *stage) {
	began := time.Now()
	must(s.rds.StopDBInstance(ctx, &rds.StopDBInstanceInput{DBInstanceIdentifier: &s.n.Database}))(t)
	s.until("the shop fails", func() bool { return s.products(ctx) >= 500 })
	s.until("its process ends", func() bool { return !s.runs("postgres") })
	if refused := s.said(began.Add(time.Second), "connection refused"); len(refused) > 0 {
		t.Errorf("a database that is stopped refused: %s", refused[0])
	}
	must(s.rds.StartDBInstance(ctx, &rds.StartDBInstanceInput{DBInstanceIdentifier: &s.n.Database}))(t)
	s.until("the shop answers", func() bool { return s.products(ctx) == 200 })
}

func (s *stage) runs(name string) bool {
	for _, p := range s.Group.List() {
		if p.Name == name {
			return true
		}
	}
	return false
}

// testDatabaseDies: RDS starts a server again that ended by itself.
func testDatabaseDies(t *testing.T, ctx context.Context, s *stage) {
	pid := s.named("postgres")
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	s.until("another server runs", func() bool { return s.runs("postgres") && s.named("postgres") != pid })
	s.until("the shop answers", func() bool { return s.products(ctx) == 200 })
	if !strings.Contains(s.log.String(), "the database ended by itself") {
		t.Error("nobody was told")
	}
}

// testHang: moto stands still for a moment; what runs goes on.
func testHang(t *testing.T, ctx context.Context, s *stage) {
	pid := s.named("moto")
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	s.recon.Kick()
	s.visits(ctx, 60)
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	s.recon.Settle(ctx)
	s.stable(ctx, 2)
}

// testDestroy: nothing is left, neither at AWS nor here.
func testDestroy(t *testing.T, ctx context.Context, s *stage) {
	gone, err := s.maker.Destroy(ctx, s.spec, func(round.Progress) {})
	if err != nil || gone.Left != 0 {
		t.Errorf("%d things are left: %v, %v", gone.Left, gone.What, err)
	}
	after, err := s.Inventory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if more := after.Minus(s.before); len(more) > 0 {
		t.Errorf("left behind: %s", text(more))
	}
	if less := s.before.Minus(after); len(less) > 0 {
		t.Errorf("no longer there: %s", text(less))
	}
}

// TestCloseInTheMiddle: a world ends quickly and wholly, whatever happens.
func TestCloseInTheMiddle(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a whole world")
	}
	ctx := t.Context()
	s := raise(t, ctx)
	half, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		_, err := s.maker.Provision(half, s.spec, func(p round.Progress) {
			if p.Phase == "tasks" {
				stop()
			}
		})
		ended <- err
	}()
	<-ended
	if err := syscall.Kill(s.named("moto"), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	s.recon.Kick() // a pass that hangs
	began := time.Now()
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
	took := time.Since(began)
	t.Logf("closed after %s", took.Round(time.Millisecond))
	if took > 10*time.Second {
		t.Errorf("closing took %s", took)
	}
	if left := s.Group.List(); len(left) > 0 {
		t.Errorf("still running: %v", left)
	}
	if _, err := os.Stat(s.run); !os.IsNotExist(err) {
		t.Errorf("the run folder is still there: %v", err)
	}
}
