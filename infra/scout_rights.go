package infra

import (
	"context"
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
	denied, failed := s.denied(ctx, source, account, all[0])
	if failed != nil { // so would all others be
		return s.unknown(ctx, c, "What the bot may do is not known", failed)
	}
	var (
		mu     sync.Mutex
		asking sync.WaitGroup
	)
	for _, r := range all[1:] {
		asking.Go(func() {
			no, err := s.denied(ctx, source, account, r)
			mu.Lock()
			defer mu.Unlock()
			denied = append(denied, no...)
			if err != nil {
				failed = err
			}
		})
	}
	asking.Wait()
	slices.Sort(denied)
	switch {
	case len(denied) > 0:
		c.State, c.Says = round.CheckFails, fmt.Sprintf("The bot may not do %s. `infra/iam/bot*.json` are the rights that it needs: give them to %s.", someOf(denied, 6), lastOf(source))
	case failed != nil:
		return s.unknown(ctx, c, "What the bot may do is not known", failed)
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

// denied gives those of a right's actions that IAM would refuse. Those that
// depend on something that only the call itself tells are not among them, but for
// what the bot's own denials ask about.
func (s *Scout) denied(ctx context.Context, source, account string, r right) (no []string, err error) {
	var calls []types.ContextEntry
	for key, value := range map[string]string{
		"aws:RequestedRegion": s.region, "ec2:InstanceType": string(HostType), "iam:PermissionsBoundary": BoundaryARN(account), "rds:DatabaseClass": DatabaseClass,
	} {
		calls = append(calls, types.ContextEntry{ContextKeyName: &key, ContextKeyType: types.ContextKeyTypeEnumString, ContextKeyValues: []string{value}})
	}
	pages := iam.NewSimulatePrincipalPolicyPaginator(s.clients.iam, &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: &source, ActionNames: r.actions, ResourceArns: []string{r.resource}, ContextEntries: calls,
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range out.EvaluationResults {
			switch {
			case e.EvalDecision == types.PolicyEvaluationDecisionTypeAllowed:
			case e.EvalDecision == types.PolicyEvaluationDecisionTypeImplicitDeny && len(e.MissingContextValues) > 0:
			default:
				no = append(no, aws.ToString(e.EvalActionName))
			}
		}
	}
	return no, nil
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
	return aws.ToString(out.Role.Arn), nil
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
