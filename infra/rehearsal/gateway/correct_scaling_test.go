package gateway

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
)

// AWS: what a policy did is told, the newest first, and whether ECS followed.
// A player may look at the scaling and not change it.
func TestScaling(t *testing.T) {
	w := newWorld(t)
	s := w.stack("R64")
	ctx, c := t.Context(), scaling.NewFromConfig(w.player("R64"))
	w.gateway.SetTruth(scaledTo{View{Running: 2, Scalings: []Scaling{{At: time.Unix(1000, 0), Desired: 3}, {At: time.Unix(2000, 0), Desired: 4}}}})
	got, err := c.DescribeScalingActivities(ctx, &scaling.DescribeScalingActivitiesInput{
		ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: aws.String("service/" + s.Cluster + "/api"),
	})
	must(t, err)
	if len(got.ScalingActivities) != 2 {
		t.Fatalf("%d activities", len(got.ScalingActivities))
	}
	a, b := got.ScalingActivities[0], got.ScalingActivities[1]
	if a.StatusCode != types.ScalingActivityStatusCodeInProgress || *a.StatusMessage != "Successfully set desired count to 4. Waiting for change to be fulfilled by ecs." ||
		a.StartTime.Unix() != 2000 || b.StatusCode != types.ScalingActivityStatusCodeSuccessful {
		t.Errorf("the activities are %+v and %+v", a, b)
	}
	_, err = c.DescribeScalableTargets(ctx, &scaling.DescribeScalableTargetsInput{ServiceNamespace: types.ServiceNamespaceEcs})
	must(t, err)
	_, err = c.RegisterScalableTarget(ctx, &scaling.RegisterScalableTargetInput{
		ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: aws.String("service/" + s.Cluster + "/api"),
		ScalableDimension: types.ScalableDimensionECSServiceDesiredCount, MinCapacity: aws.Int32(9), MaxCapacity: aws.Int32(9),
	})
	wantCode(t, err, "AccessDeniedException")
}

// scaledTo is a truth in which every service was scaled.
type scaledTo struct{ view View }

func (s scaledTo) ServiceView(string, string) (View, bool)   { return s.view, true }
func (s scaledTo) TargetHealth(string) map[Target]Health     { return nil }
func (s scaledTo) ExitCode(string) (int, bool)               { return 0, false }
func (s scaledTo) Database(string) (v DatabaseView, ok bool) { return v, false }
