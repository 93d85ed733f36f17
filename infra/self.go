package infra

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Self is the bot as AWS sees it: who it is, and what it may do. It makes nothing.
type Self struct {
	region  string
	keys    aws.CredentialsProvider
	clients clients
}

// Caller is who AWS says that somebody is.
type Caller struct{ Account, ARN string }

// NewSelf returns the Self of whose credentials cfg holds. Whoever asks waits for
// the answer, so only a throttled call is repeated, and not often.
func NewSelf(cfg aws.Config) *Self {
	cfg = cfg.Copy()
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = 3
			o.Retryables = []retry.IsErrorRetryable{retry.RetryableErrorCode{Codes: retry.DefaultThrottleErrorCodes}}
		})
	}
	return &Self{region: cfg.Region, keys: cfg.Credentials, clients: newClients(cfg)}
}

// HasKeys returns an error when no credentials are found.
func (s *Self) HasKeys(ctx context.Context) error {
	if s.keys == nil {
		return fmt.Errorf("find AWS credentials: none are configured")
	}
	if _, err := s.keys.Retrieve(ctx); err != nil {
		return fmt.Errorf("find AWS credentials: %w", err)
	}
	return nil
}

// Who asks AWS who the bot is.
func (s *Self) Who(ctx context.Context) (Caller, error) {
	out, err := s.clients.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Caller{}, fmt.Errorf("ask AWS who the bot is: %w", err)
	}
	return Caller{aws.ToString(out.Account), aws.ToString(out.Arn)}, nil
}

// keyActions are some of those without which no stack is made, of every kind one,
// by what they are done to: rights may be bound to names.
func keyActions(n Names, account, region string) map[string][]string {
	in := func(service, what string) string {
		return "arn:aws:" + service + ":" + region + ":" + account + ":" + what
	}
	return map[string][]string{
		"*": {"ec2:CreateVpc", "ec2:CreateSecurityGroup", "ec2:RunInstances", "ecs:RegisterTaskDefinition"},

		in("ecs", "cluster/"+n.Cluster): {"ecs:CreateCluster"},
		in("rds", "db:"+n.Database):     {"rds:CreateDBInstance", "rds:DeleteDBInstance"},
		in("sqs", n.Queue):              {"sqs:CreateQueue", "sqs:ReceiveMessage"},

		in("elasticloadbalancing", "loadbalancer/app/"+n.Balancer+"/0"): {"elasticloadbalancing:CreateLoadBalancer"},
		in("secretsmanager", "secret:"+n.WebhookSecret+"-000000"):       {"secretsmanager:CreateSecret"},

		"arn:aws:iam::" + account + ":user" + n.Path + "somebody":  {"iam:CreateUser", "iam:CreateAccessKey", "iam:DeleteUser"},
		"arn:aws:iam::" + account + ":role" + n.Path + n.TasksRole: {"iam:CreateRole", "iam:PassRole"},
	}
}

// Lacks asks IAM which of some key actions it would refuse to the caller. Those
// that depend on something that only the call itself tells are not among them.
func (s *Self) Lacks(ctx context.Context, who Caller) ([]string, error) {
	if strings.HasSuffix(who.ARN, ":root") {
		return nil, nil // which IAM knows no policies of, and may do everything
	}
	source, err := s.principal(ctx, who.ARN)
	if err != nil {
		return nil, err
	}
	var (
		mu     sync.Mutex
		asking sync.WaitGroup
		lacks  []string
		failed error
	)
	for resource, actions := range keyActions(NamesOf("R1"), who.Account, s.region) {
		asking.Go(func() {
			no, err := s.simulate(ctx, source, resource, actions)
			mu.Lock()
			defer mu.Unlock()
			if lacks = append(lacks, no...); err != nil {
				failed = err
			}
		})
	}
	asking.Wait()
	if failed != nil {
		return nil, fmt.Errorf("ask IAM what the bot may do: %w", failed)
	}
	slices.Sort(lacks)
	return lacks, nil
}

// principal gives the ARN by which IAM knows the caller: of a session, its role,
// whose path the session's name leaves out.
func (s *Self) principal(ctx context.Context, arn string) (string, error) {
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

func (s *Self) simulate(ctx context.Context, source, resource string, actions []string) (no []string, err error) {
	pages := iam.NewSimulatePrincipalPolicyPaginator(s.clients.iam, &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: &source, ActionNames: actions, ResourceArns: []string{resource},
		ContextEntries: []types.ContextEntry{{
			ContextKeyName: aws.String("aws:RequestedRegion"), ContextKeyType: types.ContextKeyTypeEnumString, ContextKeyValues: []string{s.region},
		}},
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range out.EvaluationResults {
			depends := e.EvalDecision == types.PolicyEvaluationDecisionTypeImplicitDeny && len(e.MissingContextValues) > 0
			if e.EvalDecision != types.PolicyEvaluationDecisionTypeAllowed && !depends {
				no = append(no, aws.ToString(e.EvalActionName))
			}
		}
	}
	return no, nil
}
