package gateway

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

const everything = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`

// policy makes a managed policy.
func (w *world) policy(path, name, document string) *string {
	w.Helper()
	made, err := iam.NewFromConfig(w.root()).CreatePolicy(w.Context(), &iam.CreatePolicyInput{PolicyName: &name, Path: &path, PolicyDocument: &document})
	must(w, err)
	return made.Policy.Arn
}

func TestABoundaryAndThePoliciesBothDecide(t *testing.T) {
	w := newWorld(t)
	of := func(effect, action string) string {
		return fmt.Sprintf(`{"Effect":%q,"Action":%q,"Resource":"*"}`, effect, action)
	}
	look, other := of("Allow", "ec2:Describe*"), of("Allow", "ecs:*")
	for name, c := range map[string]struct {
		policies, boundary []string
		want               string // of AWS's sentence; empty: it may
	}{
		"both allow":                     {[]string{look}, []string{look}, ""},
		"the boundary alone":             {[]string{other}, []string{look}, "because no identity-based policy allows the ec2:DescribeVpcs action"},
		"the policies alone":             {[]string{look}, []string{other}, "because no permissions boundary allows the ec2:DescribeVpcs action"},
		"neither":                        {[]string{other}, []string{other}, "because no identity-based policy allows"},
		"the boundary denies":            {[]string{look}, []string{look, of("Deny", "ec2:DescribeVpcs")}, "with an explicit deny in a permissions boundary"},
		"the boundary denies for itself": {[]string{other}, []string{look, of("Deny", "ec2:DescribeVpcs")}, "with an explicit deny in a permissions boundary"},
		"the policies deny":              {[]string{look, of("Deny", "ec2:DescribeVpcs")}, []string{look}, "with an explicit deny in an identity-based policy"},
		"both deny":                      {[]string{of("Deny", "ec2:*")}, []string{of("Deny", "ec2:*")}, "with an explicit deny in an identity-based policy"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{TB: t, gateway: w.gateway, url: w.url, clock: w.clock}
			document := func(statements []string) string {
				return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
			}
			user := "bounded-" + strings.ReplaceAll(name, " ", "-")
			cfg, _ := w.bounded("/", user, w.policy("/", user, document(c.boundary)), document(c.policies))
			_, err := ec2.NewFromConfig(cfg).DescribeVpcs(t.Context(), nil)
			if c.want == "" {
				must(t, err)
				return
			}
			if say := wantCode(t, err, "UnauthorizedOperation"); !strings.Contains(say, c.want) {
				t.Errorf("AWS's sentence is %q, want %q", say, c.want)
			}
		})
	}
}

// TestTheBoundaryAloneAsksForTags: no policy does, and yet they are looked up.
func TestTheBoundaryAloneAsksForTags(t *testing.T) {
	w := newWorld(t)
	mine, other := w.box("R7"), w.box("R8")
	boundary := w.policy("/", "bounded-by-tag", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*",
		"Condition":{"StringEquals":{"aws:ResourceTag/round":"R7"}}}}`)
	cfg, _ := w.bounded("/", "bounded-by-tag", boundary, everything)
	stop := func(id string) error {
		_, err := ec2.NewFromConfig(cfg).StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{id}})
		return err
	}
	must(t, stop(mine))
	wantCode(t, stop(other), "UnauthorizedOperation")
}

// TestABoundaryIsKept: what moto forgets, AWS does not.
func TestABoundaryIsKept(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	c := iam.NewFromConfig(w.root())
	name := aws.String("bounded-and-kept")
	boundary := func() string {
		got, err := c.GetUser(ctx, &iam.GetUserInput{UserName: name})
		must(t, err)
		if got.User.PermissionsBoundary == nil {
			return ""
		}
		return aws.ToString(got.User.PermissionsBoundary.PermissionsBoundaryArn)
	}
	none := aws.String("arn:aws:iam::" + account + ":policy/never-made")
	_, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: name, PermissionsBoundary: none})
	wantCode(t, err, "NoSuchEntity")
	first, second := w.policy("/", "kept-first", everything), w.policy("/", "kept-second", everything)
	made, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: name, PermissionsBoundary: first})
	must(t, err)
	if b := made.User.PermissionsBoundary; b == nil || *b.PermissionsBoundaryArn != *first || boundary() != *first {
		t.Errorf("made with %+v, shown with %q", b, boundary())
	}
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: first})
	wantCode(t, err, "DeleteConflict")

	_, err = c.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: name, PermissionsBoundary: none})
	wantCode(t, err, "NoSuchEntity")
	_, err = c.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: name, PermissionsBoundary: second})
	must(t, err)
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: first})
	must(t, err)
	renamed := aws.String("bounded-and-renamed")
	_, err = c.UpdateUser(ctx, &iam.UpdateUserInput{UserName: name, NewUserName: renamed})
	must(t, err)
	if name = renamed; boundary() != *second {
		t.Errorf("renamed, it stands within %q", boundary())
	}
	_, err = c.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: name})
	must(t, err)
	if b := boundary(); b != "" {
		t.Errorf("taken off, it is %q", b)
	}
	_, err = c.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: name})
	wantCode(t, err, "NoSuchEntity")

	_, err = c.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: name, PermissionsBoundary: second})
	must(t, err)
	_, err = c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name})
	must(t, err)
	_, err = c.CreateUser(ctx, &iam.CreateUserInput{UserName: name})
	must(t, err)
	if b := boundary(); b != "" {
		t.Errorf("a new user of an old name stands within %q", b)
	}
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: second})
	must(t, err)
}

// TestTheBotMakesPeopleOnlyWithinTheBoundary: whatever the bot tries with its own
// rights, the people whom it makes stay within the account's boundary.
func TestTheBotMakesPeopleOnlyWithinTheBoundary(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	n, ours := infra.NamesOf("R72"), w.boundary()
	cfg, _ := w.user("/", "the-bounding-bot", policies(t, "R72", infra.BotPolicies())...)
	root, bot := iam.NewFromConfig(w.root()), iam.NewFromConfig(cfg)
	wide, err := bot.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String(n.Prefix + "-wide"), Path: &n.Path, PolicyDocument: aws.String(everything)})
	must(t, err)
	in, out := aws.String("r72-player-within"), aws.String("r72-player-without")
	_, err = root.CreateUser(ctx, &iam.CreateUserInput{UserName: out, Path: &n.Path})
	must(t, err)
	_, err = bot.CreateUser(ctx, &iam.CreateUserInput{UserName: in, Path: &n.Path, PermissionsBoundary: ours})
	must(t, err)
	_, err = bot.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: in, PolicyArn: wide.Policy.Arn})
	must(t, err)

	for name, try := range map[string]func() error{
		"a user without a boundary": func() error {
			_, err := bot.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("r72-player-x"), Path: &n.Path})
			return err
		},
		"a user within a boundary of its own": func() error {
			_, err := bot.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("r72-player-x"), Path: &n.Path, PermissionsBoundary: wide.Policy.Arn})
			return err
		},
		"rights for one without": func() error {
			_, err := bot.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: out, PolicyArn: wide.Policy.Arn})
			return err
		},
		"a right inside a user": func() error {
			_, err := bot.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: in, PolicyName: aws.String("p"), PolicyDocument: aws.String(everything)})
			return err
		},
		"to take the boundary off": func() error {
			_, err := bot.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: in})
			return err
		},
		"to put another one on": func() error {
			_, err := bot.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: in, PermissionsBoundary: wide.Policy.Arn})
			return err
		},
		"to rewrite it": func() error {
			_, err := bot.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: ours, PolicyDocument: aws.String(everything), SetAsDefault: true})
			return err
		},
		"to delete it": func() error {
			_, err := bot.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: ours})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, try(), "AccessDenied") })
	}

	// The widest policy gives no more than the boundary does.
	key, err := bot.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: in})
	must(t, err)
	player := w.as(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey)
	_, err = ec2.NewFromConfig(player).DescribeVpcs(ctx, nil)
	must(t, err)
	_, err = iam.NewFromConfig(player).CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("mallory")})
	if say := wantCode(t, err, "AccessDenied"); !strings.Contains(say, "no permissions boundary allows") {
		t.Errorf("AWS's sentence is %q", say)
	}
	player.Region = "eu-west-1"
	_, err = ec2.NewFromConfig(player).DescribeVpcs(ctx, nil)
	if say := wantCode(t, err, "UnauthorizedOperation"); !strings.Contains(say, "explicit deny in a permissions boundary") {
		t.Errorf("AWS's sentence is %q", say)
	}
}

// TestKeysAreIssuedWithinTheBoundary, again and to a user that stood without one.
func TestKeysAreIssuedWithinTheBoundary(t *testing.T) {
	w, ctx := newWorldOf(t, "123456789073"), t.Context()
	root := iam.NewFromConfig(w.root())
	users, err := infra.NewUsers(w.root(), infra.UsersConfig{Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	ana := round.Person{ID: "1", Name: "ana"}
	ask := round.CredentialsAsked{Person: ana, Role: round.Player, User: users.UserName("R73", round.Player, ana)}
	issue := func() (round.Access, error) {
		return users.Issue(ctx, ask, round.Target{Round: "R73"}, time.Now().Add(time.Hour))
	}
	if _, err := issue(); err == nil || !strings.Contains(err.Error(), "deploy/role.sh makes the policy chaotic-good-boundary") {
		t.Errorf("without the account's boundary: %v", err)
	}
	want := *w.boundary()
	_, err = root.CreateUser(ctx, &iam.CreateUserInput{UserName: &ask.User, Path: aws.String(infra.NamesOf("R73").Path)})
	must(t, err)
	for _, when := range []string{"in the place of one without", "again"} {
		_, err := issue()
		must(t, err)
		got, err := root.GetUser(ctx, &iam.GetUserInput{UserName: &ask.User})
		must(t, err)
		if b := got.User.PermissionsBoundary; b == nil || aws.ToString(b.PermissionsBoundaryArn) != want {
			t.Errorf("%s: %+v, want %s", when, b, want)
		}
	}
	must(t, users.Revoke(ctx, ask.User))
}

// The option group that AWS takes where none is named is that of the version
// which our stacks ask for.
func TestTheDefaultOptionsAreOfOurVersion(t *testing.T) {
	if want := "og:default:postgres-" + infra.DatabaseVersion; defaultOptions != want {
		t.Errorf("%s, want %s", defaultOptions, want)
	}
}
