package reconcile

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/chaotic-good/scenarios/infra/rehearsal/gateway"
)

// Scaling is how a service's desired count follows its traffic.
type Scaling struct {
	Least, Most int
	Target      float64 // requests a second that each target should get
}

// How long traffic has to be high or low before the desired count follows. On
// AWS an alarm needs three minutes for more and fifteen for fewer.
const (
	highTraffic = 3 * time.Second
	lowTraffic  = time.Minute
	lowShare    = 0.9 // of the target: AWS calls that low
)

// seeScaling reads the target tracking policies of the round's services.
func (l look) seeScaling(ctx context.Context, seen *Seen) error {
	seen.Scaling = nil
	targets, err := l.scaling.DescribeScalableTargets(ctx, &scaling.DescribeScalableTargetsInput{ServiceNamespace: types.ServiceNamespaceEcs})
	if err != nil {
		return fmt.Errorf("describe what scales: %w", err)
	}
	found := map[string]Scaling{}
	for _, t := range targets.ScalableTargets {
		if service, ok := strings.CutPrefix(aws.ToString(t.ResourceId), "service/"+l.names.Cluster+"/"); ok {
			found[service] = Scaling{Least: int(aws.ToInt32(t.MinCapacity)), Most: int(aws.ToInt32(t.MaxCapacity))}
		}
	}
	if len(found) == 0 {
		return nil
	}
	policies, err := l.scaling.DescribeScalingPolicies(ctx, &scaling.DescribeScalingPoliciesInput{ServiceNamespace: types.ServiceNamespaceEcs})
	if err != nil {
		return fmt.Errorf("describe how it scales: %w", err)
	}
	seen.Scaling = map[string]Scaling{}
	for _, p := range policies.ScalingPolicies {
		service, ok := strings.CutPrefix(aws.ToString(p.ResourceId), "service/"+l.names.Cluster+"/")
		tracking := p.TargetTrackingScalingPolicyConfiguration
		if !ok || tracking == nil || tracking.PredefinedMetricSpecification == nil ||
			tracking.PredefinedMetricSpecification.PredefinedMetricType != types.MetricTypeALBRequestCountPerTarget {
			continue
		}
		if s, ok := found[service]; ok {
			s.Target = aws.ToFloat64(tracking.TargetValue) / 60
			seen.Scaling[service] = s
		}
	}
	return nil
}

// tracker is what the autoscaler of one service remembers.
type tracker struct {
	low time.Time // since when traffic is low; zero: it is not
}

// ask gives the desired count that a policy wants now, or the present one. Where
// nobody serves, nothing is known of the traffic of a target. A count that a
// person has set stands until the traffic says otherwise.
func (t *tracker) ask(s Scaling, traffic float64, serving, desired int, now time.Time) int {
	if s.Target <= 0 || serving == 0 {
		t.low = time.Time{}
		return desired
	}
	wanted := min(max(int(math.Ceil(traffic/s.Target)), s.Least), s.Most)
	each := traffic / float64(serving)
	if each >= lowShare*s.Target || wanted >= desired {
		t.low = time.Time{}
	} else if t.low.IsZero() {
		t.low = now
	}
	switch {
	case each > s.Target && wanted > desired:
		return wanted
	case !t.low.IsZero() && now.Sub(t.low) >= lowTraffic:
		return wanted
	}
	return desired
}

// scale lets the autoscalers look at the traffic, before the rules speak.
func (s *site) scale(seen Seen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = map[string]int{}
	b := s.balancers[frontShop]
	if b == nil {
		return
	}
	serving := 0
	for _, health := range b.Health() {
		if health == healthy {
			serving++
		}
	}
	for _, svc := range seen.Services {
		policy, ok := seen.Scaling[svc.Name]
		if !ok {
			continue
		}
		t := s.trackers[svc.Name]
		if t == nil {
			t = &tracker{}
			s.trackers[svc.Name] = t
		}
		if n := t.ask(policy, b.Rate(highTraffic).All, serving, svc.Desired, time.Now()); n != svc.Desired {
			s.wanted[svc.Name] = n
		}
	}
}

// trackRule: the desired count of a service is what its scaling policy wants.
func trackRule(seen Seen, here Local) (steps []Step) {
	for _, s := range seen.Services {
		if n, ok := here.Wanted[s.Name]; ok && n != s.Desired {
			steps = append(steps, Step{ScaleService, s.Name, strconv.Itoa(n)})
		}
	}
	return steps
}

func (s *site) scaleService(ctx context.Context, service, count string) error {
	n, err := strconv.ParseInt(count, 10, 32)
	if err != nil {
		return fmt.Errorf("scale %s: %w", service, err)
	}
	defer s.r.news.add(fromECS)
	_, err = s.r.aws.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: &s.names.Cluster, Service: &service, DesiredCount: aws.Int32(int32(n))})
	if err != nil {
		return fmt.Errorf("scale %s: %w", service, err)
	}
	s.log.InfoContext(ctx, "the service scales with its traffic", "service", service, "desired", n)
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.historyOf(service)
	h.scaled = append(h.scaled, gateway.Scaling{At: time.Now(), Desired: int(n)})
	h.scaled = h.scaled[max(0, len(h.scaled)-eventsKept):]
	return nil
}
