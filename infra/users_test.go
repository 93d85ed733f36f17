package infra

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/chaotic-good/scenarios/bot/round"
)

func testUsers(t *testing.T, cfg aws.Config) *Users {
	t.Helper()
	return must(NewUsers(cfg, UsersConfig{Log: quiet(), Wait: 5 * time.Second, Poll: 20 * time.Millisecond}))(t)
}

func TestUserNames(t *testing.T) {
	u := testUsers(t, aws.Config{})
	for _, c := range []struct {
		role   round.Role
		person round.Person
		want   string
	}{
		{round.Player, round.Person{ID: "1", Name: "ana"}, "r1-player-ana"},
		{round.Admin, round.Person{ID: "1", Name: "ana"}, "r1-admin-ana"},
		{round.Player, round.Person{ID: "1", Name: "j.doe_2"}, "r1-player-j.doe_2"},
		{round.Player, round.Person{ID: "1", Name: "Ana Banana"}, "r1-player-ana-banana-6b86"},
		{round.Player, round.Person{ID: "2", Name: "Ana Banana"}, "r1-player-ana-banana-d473"},
		{round.Player, round.Person{ID: "1", Name: "Анна"}, "r1-player-6b86"},
		{round.Player, round.Person{ID: "1", Name: ""}, "r1-player-6b86"},
	} {
		got := u.UserName("R1", c.role, c.person)
		if got != c.want {
			t.Errorf("%s %+v: %q, want %q", c.role, c.person, got, c.want)
		}
		if id, ok := RoundOf(got); !ok || id != "R1" {
			t.Errorf("%q is not read back", got)
		}
	}
	if long := u.UserName("R1234", round.Player, round.Person{ID: "1", Name: strings.Repeat("long", 40)}); len(long) > 64 {
		t.Errorf("%q has %d characters, IAM takes 64", long, len(long))
	}
}

func ask(u *Users, id round.ID, role round.Role, p round.Person) round.CredentialsAsked {
	return round.CredentialsAsked{Person: p, Role: role, User: u.UserName(id, role, p)}
}

func TestIssueAndRevoke(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	before := inventory(t, cfg)
	u, ctx := testUsers(t, cfg), t.Context()
	target := round.Target{Round: "R6", Outputs: round.Outputs{Shop: "http://shop.example"}}
	expires := time.Date(2026, 11, 23, 19, 35, 0, 0, time.UTC)
	ana := ask(u, "R6", round.Player, round.Person{ID: "1", Name: "ana"})
	bo := ask(u, "R6", round.Admin, round.Person{ID: "2", Name: "bo"})

	first := must(u.Issue(ctx, ana, target, expires))(t)
	if first.User != "r6-player-ana" || first.Region != "us-east-1" || first.Endpoint != *cfg.BaseEndpoint ||
		first.Shop != "http://shop.example" || !first.Expires.Equal(expires) || first.Person != ana.Person {
		t.Errorf("access %+v", first)
	}
	if arn := whoIs(t, cfg, first); !strings.HasSuffix(arn, ":user/chaotic-good/R6/r6-player-ana") {
		t.Errorf("the key is %s's", arn)
	}
	second := must(u.Issue(ctx, ana, target, expires))(t)
	if keys := keysOf(t, u, ana.User); len(keys) != 1 || keys[0] != second.AccessKeyID.Reveal() {
		t.Errorf("keys after the second issue: %d", len(keys))
	}

	other := must(u.Issue(ctx, bo, target, expires))(t)
	if err := u.Revoke(ctx, ana.User); err != nil {
		t.Fatal(err)
	}
	if keys := keysOf(t, u, bo.User); len(keys) != 1 || keys[0] != other.AccessKeyID.Reveal() {
		t.Errorf("revoking ana's access took bo's: %d keys", len(keys))
	}
	for _, user := range []string{ana.User, bo.User, bo.User, "r6-player-nobody"} {
		if err := u.Revoke(ctx, user); err != nil {
			t.Errorf("revoke %s: %v", user, err)
		}
	}
	sameInventory(t, before, inventory(t, cfg))
}

func TestAUserOfSomebodyElseIsLeftAlone(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	u, ctx := testUsers(t, cfg), t.Context()
	target := round.Target{Round: "R7"}
	ana := ask(u, "R7", round.Player, round.Person{ID: "1", Name: "ana"})
	mine := must(u.Issue(ctx, ana, target, time.Now()))(t)
	namesake := ana
	namesake.Person.ID = "2"
	if _, err := u.Issue(ctx, namesake, target, time.Now()); err == nil || !strings.Contains(err.Error(), "another person") {
		t.Errorf("a namesake gets %v", err)
	}
	if keys := keysOf(t, u, ana.User); len(keys) != 1 || keys[0] != mine.AccessKeyID.Reveal() {
		t.Errorf("the namesake took ana's keys: %d are left", len(keys))
	}
	if _, err := u.Issue(ctx, ana, round.Target{Round: "R8"}, time.Now()); err == nil {
		t.Error("a user of R7 gets keys for R8")
	}
	viewer := ana
	viewer.Role = round.Viewer
	if _, err := u.Issue(ctx, viewer, target, time.Now()); err == nil {
		t.Error("a viewer gets keys")
	}

	// The same name, but not under our path: made by others.
	foreign := "r7-player-foreign"
	must(u.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: &foreign}))(t)
	if err := u.Revoke(ctx, foreign); err != nil { // it is none of ours, and the end of it, below, shows that it is there
		t.Errorf("revoke a foreign user: %v", err)
	}
	if err := u.Revoke(ctx, "root"); err == nil {
		t.Error("a user of no round was revoked")
	}
	must(u.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &foreign}))(t)

	// Destroy removes the users that nobody revoked.
	if _, err := testMaker(t, cfg).Destroy(ctx, testSpec("R7"), func(round.Progress) {}); err != nil {
		t.Error(err)
	}
	if _, err := u.iam.GetUser(ctx, &iam.GetUserInput{UserName: &ana.User}); !isGone(err) {
		t.Errorf("after destroy: %v", err)
	}
}

func TestAKeyThatNeverWorksIsGivenUp(t *testing.T) {
	url := needMoto(t)
	u := testUsers(t, testConfig(url, nil))
	u.wait = 100 * time.Millisecond
	dead := round.Access{User: "r9-player-ana", AccessKeyID: round.NewSecret("k"), SecretAccessKey: round.NewSecret("s3cr3t")}
	u.aws = testConfig(url, &failing{})
	err := u.await(t.Context(), dead)
	if err == nil || !strings.Contains(err.Error(), "r9-player-ana") || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("gives %v", err)
	}
}

func whoIs(t *testing.T, cfg aws.Config, a round.Access) string {
	t.Helper()
	cfg.Credentials = credentials.NewStaticCredentialsProvider(a.AccessKeyID.Reveal(), a.SecretAccessKey.Reveal(), "")
	out := must(sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))(t)
	return aws.ToString(out.Arn)
}

func keysOf(t *testing.T, u *Users, user string) (ids []string) {
	t.Helper()
	for _, k := range must(u.iam.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{UserName: &user}))(t).AccessKeyMetadata {
		ids = append(ids, aws.ToString(k.AccessKeyId))
	}
	return ids
}
