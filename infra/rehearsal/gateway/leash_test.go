package gateway

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// player is a user of the round with the very policies and boundary that players
// get.
func (w *world) player(id round.ID) aws.Config {
	w.Helper()
	n := infra.NamesOf(id)
	cfg, _ := w.bounded(n.Path, n.Prefix+"-player-ana", w.boundary(), policies(w, id, infra.PlayerPolicies())...)
	return cfg
}

// aRound is the part of a round's stack that its player might reach for.
type aRound struct {
	infra.Names
	hook  string            // ARN of the webhook's secret
	login string            // ARN of the database's
	tasks map[string]string // by service
}

func (w *world) stack(id round.ID) aRound {
	w.Helper()
	ctx, s := w.Context(), aRound{Names: infra.NamesOf(id), tasks: map[string]string{}}
	sm := secretsmanager.NewFromConfig(w.root())
	for name, arn := range map[string]*string{s.DatabaseSecret: &s.login, s.WebhookSecret: &s.hook} {
		made, err := sm.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, SecretString: aws.String("x")})
		must(w, err)
		*arn = *made.ARN
	}
	c := ecs.NewFromConfig(w.root())
	_, err := c.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: &s.Cluster})
	must(w, err)
	for _, svc := range infra.Services() {
		family := s.Family(svc.Name)
		_, err := c.RegisterTaskDefinition(ctx, definition(family, svc.Name, ""))
		must(w, err)
		_, err = c.CreateService(ctx, &ecs.CreateServiceInput{Cluster: &s.Cluster, ServiceName: &svc.Name, TaskDefinition: &family,
			Tags: []ecstypes.Tag{{Key: aws.String(infra.TagRole), Value: &svc.Group}}})
		must(w, err)
		run, err := c.RunTask(ctx, &ecs.RunTaskInput{Cluster: &s.Cluster, TaskDefinition: &family, Group: aws.String("service:" + svc.Name)})
		must(w, err)
		s.tasks[svc.Name] = *run.Tasks[0].TaskArn
	}
	return s
}

func definition(family, container, secret string) *ecs.RegisterTaskDefinitionInput {
	c := ecstypes.ContainerDefinition{Name: &container, Image: aws.String("shop"), Memory: aws.Int32(64)}
	if secret != "" {
		c.Secrets = []ecstypes.Secret{{Name: aws.String("SHOP_RELEASE"), ValueFrom: &secret}}
	}
	return &ecs.RegisterTaskDefinitionInput{Family: &family, ContainerDefinitions: []ecstypes.ContainerDefinition{c}}
}

func TestThePlayersLeashOnTasks(t *testing.T) {
	w := newWorld(t)
	mine, other := w.stack("R61"), w.stack("R62")
	c := ecs.NewFromConfig(w.player("R61"))
	ctx := t.Context()
	api, visitors := infra.ServiceAPI, infra.ServiceVisitors
	update := func(cluster, service string) error {
		_, err := c.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: &cluster, Service: &service, DesiredCount: aws.Int32(1)})
		return err
	}
	stop := func(cluster, task string) error {
		_, err := c.StopTask(ctx, &ecs.StopTaskInput{Cluster: &cluster, Task: &task})
		return err
	}
	run := func(group, by string) error {
		in := &ecs.RunTaskInput{Cluster: &mine.Cluster, TaskDefinition: aws.String(mine.Family(api))}
		if group != "" {
			in.Group = &group
		}
		if by != "" {
			in.StartedBy = &by
		}
		_, err := c.RunTask(ctx, in)
		return err
	}
	register := func(family, container, secret string) error {
		_, err := c.RegisterTaskDefinition(ctx, definition(family, container, secret))
		return err
	}
	set := func(name, value string) error {
		in := definition(mine.Family(api), api, "")
		in.ContainerDefinitions[0].Environment = []ecstypes.KeyValuePair{{Name: &name, Value: &value}}
		_, err := c.RegisterTaskDefinition(ctx, in)
		return err
	}
	rush, err := ecs.NewFromConfig(w.root()).RunTask(ctx, &ecs.RunTaskInput{Cluster: &mine.Cluster, TaskDefinition: aws.String(mine.Family(visitors)), StartedBy: aws.String("run-x"),
		Tags: []ecstypes.Tag{{Key: aws.String(infra.TagRole), Value: aws.String(infra.RoleVisitors)}}})
	must(t, err)
	campaign := *rush.Tasks[0].TaskArn
	under := func(s aRound, kind, name string) string {
		return "arn:aws:ecs:" + region + ":" + account + ":" + kind + "/" + s.Cluster + "/" + last(name, "/")
	}
	const denied, invalid, refused = "AccessDeniedException", "InvalidParameterException", "ClientException"
	for name, c := range map[string]struct {
		err  error
		code string
	}{
		"the visitors' service":                   {update(mine.Cluster, visitors), denied},
		"another round's service":                 {update(other.Cluster, api), denied},
		"another round's service, by our ARN":     {update(other.Cluster, under(mine, "service", api)), denied},
		"the visitors' task":                      {stop(mine.Cluster, mine.tasks[visitors]), denied},
		"another round's task":                    {stop(other.Cluster, other.tasks[api]), denied},
		"another round's task, as if it was ours": {stop(other.Cluster, under(mine, "task", other.tasks[api])), denied},
		"a task that says it is the visitors'":    {run("service:"+visitors, ""), invalid},
		"a task that says ECS started it":         {run("", "ecs-svc/0123456789"), invalid},
		"a container named like a path":           {register(mine.Family(api), "../../../../tmp/x", ""), refused},
		"a family named like a path":              {register("../x", "api", ""), refused},
		"a process that writes where it likes":    {set("SHOP_DATA_DIR", "/tmp"), refused},
		"a process that shows what it likes":      {set("SHOP_STATUS_FILE", "/etc/passwd"), refused},
		"visitors that no service keeps":          {stop(mine.Cluster, campaign), denied},
		"a process that floods whom it likes":     {set("SHOP_ROLE", "visitors"), refused},
		"a payment provider that is not asked":    {set("SHOP_PAYMENT_WAIT", "1ns"), refused},
		"a process with somebody else's code":     {set("LD_PRELOAD", "/tmp/x.so"), refused},
		"the webhook as a container's secret":     {register(mine.Family(api), "api", mine.hook+":token::"), denied},
		"the webhook without its ARN's end":       {register(mine.Family(api), "api", strings.TrimRight(mine.hook[:len(mine.hook)-7], "-")), denied},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, c.err, c.code) })
	}
	must(t, update(mine.Cluster, api))
	must(t, run("", ""))
	must(t, set("SHOP_ROLE", "serve"))
	must(t, set("SHOP_DATABASE_POOL", "2"))
	must(t, register(mine.Family(api), "api", mine.login+":username::"))
	must(t, stop(mine.Cluster, mine.tasks[api]))
}

// TestNoCallHidesFromTheTrail: what a caller may choose freely must not make a
// record that the queue refuses.
func TestNoCallHidesFromTheTrail(t *testing.T) {
	w := newWorld(t)
	s, read := w.stack("R63"), w.audit("R63")
	c := ecs.NewFromConfig(w.player("R63"))
	agent := func(value string) func(*ecs.Options) {
		return func(o *ecs.Options) {
			o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
				return stack.Build.Add(middleware.BuildMiddlewareFunc("agent", func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (middleware.BuildOutput, middleware.Metadata, error) {
					in.Request.(*smithyhttp.Request).Header.Set("User-Agent", value)
					return next.HandleBuild(ctx, in)
				}), middleware.After)
			})
		}
	}
	calls := 0
	for _, reason := range []string{"\uffff", "\x01", strings.Repeat("x", 250<<10)} {
		_, err := c.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: &s.Cluster, Task: aws.String("none"), Reason: &reason}, agent(strings.Repeat("é", 150<<10)))
		wantCode(t, err, "InvalidParameterException")
		calls++
	}
	if got := len(read()); got != calls {
		t.Errorf("%d of %d calls are recorded", got, calls)
	}
}
