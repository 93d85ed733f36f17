package infra

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// almost is somebody of the account whose names begin as the round's do.
func almost(s *stack) *stack {
	other := *s
	for _, name := range []*string{
		&other.names.Prefix, &other.names.Cluster, &other.names.Queue, &other.names.Trail, &other.names.Repository,
	} {
		*name += "-mine"
	}
	return &other
}

// TestWhatIsCalledAlmostSoStays: a name that begins with the round's prefix does
// not make a thing the round's. An operator loses nothing by it, and the round
// does not wait for what the bot cannot remove.
func TestWhatIsCalledAlmostSoStays(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	kinds := []string{"buckets"}
	for _, l := range leftovers() {
		if !slices.Contains(kinds, l.kind) {
			continue
		}
		t.Run(l.kind, func(t *testing.T) {
			s := stackOf(t, cfg, "R69")
			other := almost(s)
			with := some(t, append(l.beside, l.step)...)
			t.Cleanup(func() {
				if _, err := other.clear(context.Background(), with, silent); err != nil {
					t.Error(err)
				}
			})
			l.make(t, other)
			before := l.find(t, other)
			if len(before) == 0 {
				t.Fatal("nothing was made")
			}
			if gone, err := s.clear(t.Context(), some(t, l.step), silent); err != nil || gone.Removed != 0 || gone.Left != 0 {
				t.Errorf("swept %+v, %v", gone, err)
			}
			if now := l.find(t, other); !slices.Equal(now, before) {
				t.Errorf("there was %v and is %v", before, now)
			}
		})
	}
}

// TestLogsOfOthersStay: the round's name in a group's path is not enough.
func TestLogsOfOthersStay(t *testing.T) {
	s := stackOf(t, testConfig(needMoto(t), nil), "R69")
	makeLogGroups(t, s)
	name := s.names.Prefix
	others := []string{name, "/shop/" + name + "/app", "/aws/" + name + "/app", "/aws/lambda/" + name + "-recorder", "/aws/eks/x/" + name}
	for _, group := range others {
		must(s.logs.CreateLogGroup(t.Context(), &logs.CreateLogGroupInput{LogGroupName: &group}))(t)
		t.Cleanup(func() {
			must(s.logs.DeleteLogGroup(context.Background(), &logs.DeleteLogGroupInput{LogGroupName: &group}))(t)
		})
	}
	insights := "/aws/ecs/containerinsights/" + name + "/performance"
	must(s.logs.CreateLogGroup(t.Context(), &logs.CreateLogGroupInput{LogGroupName: &insights}))(t)
	if gone, err := s.clear(t.Context(), some(t, "logs"), silent); err != nil || gone.Removed != 3 || gone.Left != 0 {
		t.Errorf("swept %+v, %v", gone, err)
	}
	left := must(s.logGroups(t.Context(), &logs.DescribeLogGroupsInput{LogGroupNamePattern: aws.String(name)}, func(string) bool { return true }))(t)
	if slices.Sort(others); !slices.Equal(left, others) {
		t.Errorf("left: %v, want %v", left, others)
	}
}
