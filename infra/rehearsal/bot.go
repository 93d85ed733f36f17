package rehearsal

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// botUser is the bot's own IAM user. It has the very policies that the bot's role
// has on AWS, so that a right that is missing there is missed here first, and
// beside it stands the boundary of the people whom it makes.
const botUser = "chaotic-good-bot"

// everything is the policy of somebody whose rights are not judged.
const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

func makeBot(ctx context.Context, cfg aws.Config, unjudged bool) (key string, secret round.Secret, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := infra.MakeBoundary(ctx, cfg); err != nil {
		return "", secret, err
	}
	api := iam.NewFromConfig(cfg)
	if _, err := api.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String(botUser)}); err != nil {
		return "", secret, fmt.Errorf("make the bot's user: %w", err)
	}
	for _, name := range infra.BotPolicies() {
		document, err := infra.Policy(name, infra.PolicyInputs{Names: infra.NamesOf("R1"), Account: Account, Region: Region})
		if err != nil {
			return "", secret, err
		}
		policy, err := api.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("chaotic-good-" + name), PolicyDocument: &document})
		if err != nil {
			return "", secret, fmt.Errorf("make the bot's policy %s: %w", name, err)
		}
		_, err = api.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String(botUser), PolicyArn: policy.Policy.Arn})
		if err != nil {
			return "", secret, fmt.Errorf("give the bot its policy %s: %w", name, err)
		}
	}
	if unjudged {
		_, err := api.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String(botUser), PolicyName: aws.String("everything"), PolicyDocument: aws.String(everything)})
		if err != nil {
			return "", secret, fmt.Errorf("give the bot all rights: %w", err)
		}
	}
	out, err := api.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String(botUser)})
	if err != nil {
		return "", secret, fmt.Errorf("make the bot's key: %w", err)
	}
	return aws.ToString(out.AccessKey.AccessKeyId), round.NewSecret(aws.ToString(out.AccessKey.SecretAccessKey)), nil
}
