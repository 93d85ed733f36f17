package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// ends checks a round that is closed, and waits for what is still to be told.
func (p *crashRound) ends(ctx context.Context, t *testing.T) {
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for wrong := p.announced(ctx); len(wrong) > 0; wrong = p.announced(ctx) {
		tick := time.NewTimer(200 * time.Millisecond)
		select {
		case <-tick.C:
			continue
		case <-late.C:
		}
		for _, what := range wrong {
			p.fails("%s: %s", p.id, what)
		}
		break
	}
	after, err := p.stage.world.Inventory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range after.Minus(p.before) {
		p.fails("%s left %s", p.id, what)
	}
	if err := p.identify(ctx); p.keys != "" && err == nil {
		p.fails("the keys of %s live on", p.id)
	}
	p.look(func(s *round.State, all []round.Event) {
		for _, e := range all {
			if e.Round == p.id && slices.Contains([]round.Kind{round.ProvisionFailed, round.DestroyFailed, round.RollbackFailed}, e.Kind) {
				p.failsLocked("%s: %s: %s", p.id, e.Kind, e.Data)
			}
		}
		r := s.Rounds[p.id]
		if r.Result.Left != 0 {
			p.failsLocked("%s left %d by its own count: %v", p.id, r.Result.Left, r.Result.What)
		}
		for i, in := range r.Past {
			outcome, stopped := in.Ending.Outcome, strings.Contains(in.Ending.Say, "stopped while it was injecting")
			// A service that an earlier injection made grow may carry this one.
			stopped = stopped || p.about != "" && strings.Contains(in.Ending.Say, "showed no effect")
			if last := i == len(r.Past)-1; last && outcome != p.story.promises() || !last && !stopped {
				p.failsLocked("%s ended %s: %s", in.ID, outcome, in.Ending.Say)
			}
		}
	})
}

// promises says how the last incident of a story ends.
func (s story) promises() round.Outcome {
	if s == whole {
		return round.Resolved
	}
	return round.Aborted
}

// identify asks AWS with the player's keys who that is.
func (p *crashRound) identify(ctx context.Context) error {
	cfg, _, err := readReveal(p.keys)
	if err != nil {
		return err
	}
	_, err = sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	return err
}

// people wants one user of the round with one key: the one that was revealed.
func (p *crashRound) people(t *testing.T) func(context.Context) {
	api := iam.NewFromConfig(p.behind(t))
	return func(ctx context.Context) {
		path := infra.NamesOf(p.id).Path
		users, err := api.ListUsers(ctx, &iam.ListUsersInput{PathPrefix: &path})
		if err != nil {
			p.fails("list the users: %v", err)
			return
		}
		keys := map[string]string{}
		for _, u := range users.Users {
			list, err := api.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: u.UserName})
			if err != nil {
				p.fails("list the keys: %v", err)
				return
			}
			for _, k := range list.AccessKeyMetadata {
				keys[aws.ToString(k.AccessKeyId)] = aws.ToString(u.UserName)
			}
		}
		cfg, _, err := readReveal(p.keys)
		if err != nil {
			p.fails("read the keys: %v", err)
			return
		}
		mine, err := cfg.Credentials.Retrieve(ctx)
		if err != nil || len(users.Users) != 1 || len(keys) != 1 || keys[mine.AccessKeyID] == "" {
			p.fails("%s has %d users with the keys of %v; the revealed one should be the only one", p.id, len(users.Users), slices.Collect(maps.Values(keys)))
		}
		if err := p.identify(ctx); err != nil {
			p.fails("the revealed keys do not work: %v", err)
		}
	}
}
