package infra

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge"
)

// recordStep is what writes down the people's calls: CloudTrail's trail and the
// rule by which they reach the queue.
func recordStep() step {
	return step{
		name:  "record",
		needs: []string{"buckets", "audit trail"},
		kinds: []kind{
			{"event rules", findEventRules, dropEventRule},
			{"trails", findTrails, func(ctx context.Context, s *stack, id string) error {
				_, err := s.trails.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: &id})
				return err
			}},
		},
	}
}

func findTrails(ctx context.Context, s *stack) (names []string, err error) {
	out, err := s.trails.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(false)})
	if err != nil {
		return nil, err
	}
	for _, t := range out.TrailList {
		if aws.ToString(t.Name) == s.names.Trail {
			names = append(names, aws.ToString(t.Name))
		}
	}
	return names, nil
}

func findEventRules(ctx context.Context, s *stack) (names []string, err error) {
	in := &events.ListRulesInput{NamePrefix: &s.names.Queue}
	for {
		out, err := s.events.ListRules(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, r := range out.Rules {
			if aws.ToString(r.Name) == s.names.Queue { // the rule is called as its target
				names = append(names, aws.ToString(r.Name))
			}
		}
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return names, nil
		}
	}
}

// dropEventRule takes the targets off first: with any, a rule stays.
func dropEventRule(ctx context.Context, s *stack, id string) error {
	out, err := s.events.ListTargetsByRule(ctx, &events.ListTargetsByRuleInput{Rule: &id})
	if err != nil {
		return err
	}
	var targets []string
	for _, t := range out.Targets {
		targets = append(targets, aws.ToString(t.Id))
	}
	if len(targets) > 0 {
		gone, err := s.events.RemoveTargets(ctx, &events.RemoveTargetsInput{Rule: &id, Ids: targets})
		if err != nil {
			return err
		}
		for _, f := range gone.FailedEntries {
			return fmt.Errorf("a target stays: %s", aws.ToString(f.ErrorCode))
		}
	}
	_, err = s.events.DeleteRule(ctx, &events.DeleteRuleInput{Name: &id})
	return err
}
