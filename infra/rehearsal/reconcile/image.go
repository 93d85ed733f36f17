package reconcile

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/chaotic-good/scenarios/api/shop"
	"github.com/chaotic-good/scenarios/infra"
)

// noImage is an image that no registry has.
type noImage string

func (i noImage) Error() string {
	return fmt.Sprintf("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref %s: %s: not found", string(i), string(i))
}

// pulled reports whether an image can be run here: the shop's own, in a release
// that was built.
func pulled(image string) error {
	repository, _, _ := strings.Cut(path.Base(image), ":")
	if repository != "shop" || !slices.Contains(shop.Releases(), infra.ReleaseOf(image)) {
		return noImage(image)
	}
	return nil
}

// unstarted stops a task whose image cannot be pulled, as ECS does. Like one
// that ends at once, it is tried again later and later.
func (s *site) unstarted(ctx context.Context, t Task, err error) error {
	var image noImage
	if !errors.As(err, &image) {
		return err
	}
	reason := image.Error()
	if t.Node != "" { // a pod stays, and waits
		s.mu.Lock()
		defer s.mu.Unlock()
		s.historyOf(podService).ended(podService, 0, time.Now())
		return nil
	}
	if t.Service != "" {
		s.mu.Lock()
		s.historyOf(t.Service).ended(t.Release, 0, time.Now())
		s.historyOf(t.Service).failed(t.Release)
		s.mu.Unlock()
		s.note(t.Service, fmt.Sprintf("(service %s) (task %s) failed to start: %s", t.Service, t.ID, reason))
	}
	_, err = s.r.aws.tasks.StopTask(ctx, &ecs.StopTaskInput{Cluster: &s.names.Cluster, Task: &t.ARN, Reason: &reason})
	return ignoreGone(err)
}
