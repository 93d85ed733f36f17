package scenarios

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// rollBack rolls the service to the revision that the list of releases has
// before the last one.
func rollBack(ctx context.Context, cfg aws.Config, id round.ID) error {
	all, err := releasesOf(cfg, id).read(ctx)
	if err != nil {
		return err
	}
	if len(all) < 2 {
		return fmt.Errorf("find what ran before: the list has %d releases", len(all))
	}
	return rollTo(ctx, ecs.NewFromConfig(cfg), id, all[len(all)-2].Revision)
}

// fixForward keeps the new release and switches off what it does wrong.
func fixForward(ctx context.Context, cfg aws.Config, id round.ID) error {
	api, names := ecs.NewFromConfig(cfg), infra.NamesOf(id)
	svc, err := serviceOf(ctx, api, names, infra.ServiceAPI)
	if err != nil {
		return err
	}
	if svc == nil {
		return errors.New("find the shop's service: there is none")
	}
	def, err := definitionOf(ctx, api, aws.ToString(svc.TaskDefinition))
	if err != nil {
		return err
	}
	in := again(def.TaskDefinition)
	set(&in.ContainerDefinitions[0], "SHOP_CHECKOUT", "")
	out, err := api.RegisterTaskDefinition(ctx, in)
	if err != nil {
		return fmt.Errorf("register a revision without the setting: %w", err)
	}
	return rollTo(ctx, api, id, aws.ToString(out.TaskDefinition.TaskDefinitionArn))
}

// firstRevision brings the service back to the definition that the stack was
// built with, and takes away those that were registered since.
func firstRevision(ctx context.Context, cfg aws.Config, id round.ID) error {
	api, family := ecs.NewFromConfig(cfg), infra.NamesOf(id).Family(infra.ServiceAPI)
	all, err := revisions(ctx, api, family, types.SortOrderAsc)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("find the first revision of %s: there is none", family)
	}
	if err := rollTo(ctx, api, id, all[0]); err != nil {
		return err
	}
	for _, arn := range all[1:] {
		if _, err := api.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &arn}); err != nil {
			return fmt.Errorf("deregister %s: %w", infra.RevisionOf(arn), err)
		}
	}
	return nil
}

// rollTo rolls the shop's service to a revision, and waits until nothing else
// runs.
func rollTo(ctx context.Context, api *ecs.Client, id round.ID, revision string) error {
	names := infra.NamesOf(id)
	if err := runRevision(ctx, api, names, infra.ServiceAPI, revision); err != nil {
		return err
	}
	return untilService(ctx, api, names, settled)
}

// scaleOut runs twice as many tasks of the shop, and waits until they run.
func scaleOut(ctx context.Context, cfg aws.Config, id round.ID) error {
	return scaleTo(ctx, cfg, id, 4, settled)
}

// builtCount brings the shop back to as many tasks as it was built with. The
// service's own scaling may still ask for more, by the traffic of a moment ago:
// then it is told again.
func builtCount(ctx context.Context, cfg aws.Config, id round.ID) error {
	api, names, built := ecs.NewFromConfig(cfg), infra.NamesOf(id), builtTasks(infra.ServiceAPI)
	var failed error
	err := untilService(ctx, api, names, func(s types.Service) bool {
		if s.DesiredCount == built {
			return settled(s)
		}
		failed = runCount(ctx, api, names, built)
		return failed != nil
	})
	return errors.Join(err, failed)
}

func runCount(ctx context.Context, api *ecs.Client, names infra.Names, desired int32) error {
	_, err := api.UpdateService(ctx, &ecs.UpdateServiceInput{
		Cluster: &names.Cluster, Service: aws.String(infra.ServiceAPI), DesiredCount: &desired,
	})
	if err != nil {
		return fmt.Errorf("run %d tasks of the shop: %w", desired, err)
	}
	return nil
}

func scaleTo(ctx context.Context, cfg aws.Config, id round.ID, desired int32, done func(types.Service) bool) error {
	api, names := ecs.NewFromConfig(cfg), infra.NamesOf(id)
	if err := runCount(ctx, api, names, desired); err != nil {
		return err
	}
	return untilService(ctx, api, names, func(s types.Service) bool { return s.DesiredCount == desired && done(s) })
}

// untilService looks at the shop's service every second until ok.
func untilService(ctx context.Context, api *ecs.Client, names infra.Names, ok func(types.Service) bool) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		svc, err := serviceOf(ctx, api, names, infra.ServiceAPI)
		if err != nil {
			return err
		}
		if svc != nil && ok(*svc) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the shop's service: %w", ctx.Err())
		case <-tick.C:
		}
	}
}
