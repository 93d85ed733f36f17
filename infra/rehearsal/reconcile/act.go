package reconcile

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/chaotic-good/scenarios/frontend"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/balancer"
	"github.com/chaotic-good/scenarios/infra/rehearsal/edge"
	"github.com/chaotic-good/scenarios/infra/rehearsal/prom"
)

// act does one step. What cannot be done yet is tried again by the next pass,
// which finds the same difference.
func (s *site) act(ctx context.Context, seen Seen, step Step) error {
	switch step.Verb {
	case StartDatabase:
		s.beside(ctx, step.Verb, func(ctx context.Context) error { return s.startDatabase(ctx, seen) })
		return nil
	case StopDatabase:
		return s.stopDatabase(ctx)
	case RestartDatabase:
		s.beside(ctx, step.Verb, func(ctx context.Context) error { return s.restartDatabase(ctx, *seen.Database) })
		return nil
	case Configure:
		return s.configureDatabase(seen.Database.Settings)
	case WriteLogin:
		return s.writeOperator(ctx, *seen.Operator, step.Detail)
	case RunTask:
		return s.runTask(ctx, seen, step)
	case ScaleService:
		return s.scaleService(ctx, step.Thing, step.Detail)
	case Unplaced:
		s.unplaced(seen, step.Thing, step.Detail)
		return nil
	case StopTask:
		s.tell(seen, step.Thing, step.Detail)
		_, err := s.r.aws.tasks.StopTask(ctx, &ecs.StopTaskInput{Cluster: &s.names.Cluster, Task: &step.Thing, Reason: &step.Detail})
		return ignoreGone(err)
	case FreeAddress:
		defer s.r.news.add(fromEC2)
		_, err := s.r.aws.ec2.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &step.Thing})
		if err = ignoreGone(err); err == nil {
			delete(s.lent, step.Thing)
		}
		return err
	case StartProc:
		return s.start(ctx, seen, step.Thing)
	case StopProc:
		return s.stopProc(ctx, step.Thing, step.Detail == hard)
	case SizeDevice:
		return s.sizeDevice(ctx, step)
	case EndMachine:
		s.endMachine(ctx, step.Thing)
		return nil
	case StartBalancer:
		return s.startBalancer(ctx, step.Thing)
	case StopBalancer:
		return s.stopBalancer(ctx, step.Thing)
	case Register:
		defer s.r.news.add(fromELB)
		_, err := s.r.aws.elb.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &seen.Balancer.TargetGroup, Targets: target(step.Thing)})
		return ignoreGone(err)
	case Deregister:
		defer s.r.news.add(fromELB)
		_, err := s.r.aws.elb.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &seen.Balancer.TargetGroup, Targets: target(step.Thing)})
		return ignoreGone(err)
	case StartMonitors:
		s.beside(ctx, step.Verb, func(ctx context.Context) error { return s.startMonitors(ctx, seen) })
		return nil
	case StopMonitors:
		return s.stopMonitors(ctx)
	case SetPath:
		s.mu.Lock()
		p := s.paths[step.Thing]
		s.mu.Unlock()
		if p == nil {
			return nil
		}
		return p.Set(stateOf(Way(step.Detail)))
	case StartNode, StopNode, MakePod, PlacePod, EndPod:
		s.actTier(seen, step)
		return nil
	case ScaleNodes:
		return s.scaleNodes(ctx, step.Thing, step.Detail)
	case WriteEnd:
		return s.writeEnd(ctx, step.Thing, step.Detail)
	}
	return fmt.Errorf("no act is known for %s", step.Verb)
}

// beside starts something that takes long beside the passes. Nothing else is
// done to it until that is over; one that failed is tried again a little later.
func (s *site) beside(ctx context.Context, verb Verb, start func(context.Context) error) {
	s.mu.Lock()
	s.starting[verb] = true
	s.mu.Unlock()
	s.stopping.Go(func() {
		if err := start(ctx); err != nil {
			s.complain(ctx, "reconcile: "+string(verb), err)
			pause(ctx, sore)
		}
		s.mu.Lock()
		delete(s.starting, verb)
		s.mu.Unlock()
		s.r.poke()
	})
}

func ignoreGone(err error) error {
	if gone(err) {
		return nil
	}
	return err
}

func target(address string) []elbtypes.TargetDescription {
	return []elbtypes.TargetDescription{{Id: &address, Port: aws.Int32(infra.PortApp)}}
}

// runTask asks moto for one more task of a service. It becomes a process when
// the next pass finds it.
func (s *site) runTask(ctx context.Context, seen Seen, step Step) error {
	for _, svc := range seen.Services {
		if svc.Name != step.Thing {
			continue
		}
		out, err := s.r.aws.tasks.RunTask(ctx, &ecs.RunTaskInput{
			Cluster: &s.names.Cluster, TaskDefinition: &svc.Definition, Count: aws.Int32(1), LaunchType: types.LaunchTypeFargate,
			Group: aws.String("service:" + svc.Name), StartedBy: &svc.Release,
			NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
				Subnets: []string{step.Detail}, SecurityGroups: svc.Groups,
			}},
		})
		if err != nil {
			return fmt.Errorf("run a task of %s: %w", svc.Name, err)
		}
		if len(out.Failures) > 0 { // somebody took the address first
			s.unplaced(seen, svc.Name, noAddress)
		}
		for _, t := range out.Tasks {
			s.mu.Lock()
			s.historyOf(svc.Name).placed()
			s.mu.Unlock()
			s.note(svc.Name, fmt.Sprintf("(service %s) has started 1 tasks: (task %s).", svc.Name, idOf(aws.ToString(t.TaskArn))))
		}
	}
	return nil
}

func (s *site) start(ctx context.Context, seen Seen, id string) error {
	for _, t := range seen.Tasks {
		if t.ARN == id {
			return s.startTask(ctx, seen, t)
		}
	}
	for _, h := range seen.Hosts {
		if h.ID == id {
			s.startBox(ctx, h)
		}
	}
	return nil
}

// stopProc ends a process in the background: a task that drains must not hold
// up the pass.
func (s *site) stopProc(ctx context.Context, id string, hard bool) error {
	s.mu.Lock()
	p := s.procs[id]
	delete(s.procs, id)
	if p != nil {
		s.ending[id] = true
		if p.host == nil && !p.alive() {
			s.historyOf(p.service).ended(p.release, time.Since(p.began), time.Now())
		}
	}
	s.mu.Unlock()
	if p == nil {
		return nil
	}
	switch {
	case hard && p.host != nil:
		p.hard = true
	case hard:
		p.process.Kill()
	}
	s.stopping.Go(func() {
		p.stop(context.WithoutCancel(ctx))
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.ending, id)
		if p.host == nil {
			s.exits[id] = exit{exitCode(p.process.Err()), p.began, time.Now()}
		}
	})
	return nil
}

// startBalancer starts the balancer of what stands behind it, and the edge in
// front of the shop's.
func (s *site) startBalancer(ctx context.Context, front string) error {
	b, err := balancer.New(balancer.Config{Log: s.log, HealthPath: "/healthz", Interval: 250 * time.Millisecond, Timeout: 2 * time.Second})
	if err != nil {
		return fmt.Errorf("start the balancer: %w", err)
	}
	var e *edge.Edge
	if front == frontShop {
		e, err = edge.New(edge.Config{Log: s.log, Paths: infra.ShopPaths(), Shop: b, Site: frontend.Handler()})
		if err != nil {
			return errors.Join(err, b.Close(ctx))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.balancers[front] = b
	if e != nil {
		s.edge = e
	}
	return nil
}

// edgeTime is how long requests may go on at the edge: as long as the balancer
// waits for a task. A browser's spare connections would hold up the passes.
const edgeTime = 2 * time.Second

func (s *site) stopBalancer(ctx context.Context, front string) error {
	s.mu.Lock()
	b := s.balancers[front]
	delete(s.balancers, front)
	var e *edge.Edge
	if front == frontShop {
		e, s.edge = s.edge, nil
		delete(s.written, endShop)
	}
	s.mu.Unlock()
	var err error
	if e != nil {
		soon, cancel := context.WithTimeout(ctx, edgeTime)
		defer cancel()
		err = e.Close(soon)
	}
	if b != nil {
		err = errors.Join(err, b.Close(ctx))
	}
	if err != nil {
		return fmt.Errorf("stop the balancer: %w", err)
	}
	return nil
}

func (s *site) startMonitors(ctx context.Context, seen Seen) error {
	m, err := prom.Start(ctx, prom.Config{
		Dir: filepath.Join(s.dir, "monitoring"), Log: s.log, Profile: s.r.cfg.Profile, Round: string(s.id),
		Webhook: prom.Webhook{URL: seen.Webhook.URL, Token: seen.Webhook.Token}, RunbookBase: s.r.cfg.Pages.Runbooks,
	})
	if err != nil {
		return fmt.Errorf("start the monitoring: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.monitors = m
	return nil
}

func (s *site) stopMonitors(ctx context.Context) error {
	s.mu.Lock()
	if s.starting[StartMonitors] {
		s.mu.Unlock()
		return nil // the next pass stops them
	}
	m := s.monitors
	s.monitors, s.watched = nil, false
	for _, end := range monitorEnds() {
		delete(s.written, end)
	}
	s.mu.Unlock()
	if m == nil {
		return nil
	}
	if err := m.Close(ctx); err != nil {
		return fmt.Errorf("stop the monitoring: %w", err)
	}
	return nil
}

// writeEnd writes down where a part listens, where the maker of the stack looks
// for it.
func (s *site) writeEnd(ctx context.Context, name, url string) error {
	parameter := map[string]string{
		endShop: s.names.Shop, endPrometheus: s.names.Prometheus, endAlertmanager: s.names.Alertmanager, endBox: s.names.BoxLogin,
		endGraphs: s.names.GraphsPage, endLogs: s.names.LogsPage, endRunbooks: s.names.RunbooksPage,
	}[name]
	_, err := s.r.aws.ssm.PutParameter(ctx, &ssm.PutParameterInput{
		Name: &parameter, Value: &url, Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true),
	})
	if err != nil {
		return fmt.Errorf("write down the endpoint %s: %w", name, err)
	}
	s.written[name] = url
	return nil
}
