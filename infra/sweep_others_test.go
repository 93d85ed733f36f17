package infra

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
)

// almost is somebody of the account whose names begin as the round's do.
func almost(s *stack) *stack {
	other := *s
	for _, name := range []*string{
		&other.names.Prefix, &other.names.Cluster, &other.names.Queue, &other.names.Trail, &other.names.Repository,
		&other.names.Database,
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
	kinds := []string{
		"buckets", "firewalls", "origin access controls", "budgets", "billing alarms", "topics", "scaling alarms",
		"event rules", "trails", "repositories", "zones", "user pools",
	}
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

// TestSnapshotsOfOthersStay: the owner's copy of the round's database, and what
// bears the round's name and is of another database.
func TestSnapshotsOfOthersStay(t *testing.T) {
	s := stackOf(t, testConfig(needMoto(t), nil), "R69")
	other := almost(s)
	makeSnapshot(t, s)
	makeSnapshot(t, other)
	kept := "owners-copy-of-" + s.names.Prefix
	must(s.rds.CreateDBSnapshot(t.Context(), &rds.CreateDBSnapshotInput{DBInstanceIdentifier: &s.names.Database, DBSnapshotIdentifier: &kept}))(t)
	t.Cleanup(func() {
		for _, id := range []string{kept, other.names.Database + "-final-snapshot"} {
			if err := dropSnapshot(context.Background(), s, id); err != nil {
				t.Error(err)
			}
		}
		if err := dropDatabase(context.Background(), s, other.names.Database); err != nil {
			t.Error(err)
		}
	})
	if found := must(findSnapshots(t.Context(), s))(t); !slices.Equal(found, []string{s.names.Database + "-final-snapshot"}) {
		t.Errorf("found %v", found)
	}
	for _, id := range must(findSnapshots(t.Context(), s))(t) {
		if err := dropSnapshot(t.Context(), s, id); err != nil {
			t.Error(err)
		}
	}
	if err := dropDatabase(t.Context(), s, s.names.Database); err != nil {
		t.Error(err)
	}
}

// keptBackups answers as RDS, of which moto does not know that backups have tags.
type keptBackups struct{}

func (keptBackups) Do(r *http.Request) (*http.Response, error) {
	backup := func(id, of, tags string) string {
		return "<DBInstanceAutomatedBackup><DbiResourceId>" + id + "</DbiResourceId><DBInstanceIdentifier>" + of +
			"</DBInstanceIdentifier><Status>retained</Status><TagList>" + tags + "</TagList></DBInstanceAutomatedBackup>"
	}
	const tags = "<Tag><Key>project</Key><Value>chaotic-good</Value></Tag><Tag><Key>round</Key><Value>R69</Value></Tag>"
	body := "<DescribeDBInstanceAutomatedBackupsResponse><DescribeDBInstanceAutomatedBackupsResult><DBInstanceAutomatedBackups>" +
		backup("db-ROUND", "chaotic-r69-database", tags) + backup("db-OWNER", "chaotic-r69-database", "") +
		"</DBInstanceAutomatedBackups></DescribeDBInstanceAutomatedBackupsResult></DescribeDBInstanceAutomatedBackupsResponse>"
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func TestBackupsWithoutTheRoundsTagsStay(t *testing.T) {
	s := &stack{clients: newClients(testConfig("http://127.0.0.1:1", keptBackups{})), names: NamesOf("R69")}
	if found := must(findBackups(t.Context(), s))(t); !slices.Equal(found, []string{"db-ROUND"}) {
		t.Errorf("found %v", found)
	}
}

func TestFlowLogsOfOthersStay(t *testing.T) {
	s := stackOf(t, testConfig(needMoto(t), nil), "R69")
	inNetwork(t, s)
	if err := s.findNetworks(t.Context()); err != nil {
		t.Fatal(err)
	}
	made := must(s.ec2.CreateFlowLogs(t.Context(), &ec2.CreateFlowLogsInput{
		ResourceIds: []string{s.vpc}, ResourceType: types.FlowLogsResourceTypeVpc, TrafficType: types.TrafficTypeAll,
		LogGroupName: aws.String("guard"), DeliverLogsPermissionArn: aws.String("arn:aws:iam::" + s.account + ":role/guard"),
	}))(t)
	t.Cleanup(func() {
		must(s.ec2.DeleteFlowLogs(context.Background(), &ec2.DeleteFlowLogsInput{FlowLogIds: made.FlowLogIds}))(t)
		if _, err := s.clear(context.Background(), some(t, "network"), silent); err != nil {
			t.Error(err)
		}
	})
	if found := must(findFlowLogs(t.Context(), s))(t); len(found) != 0 {
		t.Errorf("found %v", found)
	}
}
