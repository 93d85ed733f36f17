package scenarios

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// restartAPI replaces every task of the shop's service and waits until none of
// the old ones runs, so that nobody can say it was not really tried.
func restartAPI(ctx context.Context, cfg aws.Config, id round.ID) error {
	api := ecs.NewFromConfig(cfg)
	cluster, service := infra.NamesOf(id).Cluster, infra.ServiceAPI
	running := func() ([]string, error) {
		out, err := api.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &cluster, ServiceName: &service})
		if err != nil {
			return nil, fmt.Errorf("list the tasks: %w", err)
		}
		return out.TaskArns, nil
	}
	old, err := running()
	if err != nil {
		return err
	}
	if len(old) == 0 {
		return errors.New("restart the shop: no task runs")
	}
	_, err = api.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: &cluster, Service: &service, ForceNewDeployment: true})
	if err != nil {
		return fmt.Errorf("restart the shop: %w", err)
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		now, err := running()
		if err != nil {
			return err
		}
		if len(now) >= len(old) && disjoint(old, now) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the new tasks: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

func disjoint(a, b []string) bool {
	seen := map[string]bool{}
	for _, s := range a {
		seen[s] = true
	}
	for _, s := range b {
		if seen[s] {
			return false
		}
	}
	return true
}
