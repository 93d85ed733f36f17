package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/chaotic-good/scenarios/bot/doctor"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// account looks at the AWS account that the bot would work in.
type account struct {
	self   *infra.Self
	scout  round.Scout // nil: the settings cannot be read
	unread error
	region string
	watch  *doctor.Watch

	once   sync.Once
	caller infra.Caller
	err    error

	looked sync.Once
	found  round.Preflight
}

func newAccount(ctx context.Context, c config, now func() time.Time) *account {
	a := &account{region: c.AWS.Region, watch: new(doctor.Watch)}
	cloud, err := infra.AWSConfig(ctx, c.AWS.Region, c.AWS.Endpoint)
	if err != nil { // such as a profile that does not exist
		a.unread = err
		return a
	}
	if cloud.HTTPClient == nil {
		cloud.HTTPClient = awshttp.NewBuildableClient() // which every service would make for itself
	}
	a.watch.Now, a.watch.Pass = now, cloud.HTTPClient.Do
	cloud.HTTPClient = a.watch
	a.self = infra.NewSelf(cloud)
	if scout, err := infra.NewScout(cloud, c.scout(slog.New(slog.DiscardHandler))); err == nil {
		a.scout = scout // it refuses to be without a region, which is told
	}
	return a
}

// noKeys is the error of a bot to which nobody gave credentials.
type noKeys struct{ error }

func (n noKeys) Unwrap() error { return n.error }

// who asks once.
func (a *account) who(ctx context.Context) (infra.Caller, error) {
	a.once.Do(func() {
		if a.err = a.unread; a.err != nil {
			return
		}
		if err := a.self.HasKeys(ctx); err != nil {
			a.err = noKeys{err}
			return
		}
		a.caller, a.err = a.self.Who(ctx)
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
		switch {
		case ctx.Err() != nil:
			return wrong("AWS did not answer in time.", "Look at this machine's network and proxy, and run this again.")
		case a.unread != nil: // which is about files, and holds nothing of what stands in them
			return wrong(fmt.Sprintf("The AWS settings cannot be read: %s.", cause(err)), keys)
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

// checks are what is looked at before a round too: by a scout, who says in one
// sentence what is not well and how to mend it.
func (a *account) checks() []doctor.Check {
	all := []doctor.Check{{Name: "AWS identity", Run: a.identity}}
	for _, name := range []string{"account", "region", "rights", "quotas"} {
		all = append(all, doctor.Check{Name: "AWS " + name, Run: func(ctx context.Context) doctor.Finding { return a.scouted(ctx, name) }})
	}
	return all
}

func (a *account) scouted(ctx context.Context, name string) doctor.Finding {
	if a.region == "" {
		return doctor.Blind("there is no region.")
	}
	if _, err := a.who(ctx); err != nil {
		return doctor.Blind("AWS does not say who the bot is.")
	}
	a.looked.Do(func() {
		// A scout puts its errors into its checks.
		a.found, _ = a.scout.Look(ctx, round.Spec{Round: round.RoundID(1), Stage: infra.StageClassic}, round.Person{})
	})
	for _, c := range a.found.Checks {
		if c.Name == name {
			return scoutSays(c)
		}
	}
	return doctor.Blind("nobody told.")
}

// scoutSays is what a scout says, as a doctor says it.
func scoutSays(c round.Check) doctor.Finding {
	f := doctor.Finding{State: doctor.OK, Says: c.Says}
	switch c.State {
	case round.CheckWarns:
		f.State = doctor.Warning
	case round.CheckFails:
		f.State = doctor.Wrong
	}
	return f
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
