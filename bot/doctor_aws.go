package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/chaotic-good/scenarios/bot/doctor"
	"github.com/chaotic-good/scenarios/infra"
)

// consul speaks for the bot at AWS. It makes nothing.
type consul interface {
	HasKeys(ctx context.Context) error
	Who(ctx context.Context) (infra.Caller, error)
	Lacks(ctx context.Context, who infra.Caller) ([]string, error)
}

// account looks at the AWS account that the bot would work in.
type account struct {
	consul consul
	region string
	watch  *doctor.Watch

	once   sync.Once
	caller infra.Caller
	err    error
}

func newAccount(ctx context.Context, c config, now func() time.Time) *account {
	cloud, err := infra.AWSConfig(ctx, c.AWS.Region, c.AWS.Endpoint)
	if err != nil { // such as a profile that does not exist
		return &account{consul: noConsul{err}, region: c.AWS.Region, watch: new(doctor.Watch)}
	}
	if cloud.HTTPClient == nil {
		cloud.HTTPClient = awshttp.NewBuildableClient() // which every service would make for itself
	}
	watch := &doctor.Watch{Now: now, Pass: cloud.HTTPClient.Do}
	cloud.HTTPClient = watch
	return &account{consul: infra.NewSelf(cloud), region: c.AWS.Region, watch: watch}
}

// noConsul is that of a bot whose AWS settings cannot be read. Its error is about
// files, and holds nothing of what stands in them.
type noConsul struct{ error }

func (n noConsul) HasKeys(context.Context) error                         { return n }
func (n noConsul) Who(context.Context) (infra.Caller, error)             { return infra.Caller{}, n }
func (n noConsul) Lacks(context.Context, infra.Caller) ([]string, error) { return nil, n }

// noKeys is the error of a bot to which nobody gave credentials.
type noKeys struct{ error }

func (n noKeys) Unwrap() error { return n.error }

// who asks once.
func (a *account) who(ctx context.Context) (infra.Caller, error) {
	a.once.Do(func() {
		if err := a.consul.HasKeys(ctx); err != nil {
			a.err = noKeys{err}
			return
		}
		a.caller, a.err = a.consul.Who(ctx)
	})
	return a.caller, a.err
}

// ahead is for the clock's check.
func (a *account) ahead(ctx context.Context) (time.Duration, bool) {
	if a.region != "" {
		_, _ = a.who(ctx) // the identity's check tells
	}
	return a.watch.Ahead()
}

func (a *account) identity(ctx context.Context) doctor.Finding {
	if a.region == "" {
		return doctor.Finding{State: doctor.Wrong, Says: "The configuration names no region.", Mend: "Set `aws.region`."}
	}
	who, err := a.who(ctx)
	if err == nil {
		return doctor.Well("%s in the account %s, region %s.", who.ARN[strings.LastIndex(who.ARN, ":")+1:], who.Account, a.region)
	}
	const keys = "Give the bot an instance role, a profile (AWS_PROFILE), or keys that work (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)."
	wrong := func(says, mend string) doctor.Finding {
		return doctor.Finding{State: doctor.Wrong, Says: says, Mend: mend}
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		var none noKeys
		var unread noConsul
		switch {
		case ctx.Err() != nil:
			return wrong("AWS did not answer in time.", "Look at this machine's network and proxy, and run this again.")
		case errors.As(err, &unread):
			return wrong(fmt.Sprintf("The AWS settings cannot be read: %s.", cause(unread.error)), keys)
		case errors.As(err, &none):
			return wrong("There are no AWS credentials.", keys)
		}
		return wrong(fmt.Sprintf("AWS cannot be reached: %s.", cause(err)), "Look at `aws.region`, and at this machine's network and proxy.")
	}
	code := api.ErrorCode()
	is := func(codes ...string) bool { return slices.Contains(codes, code) }
	switch {
	case is("InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException"):
		return wrong("AWS does not know the bot's key.", keys)
	case is("SignatureDoesNotMatch"):
		return wrong("AWS does not take the bot's signature: the secret is not the key's, or the clock is wrong.", keys+" Look at the clock below.")
	case is("ExpiredToken", "ExpiredTokenException"):
		return wrong("The bot's credentials have ended.", "Sign in again, as by `aws sso login`; for a bot that stays, an instance role is better.")
	}
	return wrong(fmt.Sprintf("AWS does not say who the bot is, and answers %s.", code), keys)
}

func (a *account) rights(ctx context.Context) doctor.Finding {
	if a.region == "" {
		return doctor.Blind("there is no region.")
	}
	who, err := a.who(ctx)
	if err != nil {
		return doctor.Blind("AWS does not say who the bot is.")
	}
	lacks, err := a.consul.Lacks(ctx, who)
	const mend = "Give it the rights in `infra/iam/bot*.json`; on AWS, `deploy/role.sh` does."
	switch {
	case err != nil:
		return doctor.Finding{State: doctor.Warning, Says: fmt.Sprintf("What the bot may do is not known: %s.", unheard(ctx, err)), Mend: mend + " Or allow it iam:SimulatePrincipalPolicy and iam:GetRole, and run this again."}
	case len(lacks) > 0:
		return doctor.Finding{State: doctor.Wrong, Says: fmt.Sprintf("The bot may not do %s.", strings.Join(lacks, ", ")), Mend: mend}
	}
	return doctor.Well("IAM would allow what was asked for, one action of each kind.")
}

// unheard says why IAM gave no answer.
func unheard(ctx context.Context, err error) string {
	var api smithy.APIError
	switch {
	case ctx.Err() != nil:
		return "IAM did not answer in time"
	case errors.As(err, &api):
		return "IAM does not answer that (" + api.ErrorCode() + ")"
	}
	return "IAM cannot be reached"
}

// cause is the innermost error, which holds no address.
func cause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
