package gateway

import (
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// stack is a cluster with a network, for one test.
type stack struct {
	*world
	ecs     *ecs.Client
	cluster string
	network *types.NetworkConfiguration
}

func newStack(t *testing.T, name string) stack {
	w := newWorld(t)
	s := stack{world: w, ecs: ecs.NewFromConfig(w.root()), cluster: name}
	subnets, err := ec2.NewFromConfig(w.root()).DescribeSubnets(t.Context(), nil)
	must(t, err)
	group, err := ec2.NewFromConfig(w.root()).CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{GroupName: &name, Description: &name})
	must(t, err)
	s.network = &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
		Subnets: []string{*subnets.Subnets[0].SubnetId}, SecurityGroups: []string{*group.GroupId}}}
	_, err = s.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: &name})
	must(t, err)
	return s
}

// revision registers a revision of the cluster's family and returns its ARN.
func (s stack) revision() string {
	s.Helper()
	got, err := s.ecs.RegisterTaskDefinition(s.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: &s.cluster, RequiresCompatibilities: []types.Compatibility{"FARGATE"}, NetworkMode: "awsvpc",
		Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("c"), Image: aws.String("i"), Memory: aws.Int32(128)}},
	})
	must(s, err)
	return *got.TaskDefinition.TaskDefinitionArn
}

func (s stack) service(name, revision string) {
	s.Helper()
	_, err := s.ecs.CreateService(s.Context(), &ecs.CreateServiceInput{Cluster: &s.cluster, ServiceName: &name, TaskDefinition: &revision,
		DesiredCount: aws.Int32(2), LaunchType: "FARGATE", NetworkConfiguration: s.network})
	must(s, err)
}

// run starts a task without a launch type.
func (s stack) run(group string) string {
	s.Helper()
	got, err := s.ecs.RunTask(s.Context(), &ecs.RunTaskInput{Cluster: &s.cluster, TaskDefinition: &s.cluster, Group: &group, NetworkConfiguration: s.network})
	must(s, err)
	return *got.Tasks[0].TaskArn
}

// AWS: list-tasks with a service lists that service's running tasks.
func TestListTasks(t *testing.T) {
	s := newStack(t, "list-tasks")
	s.service("api", s.revision())
	one, two, other := s.run("service:api"), s.run("service:api"), s.run("family:list-tasks")
	_, err := s.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: &s.cluster, Task: &two})
	must(t, err)
	for _, tt := range []struct {
		name string
		in   ecs.ListTasksInput
		want []string
	}{
		{"of a service", ecs.ListTasksInput{ServiceName: aws.String("api")}, []string{one}},
		{"of a service, stopped", ecs.ListTasksInput{ServiceName: aws.String("api"), DesiredStatus: "STOPPED"}, []string{two}},
		{"of the cluster", ecs.ListTasksInput{}, []string{one, other}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.in.Cluster = &s.cluster
			got, err := s.ecs.ListTasks(t.Context(), &tt.in)
			must(t, err)
			sort.Strings(got.TaskArns)
			sort.Strings(tt.want)
			if !reflect.DeepEqual(got.TaskArns, tt.want) {
				t.Errorf("tasks = %v, want %v", got.TaskArns, tt.want)
			}
		})
	}
	_, err = s.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: &s.cluster, ServiceName: aws.String("none")})
	wantCode(t, err, "ServiceNotFoundException")
}

// AWS: a task that is not there is an invalid parameter, and MISSING.
func TestUnknownTasks(t *testing.T) {
	s := newStack(t, "unknown-tasks")
	s.revision()
	stop := func() error {
		_, err := s.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: &s.cluster, Task: aws.String("0123456789abcdef0123456789abcdef")})
		return err
	}
	if say := wantCode(t, stop(), "InvalidParameterException"); say != "The referenced task was not found." {
		t.Errorf("AWS says %q", say)
	}
	s.run("x")
	wantCode(t, stop(), "InvalidParameterException")
	got, err := s.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: &s.cluster, Tasks: []string{"0123456789abcdef0123456789abcdef"}})
	must(t, err)
	if len(got.Failures) != 1 || *got.Failures[0].Reason != "MISSING" {
		t.Errorf("failures = %v", got.Failures)
	}
}

// AWS: a service's revision is an ARN, and a deregistered one is refused.
func TestUpdateService(t *testing.T) {
	s := newStack(t, "update-service")
	first, second := s.revision(), s.revision()
	s.service("api", first)
	update := func(name string) (string, error) {
		got, err := s.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: &s.cluster, Service: aws.String("api"), TaskDefinition: &name})
		if err != nil {
			return "", err
		}
		return *got.Service.TaskDefinition, nil
	}
	for name, want := range map[string]string{"update-service": second, "update-service:1": first, second: second} {
		got, err := update(name)
		must(t, err)
		if got != want {
			t.Errorf("%s became %s, want %s", name, got, want)
		}
	}
	_, err := s.ecs.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &first})
	must(t, err)
	_, err = update("update-service:1")
	wantCode(t, err, "ClientException")
	_, err = update("update-service:9")
	wantCode(t, err, "ClientException")
	_, err = s.ecs.RunTask(t.Context(), &ecs.RunTaskInput{Cluster: &s.cluster, TaskDefinition: &first, NetworkConfiguration: s.network})
	wantCode(t, err, "InvalidParameterException")
}

// AWS: a task without a security group gets its network's default one.
func TestRunTaskWithoutAGroup(t *testing.T) {
	s := newStack(t, "no-group")
	s.network.AwsvpcConfiguration.SecurityGroups = nil
	s.service("api", s.revision())
	arn := s.run("x")
	got, err := s.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: &s.cluster, Tasks: []string{arn}})
	must(t, err)
	c := got.Tasks[0].Containers[0]
	if *got.Tasks[0].LastStatus != "RUNNING" || *c.LastStatus != "RUNNING" || c.ExitCode != nil || *c.Memory != "128" {
		t.Errorf("the task's container is %+v", c)
	}
}

// told is a truth for tests.
type told struct {
	view     View
	health   map[Target]Health
	database DatabaseView
}

func (f told) ServiceView(cluster, service string) (View, bool) {
	return f.view, cluster == "truth" && service == "api"
}

func (f told) Database(string) (DatabaseView, bool) { return f.database, f.database.Class != "" }

func (f told) ExitCode(string) (int, bool) { return 137, true }

func (f told) TargetHealth(arn string) map[Target]Health {
	if strings.Contains(arn, "/truth/") {
		return f.health
	}
	return nil
}

// AWS: a service shows what its tasks do.
func TestDescribeServicesTellsTheTruth(t *testing.T) {
	s := newStack(t, "truth")
	rev := s.revision()
	s.service("api", rev)
	s.service("other", rev)
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s.gateway.SetTruth(told{view: View{Running: 1, Pending: 1,
		Deployments: []Deployment{{ID: "ecs-svc/1", Status: "PRIMARY", TaskDefinition: rev, Rollout: "IN_PROGRESS", Desired: 2, Running: 1, Pending: 1, CreatedAt: at, UpdatedAt: at}},
		Events:      []Event{{ID: "e1", At: at, Message: "(service api) has started 1 tasks."}}}})
	got, err := s.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: &s.cluster, Services: []string{"api", "other"}})
	must(t, err)
	api, other := got.Services[0], got.Services[1]
	if *api.ServiceName != "api" {
		api, other = other, api
	}
	if api.RunningCount != 1 || api.PendingCount != 1 || len(api.Deployments) != 1 || len(api.Events) != 1 {
		t.Fatalf("the service is %+v", api)
	}
	d := api.Deployments[0]
	if *d.Id != "ecs-svc/1" || *d.Status != "PRIMARY" || *d.TaskDefinition != rev || d.RolloutState != "IN_PROGRESS" ||
		d.RunningCount != 1 || !d.CreatedAt.Equal(at) || !api.Events[0].CreatedAt.Equal(at) {
		t.Errorf("the deployment is %+v", d)
	}
	if other.RunningCount != 0 || other.PendingCount != 2 {
		t.Errorf("a service that nothing is known of became %+v", other)
	}
}

// AWS: the load balancer says which targets answer, and why not.
func TestDescribeTargetHealthTellsTheTruth(t *testing.T) {
	w := newWorld(t)
	c := elb.NewFromConfig(w.root())
	group := func(name string) *string {
		vpcs, err := ec2.NewFromConfig(w.root()).DescribeVpcs(t.Context(), nil)
		must(t, err)
		made, err := c.CreateTargetGroup(t.Context(), &elb.CreateTargetGroupInput{Name: &name, Protocol: "HTTP", Port: aws.Int32(8080), TargetType: "ip", VpcId: vpcs.Vpcs[0].VpcId})
		must(t, err)
		return made.TargetGroups[0].TargetGroupArn
	}
	arn := group("truth")
	w.gateway.SetTruth(told{health: map[Target]Health{
		{ID: "10.0.0.4"}:             {State: "healthy"},
		{ID: "10.0.0.5", Port: 8081}: {State: "unhealthy", Reason: "Target.Timeout", Description: "Request timed out"},
	}})
	got, err := c.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: arn})
	must(t, err)
	var said []string
	for _, d := range got.TargetHealthDescriptions {
		said = append(said, *d.Target.Id+" "+string(d.TargetHealth.State)+" "+string(d.TargetHealth.Reason))
	}
	if want := []string{"10.0.0.4 healthy ", "10.0.0.5 unhealthy Target.Timeout"}; !reflect.DeepEqual(said, want) {
		t.Errorf("healths = %q, want %q", said, want)
	}
	got, err = c.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: arn,
		Targets: []elbtypes.TargetDescription{{Id: aws.String("10.0.0.9")}}})
	must(t, err)
	if d := got.TargetHealthDescriptions[0]; d.TargetHealth.State != "unused" || d.TargetHealth.Reason != "Target.NotRegistered" {
		t.Errorf("a target that is not there is %+v", d.TargetHealth)
	}
	_, err = c.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: group("unknown")})
	must(t, err)
}

// timed is a truth that knows of one task's process.
type timed struct {
	told
	arn              string
	started, stopped time.Time
}

func (f timed) TaskTimes(arn string) (started, stopped time.Time) {
	if arn == f.arn {
		return f.started, f.stopped
	}
	return time.Time{}, time.Time{}
}

// AWS: a task says when it was made, when it began and when it stopped, each as
// soon as it has.
func TestTimesOfATask(t *testing.T) {
	s := newStack(t, "times")
	s.service("api", s.revision())
	arn, other := s.run("x"), s.run("y")
	describe := func(arn string) (made, started, stopped *time.Time) {
		t.Helper()
		got, err := s.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: &s.cluster, Tasks: []string{arn}})
		must(t, err)
		return got.Tasks[0].CreatedAt, got.Tasks[0].StartedAt, got.Tasks[0].StoppedAt
	}
	made, started, stopped := describe(arn)
	if made == nil || time.Since(*made) > time.Minute || started != nil || stopped != nil {
		t.Fatalf("before it began: %v, %v, %v", made, started, stopped)
	}
	at := time.Now().Truncate(time.Second)
	s.gateway.SetTruth(timed{arn: arn, started: at, stopped: at.Add(time.Minute)})
	if again, started, stopped := describe(arn); !again.Equal(*made) && !again.Equal(at) || started == nil || !started.Equal(at) || stopped != nil {
		t.Errorf("while it runs: %v, %v, %v", again, started, stopped)
	}
	_, err := s.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: &s.cluster, Task: &arn})
	must(t, err)
	if _, started, stopped := describe(arn); !started.Equal(at) || stopped == nil || !stopped.Equal(at.Add(time.Minute)) {
		t.Errorf("when it has stopped: %v, %v", started, stopped)
	}
	s.gateway.SetTruth(timed{arn: other, started: at.Add(-time.Hour)})
	if made, started, _ := describe(other); made.After(*started) {
		t.Errorf("one that began before it was heard of was made at %v, began at %v", made, started)
	}
}
