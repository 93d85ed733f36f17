package infra

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Self is the bot as AWS sees it. A Scout tells an admin what the bot may do; a
// Self gives the operator the error itself.
type Self struct {
	keys aws.CredentialsProvider
	sts  *sts.Client
}

// Caller is who AWS says that somebody is.
type Caller struct{ Account, ARN string }

// NewSelf returns the Self of whose credentials cfg holds. Whoever asks waits for
// the answer, so only a throttled call is repeated, and not often.
func NewSelf(cfg aws.Config) *Self {
	cfg = cfg.Copy()
	cfg.Retryer = func() aws.Retryer { return retry.NewStandard(onlyThrottled(3)) }
	return &Self{keys: cfg.Credentials, sts: sts.NewFromConfig(cfg)}
}

// HasKeys returns an error when no credentials are found.
func (s *Self) HasKeys(ctx context.Context) error {
	if s.keys == nil {
		return errors.New("find AWS credentials: none are configured")
	}
	if _, err := s.keys.Retrieve(ctx); err != nil {
		return fmt.Errorf("find AWS credentials: %w", err)
	}
	return nil
}

// Who asks AWS who the bot is.
func (s *Self) Who(ctx context.Context) (Caller, error) {
	out, err := s.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Caller{}, fmt.Errorf("ask AWS who the bot is: %w", err)
	}
	return Caller{aws.ToString(out.Account), aws.ToString(out.Arn)}, nil
}
