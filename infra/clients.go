package infra

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// AWSConfig loads the SDK's configuration the way every AWS tool does
// (environment, shared files, instance role). endpoint replaces the address of
// every service; empty means AWS itself. Throttled calls are tried up to ten
// times, because a stack is made of many calls at once.
func AWSConfig(ctx context.Context, region, endpoint string) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithRegion(region),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = 10
				o.MaxBackoff = 10 * time.Second
			})
		}))
	if err != nil {
		return aws.Config{}, fmt.Errorf("load the AWS configuration: %w", err)
	}
	if endpoint != "" {
		cfg.BaseEndpoint = aws.String(endpoint)
	}
	return cfg, nil
}

// clients is one client per service.
type clients struct {
	ec2     *ec2.Client
	ecs     *ecs.Client
	eks     *eks.Client
	elb     *elb.Client
	iam     *iam.Client
	rds     *rds.Client
	scaling *scaling.Client
	secrets *secretsmanager.Client
	sqs     *sqs.Client
	ssm     *ssm.Client
	sts     *sts.Client
	others
}

func newClients(cfg aws.Config) clients {
	return clients{
		ec2:     ec2.NewFromConfig(cfg),
		ecs:     ecs.NewFromConfig(cfg),
		eks:     eks.NewFromConfig(cfg),
		elb:     elb.NewFromConfig(cfg),
		iam:     iam.NewFromConfig(cfg),
		rds:     rds.NewFromConfig(cfg),
		scaling: scaling.NewFromConfig(cfg),
		secrets: secretsmanager.NewFromConfig(cfg),
		sqs:     sqs.NewFromConfig(cfg),
		ssm:     ssm.NewFromConfig(cfg),
		sts:     sts.NewFromConfig(cfg),
		others:  newOthers(cfg),
	}
}

// once is for calls that make a new thing each time they are heard and take no
// idempotency token: only a throttled call, which was not heard, is repeated.
// After any other error the next provision looks first.
func once(o *ec2.Options) {
	o.Retryer = retry.NewStandard(onlyThrottled(10))
}

// onlyThrottled tries nothing again but a throttled call.
func onlyThrottled(tries int) func(*retry.StandardOptions) {
	return func(s *retry.StandardOptions) {
		s.MaxAttempts = tries
		s.Retryables = []retry.IsErrorRetryable{
			retry.RetryableErrorCode{Codes: retry.DefaultThrottleErrorCodes},
		}
	}
}

// hasCode reports whether AWS answered with one of the error codes.
func hasCode(err error, codes ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode())
}

// isGone reports whether AWS says that the thing does not exist, which every
// service spells in its own way.
func isGone(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	code := api.ErrorCode()
	return strings.Contains(code, "NotFound") || strings.HasPrefix(code, "NoSuch") || slices.Contains([]string{
		"InvalidNetworkInterfaceID.NotFound", "QueueDoesNotExist",
		"AWS.SimpleQueueService.NonExistentQueue", "ParameterNotFound", "DBInstanceNotFoundFault",
		"ServiceNotActiveException", "Gateway.NotAttached", "WAFNonexistentItemException",
	}, code)
}

// ignoreGone drops the error of a removal that came too late.
func ignoreGone(err error) error {
	if isGone(err) {
		return nil
	}
	return err
}
