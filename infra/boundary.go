package infra

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// boundaryName is the policy within which everybody stands who gets keys. It is
// the account's, not a round's, and outside the bot's path: a boundary that the
// bot could make or change would hold it to nothing.
const boundaryName = "chaotic-good-boundary"

// BoundaryARN names the boundary of an account.
func BoundaryARN(account string) string { return "arn:aws:iam::" + account + ":policy/" + boundaryName }

// MakeBoundary makes the boundary in the account of cfg, as deploy/role.sh does on
// AWS: the bot itself may not. One that is there is left as it is.
func MakeBoundary(ctx context.Context, cfg aws.Config) error {
	account, err := accountOf(ctx, sts.NewFromConfig(cfg))
	if err != nil {
		return err
	}
	text, err := Policy(BoundaryPolicy, PolicyInputs{Account: account, Region: cfg.Region})
	if err != nil {
		return err
	}
	_, err = iam.NewFromConfig(cfg).CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String(boundaryName), PolicyDocument: &text})
	if err != nil && !hasCode(err, "EntityAlreadyExists") {
		return fmt.Errorf("create the policy %s: %w", boundaryName, err)
	}
	return nil
}

func accountOf(ctx context.Context, client *sts.Client) (string, error) {
	who, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("ask AWS who we are: %w", err)
	}
	return aws.ToString(who.Account), nil
}
