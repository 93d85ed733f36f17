package infra

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// moneyStep is what watches the costs: the budget, the billing alarm and the
// topic to which both write. A topic's subscriptions go with it.
func moneyStep() step {
	return step{
		name: "money",
		kinds: []kind{
			{"budgets", findBudgets, func(ctx context.Context, s *stack, id string) error {
				_, err := s.budgets.DeleteBudget(ctx, &budgets.DeleteBudgetInput{AccountId: &s.account, BudgetName: &id})
				return err
			}},
			{"billing alarms", findBillingAlarms, func(ctx context.Context, s *stack, id string) error {
				return dropAlarm(ctx, s.worldAlarms, id)
			}},
			{"topics", findTopics, func(ctx context.Context, s *stack, id string) error {
				_, err := s.topics.DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: &id})
				return err
			}},
		},
	}
}

func findBudgets(ctx context.Context, s *stack) (names []string, err error) {
	pages := budgets.NewDescribeBudgetsPaginator(s.budgets, &budgets.DescribeBudgetsInput{AccountId: &s.account})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, ignoreGone(err) // an account without any
		}
		for _, b := range out.Budgets {
			if aws.ToString(b.BudgetName) == s.names.Prefix {
				names = append(names, aws.ToString(b.BudgetName))
			}
		}
	}
	return names, nil
}

// billingAlarm and moneyTopic are what Terraform calls them.
func (n Names) billingAlarm() string { return n.Prefix + "-billing" }
func (n Names) moneyTopic() string   { return n.Prefix + "-money" }

func findBillingAlarms(ctx context.Context, s *stack) ([]string, error) {
	found, err := findAlarms(ctx, s.worldAlarms, s.names.billingAlarm())
	return slices.DeleteFunc(found, func(name string) bool { return name != s.names.billingAlarm() }), err
}

// findScalingAlarms finds those by which the service scales. AWS makes them with
// a scaling policy and removes them with it.
func findScalingAlarms(ctx context.Context, s *stack) ([]string, error) {
	return findAlarms(ctx, s.alarms, "TargetTracking-service/"+s.names.Cluster+"/")
}

func dropScalingAlarm(ctx context.Context, s *stack, id string) error {
	return dropAlarm(ctx, s.alarms, id)
}

func findAlarms(ctx context.Context, client *cloudwatch.Client, prefix string) (names []string, err error) {
	pages := cloudwatch.NewDescribeAlarmsPaginator(client, &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: &prefix})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, a := range out.MetricAlarms {
			names = append(names, aws.ToString(a.AlarmName))
		}
	}
	return names, nil
}

func dropAlarm(ctx context.Context, client *cloudwatch.Client, name string) error {
	_, err := client.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{name}})
	return err
}

func findTopics(ctx context.Context, s *stack) (arns []string, err error) {
	pages := sns.NewListTopicsPaginator(s.topics, &sns.ListTopicsInput{})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range out.Topics {
			arn := aws.ToString(t.TopicArn)
			if arn[strings.LastIndexByte(arn, ':')+1:] == s.names.moneyTopic() {
				arns = append(arns, arn)
			}
		}
	}
	return arns, nil
}
