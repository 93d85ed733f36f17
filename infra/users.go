package infra

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/chaotic-good/scenarios/bot/round"
)

// UsersConfig is what Users needs beside AWS.
type UsersConfig struct {
	Log  *slog.Logger
	Wait time.Duration // for a new key to work; 0: a minute
	Poll time.Duration // how often to try it; 0: a quarter of a second
}

// Users makes and removes the exercise's IAM users. It implements
// round.Identities and remembers nothing between calls.
type Users struct {
	cfg  UsersConfig
	aws  aws.Config
	iam  *iam.Client
	sts  *sts.Client
	wait time.Duration
	poll time.Duration
}

var _ round.Identities = (*Users)(nil)

// NewUsers returns Users that works with the rights of cfg.
func NewUsers(cfg aws.Config, uc UsersConfig) (*Users, error) {
	if uc.Log == nil {
		return nil, errors.New("the users need a log")
	}
	u := &Users{cfg: uc, aws: cfg, iam: iam.NewFromConfig(cfg), sts: sts.NewFromConfig(cfg), wait: uc.Wait, poll: uc.Poll}
	if u.wait == 0 {
		u.wait = time.Minute
	}
	if u.poll == 0 {
		u.poll = 250 * time.Millisecond
	}
	return u, nil
}

// tagPerson tells two people of the same name apart.
const tagPerson = "person"

// UserName returns r1-player-ana. A name that IAM cannot spell is shortened to
// what it can, and told apart by four digits made from the person's id.
func (u *Users) UserName(id round.ID, role round.Role, p round.Person) string {
	name := slug(p.Name)
	if name != p.Name || name == "" {
		name = strings.Trim(name+"-"+personTag(p)[:4], "-")
	}
	return strings.ToLower(string(id)) + "-" + string(role) + "-" + name
}

func slug(name string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_', c == '.', c == '-':
			b.WriteRune(c)
		case c == ' ':
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String()[:min(b.Len(), 32)], "-")
}

func personTag(p round.Person) string {
	sum := sha256.Sum256([]byte(p.ID))
	return hex.EncodeToString(sum[:8])
}

// Issue makes the user anew: keys that an earlier call gave are dead when it
// returns. It waits until AWS knows the new key, which can take 15 s.
func (u *Users) Issue(ctx context.Context, ask round.CredentialsAsked, target round.Target, expires time.Time) (round.Access, error) {
	if ask.Role != round.Player && ask.Role != round.Admin {
		return round.Access{}, fmt.Errorf("issue keys to %s: nobody in the role %s gets any", ask.User, ask.Role)
	}
	if id, ok := RoundOf(ask.User); !ok || id != target.Round {
		return round.Access{}, fmt.Errorf("issue keys: %s is no user of %s", ask.User, target.Round)
	}
	names := NamesOf(target.Round)
	account, err := accountOf(ctx, u.sts)
	if err != nil {
		return round.Access{}, err
	}
	policies, err := u.policies(ctx, names, account, expires)
	if err != nil {
		return round.Access{}, err
	}
	if err := u.create(ctx, ask, names, account, expires); err != nil {
		return round.Access{}, fmt.Errorf("create the user %s: %w", ask.User, err)
	}
	for _, policy := range policies {
		if _, err := u.iam.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &ask.User, PolicyArn: &policy}); err != nil {
			return round.Access{}, fmt.Errorf("give %s their rights: %w", ask.User, err)
		}
	}
	key, err := u.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &ask.User})
	if err != nil {
		return round.Access{}, fmt.Errorf("create a key for %s: %w", ask.User, err)
	}
	access := round.Access{
		Round: target.Round, Person: ask.Person, User: ask.User,
		AccessKeyID:     round.NewSecret(aws.ToString(key.AccessKey.AccessKeyId)),
		SecretAccessKey: round.NewSecret(aws.ToString(key.AccessKey.SecretAccessKey)),
		Region:          u.aws.Region, Endpoint: aws.ToString(u.aws.BaseEndpoint),
		Shop: target.Outputs.Shop, Expires: expires,
	}
	return access, u.await(ctx, access)
}

// create makes the user within the boundary. One that is there already goes
// first: whatever was put on it, or around it, goes with it.
func (u *Users) create(ctx context.Context, ask round.CredentialsAsked, names Names, account string, expires time.Time) error {
	tags := append(names.Tags(string(ask.Role), ask.User, expires), Tag{tagPerson, personTag(ask.Person)})
	boundary := BoundaryARN(account)
	in := &iam.CreateUserInput{UserName: &ask.User, Path: &names.Path, Tags: identityTags(tags), PermissionsBoundary: &boundary}
	_, err := u.iam.CreateUser(ctx, in)
	if hasCode(err, "EntityAlreadyExists") {
		if err := u.clear(ctx, ask); err != nil {
			return err
		}
		_, err = u.iam.CreateUser(ctx, in)
	}
	if hasCode(err, "NoSuchEntity") {
		return fmt.Errorf("%w (deploy/role.sh makes the policy %s, without which nobody gets keys)", err, boundaryName)
	}
	return err
}

// policies makes the players' policies of a round, or finds them. They are
// managed ones, since the inline policies of a user may have 2048 characters in
// all; and several, since a managed one may have 6144.
func (u *Users) policies(ctx context.Context, names Names, account string, expires time.Time) (arns []string, err error) {
	for _, document := range PlayerPolicies() {
		arn, err := u.policy(ctx, names, account, document, expires)
		if err != nil {
			return nil, err
		}
		arns = append(arns, arn)
	}
	return arns, nil
}

func (u *Users) policy(ctx context.Context, names Names, account, document string, expires time.Time) (arn string, err error) {
	text, err := Policy(document, PolicyInputs{Names: names, Account: account, Region: u.aws.Region})
	if err != nil {
		return "", err
	}
	name := names.Policy(document)
	made, err := u.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName: &name, Path: &names.Path, PolicyDocument: &text,
		Tags: identityTags(names.Tags(RolePlayer, name, expires)),
	})
	if err == nil {
		return aws.ToString(made.Policy.Arn), nil
	}
	if hasCode(err, "EntityAlreadyExists") { // made in one call: it is complete
		return "arn:aws:iam::" + account + ":policy" + names.Path + name, nil
	}
	return "", fmt.Errorf("create the policy %s: %w", name, err)
}

// clear removes a user that exists, unless it is somebody else's.
func (u *Users) clear(ctx context.Context, ask round.CredentialsAsked) error {
	out, err := u.iam.GetUser(ctx, &iam.GetUserInput{UserName: &ask.User})
	if err != nil {
		return err
	}
	for _, t := range out.User.Tags {
		if aws.ToString(t.Key) == tagPerson && aws.ToString(t.Value) != personTag(ask.Person) {
			return errors.New("it belongs to another person of the same name")
		}
	}
	_, err = removeUser(ctx, u.iam, ask.User)
	return err
}

// await asks AWS with the new key until it knows who that is.
func (u *Users) await(ctx context.Context, access round.Access) error {
	cfg := u.aws.Copy()
	cfg.Credentials = credentials.NewStaticCredentialsProvider(access.AccessKeyID.Reveal(), access.SecretAccessKey.Reveal(), "")
	client := sts.NewFromConfig(cfg)
	ctx, cancel := context.WithTimeout(ctx, u.wait)
	defer cancel()
	for {
		_, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err == nil {
			return nil
		}
		if sleep(ctx, u.poll) != nil {
			return fmt.Errorf("wait for the key of %s to work: %w", access.User, err)
		}
	}
}

// Revoke removes the user with everything on it. A user that is gone, or that
// never was, is no error; one that stands under another path is not ours, and
// left alone.
func (u *Users) Revoke(ctx context.Context, user string) error {
	id, ok := RoundOf(user)
	if !ok {
		return fmt.Errorf("revoke %s: not a user of a round", user)
	}
	names := NamesOf(id)
	// Not GetUser: of a user that is gone AWS knows no path, so our policy, which
	// is for users under one, denies the question, and nobody learns that it is.
	ours, err := usersUnder(ctx, u.iam, names.Path)
	if err != nil {
		return fmt.Errorf("look for the user %s: %w", user, err)
	}
	if !slices.Contains(ours, user) {
		return nil
	}
	policies, err := removeUser(ctx, u.iam, user)
	if err != nil {
		return fmt.Errorf("remove the user %s: %w", user, err)
	}
	for _, arn := range policies {
		if err := u.dropUnused(ctx, arn); err != nil {
			return fmt.Errorf("remove the policy of %s: %w", user, err)
		}
	}
	return nil
}

// dropUnused deletes a policy that the last of its users has left. It counts
// itself, because not every implementation refuses to delete one in use.
func (u *Users) dropUnused(ctx context.Context, arn string) error {
	out, err := u.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		return ignoreGone(err)
	}
	if aws.ToInt32(out.Policy.AttachmentCount) > 0 {
		return nil
	}
	_, err = u.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &arn})
	if hasCode(err, "DeleteConflict") { // another user was given it just now
		return nil
	}
	return ignoreGone(err)
}

// removeUser deletes a user and returns the managed policies that it had.
func removeUser(ctx context.Context, client *iam.Client, user string) (policies []string, err error) {
	attached, err := client.ListAttachedUserPolicies(ctx, &iam.ListAttachedUserPoliciesInput{UserName: &user})
	if err != nil {
		return nil, ignoreGone(err)
	}
	for _, p := range attached.AttachedPolicies {
		policies = append(policies, aws.ToString(p.PolicyArn))
	}
	if err := emptyUser(ctx, client, user); err != nil {
		return nil, err
	}
	_, err = client.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &user})
	return policies, ignoreGone(err)
}
