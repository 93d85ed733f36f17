package rehearsal

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// testExtend: the bot's own rights are enough to write a later end on all that
// it made, and the shop does not notice.
func testExtend(t *testing.T, ctx context.Context, s *stage) {
	users := must(infra.NewUsers(config(s.Endpoint, s.Key, s.Secret.Reveal()), infra.UsersConfig{Log: slog.New(slog.NewTextHandler(s.log, nil))}))(t)
	ana := round.Person{ID: "1", Name: "ana"}
	ask := round.CredentialsAsked{Person: ana, Role: round.Player, User: users.UserName(s.spec.Round, round.Player, ana)}
	must(users.Issue(ctx, ask, round.Target{Round: s.spec.Round}, s.spec.Expires))(t)
	later, broken, tasks := s.spec, s.broken(), len(s.tasks(ctx, infra.ServiceAPI))
	later.Expires = s.spec.Expires.Add(time.Hour)
	began := time.Now()
	if err := s.maker.Extend(ctx, later); err != nil {
		t.Fatal(err)
	}
	t.Logf("written in %s", time.Since(began).Round(time.Millisecond))
	s.spec = later
	s.recon.Settle(ctx)
	s.visits(ctx, 60)
	if n, now := s.broken(), len(s.tasks(ctx, infra.ServiceAPI)); n != broken || now != tasks {
		t.Errorf("%d visits met a task that was gone, %d tasks became %d", n-broken, tasks, now)
	}
	groups := must(s.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{{Name: aws.String("tag:" + infra.TagExpires), Values: []string{later.Expires.UTC().Format(time.RFC3339)}}},
	}))(t).SecurityGroups
	if len(groups) < 5 {
		t.Errorf("%d security groups have the new end", len(groups))
	}
}
