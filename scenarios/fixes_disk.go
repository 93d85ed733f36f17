package scenarios

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/chaotic-good/scenarios/bot/round"
)

// The inventory's files on the box.
const (
	inventorySettings = "/etc/inventory/inventory.conf"
	inventoryLogs     = "/var/log/inventory"
)

// onBox runs lines on the round's box and waits until they have succeeded.
func onBox(ctx context.Context, cfg aws.Config, id round.ID, lines ...string) error {
	box, err := anyBox(ctx, ec2.NewFromConfig(cfg), id)
	if err != nil {
		return err
	}
	return runLines(ctx, ssm.NewFromConfig(cfg), aws.ToString(box.InstanceId), "player", lines...)
}

// truncateAndRestart ends what fills the disk, then empties it.
func truncateAndRestart(ctx context.Context, cfg aws.Config, id round.ID) error {
	return onBox(ctx, cfg, id,
		"set -e",
		"sed -i 's/^LOG_LEVEL=.*/LOG_LEVEL=info/' "+inventorySettings,
		"truncate -s 0 "+inventoryLogs+"/inventory.log*",
		"systemctl restart inventory",
	)
}

// truncateLogs empties the disk and leaves what fills it.
func truncateLogs(ctx context.Context, cfg aws.Config, id round.ID) error {
	return onBox(ctx, cfg, id, "set -e", "truncate -s 0 "+inventoryLogs+"/inventory.log*", "systemctl restart inventory")
}

// rotateLogs has the inventory keep four files of its log in the place of
// twelve, whatever it writes: a third of what it kept fits the volume.
func rotateLogs(ctx context.Context, cfg aws.Config, id round.ID) error {
	return onBox(ctx, cfg, id, "set -e", "sed -i 's/^LOG_FILES=.*/LOG_FILES=4/' "+inventorySettings, "systemctl restart inventory")
}

func builtRotation(ctx context.Context, cfg aws.Config, id round.ID) error {
	return onBox(ctx, cfg, id, "set -e", "sed -i 's/^LOG_FILES=.*/LOG_FILES=12/' "+inventorySettings, "systemctl reload inventory")
}

// growVolume makes the log volume twice as large, and then its file system: all
// that the inventory keeps of its log fits there.
func growVolume(ctx context.Context, cfg aws.Config, id round.ID) error {
	api := ec2.NewFromConfig(cfg)
	box, err := anyBox(ctx, api, id)
	if err != nil {
		return err
	}
	volumes, err := logVolumes(ctx, api, aws.ToString(box.InstanceId))
	if err != nil {
		return err
	}
	if len(volumes) != 1 {
		return fmt.Errorf("find the log volume: there are %d", len(volumes))
	}
	volume := volumes[0]
	if _, err := api.ModifyVolume(ctx, &ec2.ModifyVolumeInput{VolumeId: volume.VolumeId, Size: aws.Int32(2 * aws.ToInt32(volume.Size))}); err != nil {
		return fmt.Errorf("grow the log volume: %w", err)
	}
	if err := modified(ctx, api, aws.ToString(volume.VolumeId)); err != nil {
		return err
	}
	return onBox(ctx, cfg, id,
		"set -e",
		"for try in 1 2 3 4 5 6 7 8 9 10; do lsblk | grep -q nvme1n1 && xfs_growfs -d "+inventoryLogs+" | grep changed && break; sleep 1; done",
		"systemctl restart inventory",
	)
}

// modified waits until a volume's new size can be used.
func modified(ctx context.Context, api *ec2.Client, volume string) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		out, err := api.DescribeVolumesModifications(ctx, &ec2.DescribeVolumesModificationsInput{VolumeIds: []string{volume}})
		if err != nil {
			return fmt.Errorf("look at the modification of %s: %w", volume, err)
		}
		for _, m := range out.VolumesModifications {
			switch m.ModificationState {
			case types.VolumeModificationStateOptimizing, types.VolumeModificationStateCompleted:
				return nil
			case types.VolumeModificationStateFailed:
				return errors.New("grow the log volume: " + aws.ToString(m.StatusMessage))
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the modification of %s: %w", volume, ctx.Err())
		case <-tick.C:
		}
	}
}
