package scenarios

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// releases is a round's list of releases: a parameter of JSON lines, the newest
// last.
type releases struct {
	api  *ssm.Client
	name string
}

// releasesKept is how many lines fit into a parameter of 4 KiB with room to
// spare.
const releasesKept = 16

func releasesOf(cfg aws.Config, id round.ID) releases {
	return releases{ssm.NewFromConfig(cfg), infra.NamesOf(id).Releases}
}

// read gives the list; none where there is no such parameter.
func (l releases) read(ctx context.Context) (all []infra.Deployment, err error) {
	out, err := l.api.GetParameter(ctx, &ssm.GetParameterInput{Name: &l.name})
	if coded(err, "ParameterNotFound") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the list of releases: %w", err)
	}
	for line := range strings.Lines(aws.ToString(out.Parameter.Value)) {
		var d infra.Deployment
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			continue // a note that a person has written between
		}
		all = append(all, d)
	}
	return all, nil
}

func (l releases) write(ctx context.Context, all []infra.Deployment) error {
	var lines []string
	for _, d := range all[max(0, len(all)-releasesKept):] {
		lines = append(lines, d.Line())
	}
	text := strings.Join(lines, "\n")
	_, err := l.api.PutParameter(ctx, &ssm.PutParameterInput{Name: &l.name, Value: &text, Type: types.ParameterTypeString, Overwrite: aws.Bool(true)})
	if err != nil {
		return fmt.Errorf("write the list of releases: %w", err)
	}
	return nil
}

// has reports whether a run of the pipeline is on the list.
func (l releases) has(ctx context.Context, run string) (bool, error) {
	all, err := l.read(ctx)
	return slices.ContainsFunc(all, func(d infra.Deployment) bool { return d.Run == run }), err
}

func (l releases) append(ctx context.Context, d infra.Deployment) error {
	all, err := l.read(ctx)
	if err != nil {
		return err
	}
	return l.write(ctx, append(all, d))
}

// remove takes a run off the list. A list that goes with its round is left to
// go.
func (l releases) remove(ctx context.Context, run string) error {
	all, err := l.read(ctx)
	if err != nil {
		return err
	}
	rest := slices.DeleteFunc(slices.Clone(all), func(d infra.Deployment) bool { return d.Run == run })
	if len(rest) == len(all) || len(rest) == 0 {
		return nil
	}
	return l.write(ctx, rest)
}
