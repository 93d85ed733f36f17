package gateway

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/chaotic-good/scenarios/infra"
)

// AWS: a volume grows, never shrinks, and grows again after six hours.
func TestModifyVolume(t *testing.T) {
	w := newWorld(t)
	ctx, c := t.Context(), ec2.NewFromConfig(w.root())
	volume := func(round, role string) *string {
		made, err := c.CreateVolume(ctx, &ec2.CreateVolumeInput{AvailabilityZone: aws.String(region + "a"), Size: aws.Int32(2),
			TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeVolume, Tags: ec2Tags(round, role)}}})
		must(t, err)
		return made.VolumeId
	}
	id := volume("R75", infra.RoleBox)
	modify := func(c *ec2.Client, id *string, size int32) error {
		_, err := c.ModifyVolume(ctx, &ec2.ModifyVolumeInput{VolumeId: id, Size: &size})
		return err
	}
	wantCode(t, modify(c, id, 1), "InvalidParameterValue")
	wantCode(t, modify(c, id, 17), "VolumeLimitExceeded")
	must(t, modify(c, id, 4))
	wantCode(t, modify(c, id, 8), "VolumeModificationRateExceeded")
	wantCode(t, modify(c, aws.String("vol-0123456789abcdef0"), 8), "InvalidVolume.NotFound")
	got, err := c.DescribeVolumesModifications(ctx, &ec2.DescribeVolumesModificationsInput{VolumeIds: []string{*id}})
	must(t, err)
	if m := got.VolumesModifications; len(m) != 1 || *m[0].OriginalSize != 2 || *m[0].TargetSize != 4 || m[0].ModificationState != types.VolumeModificationStateCompleted {
		t.Errorf("it was modified as %+v", m)
	}
	w.gateway.volumes.modified[*id] = time.Now().Add(-modifyPause) // a clock that is set that far is no good for signatures
	must(t, modify(c, id, 8))

	player := ec2.NewFromConfig(w.player("R75"))
	must(t, modify(player, volume("R75", infra.RoleBox), 3))
	wantCode(t, modify(player, volume("R75", infra.RoleMonitoring), 3), "UnauthorizedOperation")
	wantCode(t, modify(player, volume("R76", infra.RoleBox), 3), "UnauthorizedOperation")
}
