package infra

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// logsStep is the log groups. They go after all that writes into them: a service
// makes its group anew when that is gone, and the next look finds it.
func logsStep() step {
	return step{
		name: "logs",
		kinds: []kind{{"log groups", findLogGroups, func(ctx context.Context, s *stack, id string) error {
			_, err := s.logs.DeleteLogGroup(ctx, &logs.DeleteLogGroupInput{LogGroupName: &id})
			return err
		}}},
	}
}

// servicesLogs are the folders in which services write about a stack. Below each
// is a folder of the name of what is served.
func servicesLogs() []string {
	return []string{"/aws/rds/instance/", "/aws/eks/", "/aws/ecs/containerinsights/"}
}

// servedLogs reports whether a service named the group after a thing of the
// round: /aws/rds/instance/chaotic-r1-database/postgresql. A path that has the
// round's name elsewhere is not enough: the bot may not delete all such groups.
func (n Names) servedLogs(group string) bool {
	for _, folder := range servicesLogs() {
		if rest, ok := strings.CutPrefix(group, folder); ok {
			thing, _, _ := strings.Cut(rest, "/")
			return n.Owns(thing)
		}
	}
	return false
}

// findLogGroups finds the stack's own groups, which lie below its path, and those
// that a service names after what it serves.
func findLogGroups(ctx context.Context, s *stack) ([]string, error) {
	own, err := s.logGroups(ctx, &logs.DescribeLogGroupsInput{LogGroupNamePrefix: &s.names.Path}, func(string) bool { return true })
	if err != nil {
		return nil, err
	}
	named, err := s.logGroups(ctx, &logs.DescribeLogGroupsInput{LogGroupNamePattern: &s.names.Prefix}, s.names.servedLogs)
	return union(own, named), err
}

func (s *stack) logGroups(ctx context.Context, in *logs.DescribeLogGroupsInput, ours func(string) bool) (names []string, err error) {
	pages := logs.NewDescribeLogGroupsPaginator(s.logs, in)
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, g := range out.LogGroups {
			if name := aws.ToString(g.LogGroupName); ours(name) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}
