package infra

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/chaotic-good/scenarios/bot/round"
)

// right is what the bot must be allowed to do to one thing. It is asked for by
// the name that the thing will have, because rights may be bound to names.
type right struct {
	resource string
	actions  []string
}

// rightsFor are those of which the making of a stack needs every kind: one of
// each service, and what costs money. (To ask for all would take as long as to
// make it.)
func rightsFor(n Names, account, region string) []right {
	in := func(service, what string) string {
		return "arn:aws:" + service + ":" + region + ":" + account + ":" + what
	}
	return []right{
		{"*", []string{
			"ec2:CreateVpc", "ec2:CreateSubnet", "ec2:CreateSecurityGroup", "ec2:CreateInternetGateway", "ec2:RunInstances", "ec2:AllocateAddress",
			"ecs:RegisterTaskDefinition", "cloudfront:CreateDistribution", "cognito-idp:CreateUserPool", "route53:CreateHostedZone", "ecr:GetAuthorizationToken",
		}},
		{in("ecs", "cluster/"+n.Cluster), []string{"ecs:CreateCluster", "ecs:DeleteCluster"}},
		{in("rds", "db:"+n.Database), []string{"rds:CreateDBInstance", "rds:DeleteDBInstance"}},
		{in("elasticloadbalancing", "loadbalancer/app/"+n.Balancer+"/0"), []string{"elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:DeleteLoadBalancer"}},
		{in("secretsmanager", "secret:"+n.WebhookSecret+"-000000"), []string{"secretsmanager:CreateSecret", "secretsmanager:GetSecretValue", "secretsmanager:DeleteSecret"}},
		{in("sqs", n.Queue), []string{"sqs:CreateQueue", "sqs:ReceiveMessage", "sqs:DeleteQueue"}},
		{"arn:aws:iam::" + account + ":user" + n.Path + "somebody", []string{"iam:CreateUser", "iam:CreateAccessKey", "iam:DeleteUser"}},
		{"arn:aws:iam::" + account + ":role" + n.Path + n.TasksRole, []string{"iam:CreateRole", "iam:PutRolePolicy", "iam:PassRole", "iam:DeleteRole"}},
		{"arn:aws:s3:::" + n.Bucket("site", account), []string{"s3:CreateBucket", "s3:DeleteBucket"}},
	}
}

// rights asks IAM what the bot may do.
func (s *Scout) rights(ctx context.Context, spec round.Spec, account, arn string) round.Check {
	c := round.Check{Name: "rights"}
	if s.unbounded(ctx, account) {
		c.State, c.Says = round.CheckFails, fmt.Sprintf("The account has no policy %s, within which everybody stands who gets keys: `deploy/role.sh` makes it.", boundaryName)
		return c
	}
	if strings.HasSuffix(arn, ":root") {
		c.State, c.Says = round.CheckOK, "The bot has the keys of the account's root, which may do everything. A role of its own would be safer: `infra/iam/bot*.json`."
		return c
	}
	source, err := s.principal(ctx, arn)
	if err != nil {
		return s.unknown(ctx, c, "What the bot may do is not known", err)
	}
	all := rightsFor(NamesOf(spec.Round), account, s.region)
	found, failed := s.ask(ctx, source, account, all[0])
	if failed != nil { // so would all others be
		return s.unknown(ctx, c, "What the bot may do is not known", failed)
	}
	var (
		mu     sync.Mutex
		asking sync.WaitGroup
	)
	for _, r := range all[1:] {
		asking.Go(func() {
			a, err := s.ask(ctx, source, account, r)
			mu.Lock()
			defer mu.Unlock()
			found.no, found.dark = append(found.no, a.no...), append(found.dark, a.dark...)
			if err != nil {
				failed = err
			}
		})
	}
	asking.Wait()
	slices.Sort(found.no)
	slices.Sort(found.dark)
	switch {
	case len(found.no) > 0:
		c.State, c.Says = round.CheckFails, fmt.Sprintf("The bot may not do %s. `infra/iam/bot*.json` are the rights that it needs: give them to %s.", someOf(found.no, 6), lastOf(source))
	case failed != nil:
		return s.unknown(ctx, c, "What the bot may do is not known", failed)
	case len(found.dark) > 0:
		c.State, c.Says = round.CheckWarns, fmt.Sprintf("Whether the bot may do %s is not known: a policy of %s asks for what only the call itself tells.", someOf(found.dark, 6), lastOf(source))
	default:
		c.State, c.Says = round.CheckOK, fmt.Sprintf("%s may do what was asked for.", lastOf(source))
	}
	return c
}

// unbounded reports whether the boundary is missing. Where AWS does not tell, it
// is taken to be there.
func (s *Scout) unbounded(ctx context.Context, account string) bool {
	_, err := s.clients.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String(BoundaryARN(account))})
	if err != nil {
		s.cfg.Log.WarnContext(ctx, "the boundary was not seen", "error", err)
	}
	return isGone(err)
}

// mays is what IAM says of one right.
type mays struct {
	no   []string // actions that IAM would refuse
	dark []string // actions that it refuses for want of something that only the call itself tells
}

// ask asks IAM about a right.
func (s *Scout) ask(ctx context.Context, source, account string, r right) (a mays, err error) {
	pages := iam.NewSimulatePrincipalPolicyPaginator(s.clients.iam, &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: &source, ActionNames: r.actions, ResourceArns: []string{r.resource}, ContextEntries: entries(s.tells(account)),
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return mays{}, err
		}
		for _, e := range out.EvaluationResults {
			action := aws.ToString(e.EvalActionName)
			switch {
			case e.EvalDecision == types.PolicyEvaluationDecisionTypeAllowed:
			case misses(e):
				a.dark = append(a.dark, action)
			default:
				a.no = append(a.no, action)
			}
		}
	}
	return a, nil
}

// tells is what the calls of a stack's making will say about themselves, as far as
// deploy/bot-policy.json asks for it: a denial of all but some values is one of a
// call that does not say its own.
func (s *Scout) tells(account string) map[string]string {
	return map[string]string{
		"aws:RequestedRegion":     s.region,
		"ec2:InstanceType":        cmp.Or(s.cfg.MonitoringType, string(HostType)),
		"iam:PermissionsBoundary": BoundaryARN(account),
		"rds:DatabaseClass":       DatabaseClass,
	}
}

func entries(tells map[string]string) (all []types.ContextEntry) {
	for key, value := range tells {
		all = append(all, types.ContextEntry{ContextKeyName: &key, ContextKeyType: types.ContextKeyTypeEnumString, ContextKeyValues: []string{value}})
	}
	return all
}

// misses reports whether an answer depends on something that was not told. For
// named resources IAM may say that with each of them.
func misses(e types.EvaluationResult) bool {
	return len(e.MissingContextValues) > 0 || slices.ContainsFunc(e.ResourceSpecificResults, func(r types.ResourceSpecificResult) bool {
		return len(r.MissingContextValues) > 0
	})
}

// principal gives the ARN by which IAM knows the caller: of a session, its role,
// whose path the session's name leaves out.
func (s *Scout) principal(ctx context.Context, arn string) (string, error) {
	_, session, ok := strings.Cut(arn, ":assumed-role/")
	if !ok {
		return arn, nil
	}
	name, _, _ := strings.Cut(session, "/")
	out, err := s.clients.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return "", fmt.Errorf("look at the bot's own role: %w", err)
	}
	if out.Role == nil || out.Role.Arn == nil {
		return "", errors.New("look at the bot's own role: it has no ARN")
	}
	return *out.Role.Arn, nil
}

// someOf lists the first n names, and counts the rest.
func someOf(names []string, n int) string {
	if len(names) <= n {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:n], ", "), len(names)-n)
}

// lastOf is the last part of an ARN: user/chaotic-good-bot.
func lastOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	return parts[len(parts)-1]
}
