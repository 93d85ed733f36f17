package scenarios

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// tagRun is the tag that tells our revision from every other: the run of the
// pipeline that registered it.
const (
	tagRun        = "pipeline-run"
	tagDeployedBy = "deployed-by"
)

// envParam begins the parameters of a fault that set a variable.
const envParam = "env."

// deployReceipt is what a deploy needs to be made once and taken back.
type deployReceipt struct {
	Service  string            `json:"service"`
	Before   string            `json:"before"` // ARN of the definition that ran
	Image    string            `json:"image"`
	Settings map[string]string `json:"settings"`
	By       string            `json:"by"`
	Run      string            `json:"run"`
}

// planDeploy takes the service's definition as it is, and params["release"]
// with the variables in params["env.NAME"] beside it.
func planDeploy(ctx context.Context, cfg aws.Config, t round.Target, params map[string]string) (round.Plan, error) {
	if params["service"] == "" || params["release"] == "" || params["by"] == "" {
		return round.Plan{}, errors.New("a deploy needs the service, the release, and by whom")
	}
	api, names := ecs.NewFromConfig(cfg), infra.NamesOf(t.Round)
	svc, err := serviceOf(ctx, api, names, params["service"])
	if err != nil {
		return round.Plan{}, err
	}
	if svc == nil || svc.DesiredCount == 0 {
		return round.Plan{}, round.Refuse("no-target", "The service %s of %s runs nothing, so nobody would notice what is deployed.", params["service"], t.Round)
	}
	if !settled(*svc) {
		return round.Plan{}, round.Refuse("not-steady", "The service %s of %s is being deployed or scaled right now. Wait until `aws ecs describe-services` shows one deployment with all its tasks.",
			params["service"], t.Round)
	}
	r := deployReceipt{
		Service: params["service"], Before: aws.ToString(svc.TaskDefinition), By: params["by"], Run: "run-" + strings.ToLower(rand.Text()[:10]),
		Settings: map[string]string{},
	}
	def, err := definitionOf(ctx, api, r.Before)
	if err != nil {
		return round.Plan{}, err
	}
	image := aws.ToString(def.ContainerDefinitions[0].Image)
	if infra.ReleaseOf(image) == params["release"] {
		return round.Plan{}, round.Refuse("no-effect", "The service %s of %s runs release %s already, by the revision %s. Roll it back first.",
			r.Service, t.Round, params["release"], infra.RevisionOf(r.Before))
	}
	r.Image = strings.TrimSuffix(image, infra.ReleaseOf(image)) + params["release"]
	for name, value := range params {
		if variable, ok := strings.CutPrefix(name, envParam); ok {
			r.Settings[variable] = value
		}
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return round.Plan{}, fmt.Errorf("write the receipt: %w", err)
	}
	return round.Plan{Receipt: raw, Blast: fmt.Sprintf("A new revision of the task definition of the service %s in %s, with release %s, to which all of its %d tasks are rolled; nothing outside it.",
		r.Service, t.Round, params["release"], svc.DesiredCount), Targets: []string{r.Service, path.Base(r.Before)}}, nil
}

// deploy registers our revision, rolls the service to it and writes that down
// where everybody writes it. What the list has was done: a player who has put
// the service back must not find it deployed again.
func deploy(ctx context.Context, cfg aws.Config, t round.Target, raw json.RawMessage) error {
	r, err := readDeploy(raw)
	if err != nil {
		return err
	}
	api, names, list := ecs.NewFromConfig(cfg), infra.NamesOf(t.Round), releasesOf(cfg, t.Round)
	done, err := list.has(ctx, r.Run)
	if err != nil || done {
		return err
	}
	svc, err := serviceOf(ctx, api, names, r.Service)
	if err != nil {
		return err
	}
	if svc == nil {
		return fmt.Errorf("deploy %s: the service is gone, or is not one of %s any more", r.Service, t.Round)
	}
	ours, err := ownRevision(ctx, api, names.Family(r.Service), r.Run)
	if err != nil {
		return err
	}
	if ours == "" {
		if ours, err = registerDeploy(ctx, api, r); err != nil {
			return err
		}
	}
	if aws.ToString(svc.TaskDefinition) == r.Before {
		if err := runRevision(ctx, api, names, r.Service, ours); err != nil {
			return err
		}
	}
	return list.append(ctx, infra.Deployment{
		At: time.Now().UTC().Format(time.RFC3339), By: r.By, Service: r.Service,
		Release: infra.ReleaseOf(r.Image), Revision: infra.RevisionOf(ours), Run: r.Run,
	})
}

// undeploy puts the service back to what ran before, if it still runs our
// revision, and takes our revision and our line of the list away. A revision
// that a player has made stays, and so does a service that runs it.
func undeploy(ctx context.Context, cfg aws.Config, t round.Target, raw json.RawMessage) error {
	r, err := readDeploy(raw)
	if err != nil {
		return err
	}
	api, names := ecs.NewFromConfig(cfg), infra.NamesOf(t.Round)
	ours, err := ownRevision(ctx, api, names.Family(r.Service), r.Run)
	if err != nil {
		return err
	}
	svc, err := serviceOf(ctx, api, names, r.Service)
	if err != nil {
		return err
	}
	bad, err := runsOurs(ctx, api, svc, r.Run)
	if err != nil {
		return err
	}
	if bad {
		before, err := stillActive(ctx, api, names.Family(r.Service), r.Before, ours)
		if err != nil {
			return err
		}
		if err := runRevision(ctx, api, names, r.Service, before); err != nil {
			return err
		}
	}
	if ours != "" {
		if _, err := api.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &ours}); err != nil {
			return fmt.Errorf("deregister %s: %w", infra.RevisionOf(ours), err)
		}
	}
	return releasesOf(cfg, t.Round).remove(ctx, r.Run)
}

// registerDeploy registers the definition that ran, with another image and more
// settings.
func registerDeploy(ctx context.Context, api *ecs.Client, r deployReceipt) (string, error) {
	def, err := definitionOf(ctx, api, r.Before)
	if err != nil {
		return "", err
	}
	in := again(def.TaskDefinition)
	first := &in.ContainerDefinitions[0]
	first.Image = &r.Image
	for name, value := range r.Settings {
		set(first, name, value)
	}
	for _, tag := range def.tags {
		if key := aws.ToString(tag.Key); key != tagRun && key != tagDeployedBy {
			in.Tags = append(in.Tags, tag)
		}
	}
	in.Tags = append(in.Tags, types.Tag{Key: aws.String(tagDeployedBy), Value: &r.By}, types.Tag{Key: aws.String(tagRun), Value: &r.Run})
	out, err := api.RegisterTaskDefinition(ctx, in)
	if err != nil {
		return "", fmt.Errorf("register a revision of %s: %w", aws.ToString(in.Family), err)
	}
	return aws.ToString(out.TaskDefinition.TaskDefinitionArn), nil
}

func readDeploy(raw json.RawMessage) (r deployReceipt, err error) {
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("read the receipt: %w", err)
	}
	if r.Service == "" || r.Before == "" || r.Run == "" {
		return r, errors.New("read the receipt: it names no service, no revision or no run")
	}
	return r, nil
}
