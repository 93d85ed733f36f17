package infra

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// ReleaseOf returns the shop's release that an image holds: its tag. Nothing
// else says it, so that a task definition cannot contradict its image.
func ReleaseOf(image string) string {
	name := image[strings.LastIndex(image, "/")+1:]
	_, tag, _ := strings.Cut(name, ":")
	return tag
}

// Deployment is one line of the list Names.Releases, which whoever releases
// something appends to.
type Deployment struct {
	At       string `json:"at"` // RFC 3339
	By       string `json:"by"`
	Service  string `json:"service"`
	Release  string `json:"release"`
	Revision string `json:"revision"`      // family:number of the task definition
	Run      string `json:"run,omitempty"` // of the pipeline
}

// Line is the deployment as the list has it.
func (d Deployment) Line() string {
	text, _ := json.Marshal(d) // strings always marshal
	return string(text)
}

// RevisionOf is a task definition's ARN without what all of an account share.
func RevisionOf(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// pipeline is who deploys by the usual way.
const pipeline = "release-pipeline"

// listRelease begins the list of releases with the stack's first. One that is
// there is left as it is.
func listRelease(ctx context.Context, s *stack, definition string) error {
	first := Deployment{
		At: time.Now().UTC().Format(time.RFC3339), By: pipeline, Service: ServiceAPI,
		Release: ReleaseOf(s.cfg.Image), Revision: RevisionOf(definition),
	}
	in := &ssm.PutParameterInput{
		Name: &s.names.Releases, Value: aws.String(first.Line()), Type: types.ParameterTypeString,
		Description: aws.String("What was released, newest last: one JSON object a line."),
	}
	for _, t := range s.names.Tags(RoleTasks, s.names.Releases, s.spec.Expires) {
		in.Tags = append(in.Tags, types.Tag{Key: &t.Key, Value: &t.Value})
	}
	if _, err := s.ssm.PutParameter(ctx, in); err != nil && !hasCode(err, "ParameterAlreadyExists") {
		return fmt.Errorf("begin the list of releases: %w", err)
	}
	return nil
}
