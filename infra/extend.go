package infra

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secretstypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/chaotic-good/scenarios/bot/round"
)

// ended is one kind of thing that carries the round's end in a tag.
type ended struct {
	what string
	find func(context.Context, *stack) ([]string, error)
	tag  func(context.Context, string) error
}

// Extend writes the round's end anew into the tag expires of everything that
// has one, the users included; the scaling of the service alone keeps the end
// with which it was made. Each service has a call of its own for that: the one
// call for all of them knows no IAM. Saying the same end again changes nothing.
func (m *Maker) Extend(ctx context.Context, spec round.Spec) error {
	s, err := m.stack(ctx, spec)
	if err != nil {
		return err
	}
	key, value := aws.String(TagExpires), aws.String(s.expires())
	inECS := func(prefix string) func(context.Context, string) error {
		return func(ctx context.Context, id string) error {
			if !strings.HasPrefix(id, "arn:") {
				id = s.arn("ecs", prefix+id)
			}
			_, err := s.ecs.TagResource(ctx, &ecs.TagResourceInput{ResourceArn: &id, Tags: []ecstypes.Tag{{Key: key, Value: value}}})
			return err
		}
	}
	inRDS := func(prefix string) func(context.Context, string) error {
		return func(ctx context.Context, id string) error {
			_, err := s.rds.AddTagsToResource(ctx, &rds.AddTagsToResourceInput{
				ResourceName: aws.String(s.arn("rds", prefix+id)), Tags: []rdstypes.Tag{{Key: key, Value: value}},
			})
			return err
		}
	}
	inELB := func(ctx context.Context, id string) error {
		_, err := s.elb.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{id}, Tags: []elbtypes.Tag{{Key: key, Value: value}}})
		return err
	}
	person := []iamtypes.Tag{{Key: key, Value: value}}
	kinds := []ended{
		{"clusters", findClusters, inECS("cluster/")},
		{"services", findServices, inECS("service/" + s.names.Cluster + "/")},
		{"tasks", findTasks, inECS("")},
		{"task definitions", findTaskDefinitions, inECS("")},
		{"Kubernetes clusters", ofStage(findKubernetes, StageEKS), func(ctx context.Context, id string) error {
			return tagKubernetes(ctx, s, id, *key, *value)
		}},
		{"node groups", ofStage(findNodeGroups, StageEKS), func(ctx context.Context, id string) error {
			return tagNodeGroup(ctx, s, id, *key, *value)
		}},
		{"databases", findDatabases, inRDS("db:")},
		{"database subnet groups", findSubnetGroups, inRDS("subgrp:")},
		{"database parameter groups", findParameterGroups, inRDS("pg:")},
		{"load balancers", findBalancers, inELB},
		{"listeners", findListeners, inELB},
		{"target groups", findTargetGroups, inELB},
		{"secrets", findSecrets, func(ctx context.Context, id string) error {
			_, err := s.secrets.TagResource(ctx, &secretsmanager.TagResourceInput{SecretId: &id, Tags: []secretstypes.Tag{{Key: key, Value: value}}})
			return err
		}},
		{"queues", findQueues, func(ctx context.Context, id string) error {
			_, err := s.sqs.TagQueue(ctx, &sqs.TagQueueInput{QueueUrl: &id, Tags: map[string]string{TagExpires: *value}})
			return err
		}},
		{"roles", findRoles, func(ctx context.Context, id string) error {
			_, err := s.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: &id, Tags: person})
			return err
		}},
		{"users", findUsers, func(ctx context.Context, id string) error {
			_, err := s.iam.TagUser(ctx, &iam.TagUserInput{UserName: &id, Tags: person})
			return err
		}},
		{"policies", findPolicies, func(ctx context.Context, id string) error {
			_, err := s.iam.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: &id, Tags: person})
			return err
		}},
	}
	if err := s.writeEnd(ctx, append(kinds, s.endedBeside()...)); err != nil {
		return err
	}
	return s.extendEC2(ctx)
}

func (s *stack) writeEnd(ctx context.Context, kinds []ended) error {
	for _, k := range kinds {
		ids, err := k.find(ctx, s)
		if err != nil {
			return fmt.Errorf("look for %s: %w", k.what, err)
		}
		if err := each(ctx, ids, func(ctx context.Context, id string) error { return ignoreGone(k.tag(ctx, id)) }); err != nil {
			return fmt.Errorf("write the round's end on %s: %w", k.what, err)
		}
	}
	return nil
}

// arn names a thing of the account in the stack's region.
func (s *stack) arn(service, rest string) string { return s.arnIn(s.region, service, rest) }

// arnIn names one of another region, or of none.
func (s *stack) arnIn(region, service, rest string) string {
	return "arn:aws:" + service + ":" + region + ":" + s.account + ":" + rest
}

// expires is the value of the tag of that name.
func (s *stack) expires() string {
	for _, t := range s.names.Tags("", "", s.spec.Expires) {
		if t.Key == TagExpires {
			return t.Value
		}
	}
	return ""
}

// findListeners lists the listeners of the round's balancers, with which they go.
func findListeners(ctx context.Context, s *stack) (ids []string, err error) {
	balancers, err := findBalancers(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, arn := range balancers {
		pages := elb.NewDescribeListenersPaginator(s.elb, &elb.DescribeListenersInput{LoadBalancerArn: &arn})
		for pages.HasMorePages() {
			out, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, l := range out.Listeners {
				ids = append(ids, aws.ToString(l.ListenerArn))
			}
		}
	}
	return ids, nil
}
