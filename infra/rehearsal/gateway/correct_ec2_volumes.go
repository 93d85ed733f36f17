package gateway

import (
	"context"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// modifyPause is how long AWS makes one wait between two modifications of a
// volume.
const modifyPause = 6 * time.Hour

// mostGiB is how large a volume may be made. It stands for the account's quota:
// this machine has to hold what is written to it.
const mostGiB = 16

// volumeBook remembers when volumes were modified last.
type volumeBook struct {
	mu       sync.Mutex
	modified map[string]time.Time
}

// modifyVolume: AWS makes no volume smaller, none larger than the quota, and
// modifies one again only after six hours. moto would do each of these.
func modifyVolume(ctx context.Context, g *Gateway, r *request) (*response, error) {
	id := r.str("VolumeId")
	var got struct {
		Volumes []struct {
			Size int `xml:"size"`
		} `xml:"volumeSet>item"`
	}
	if err := g.moto.query(ctx, "ec2", "DescribeVolumes", url.Values{"VolumeId.1": {id}}, &got); err != nil || len(got.Volumes) != 1 {
		return nil, nil //nolint:nilerr // moto says what is wrong, in answer to the call itself
	}
	if size := r.str("Size"); size != "" {
		n, err := strconv.Atoi(size)
		if err != nil || n < got.Volumes[0].Size {
			return nil, badRequest("InvalidParameterValue", "New size cannot be smaller than existing size")
		}
		if n > mostGiB {
			return nil, badRequest("VolumeLimitExceeded", "You have exceeded your maximum gp3 storage limit of %d GiB in this region.", mostGiB)
		}
	}
	if r.str("DryRun") == "true" {
		return nil, nil
	}
	g.volumes.mu.Lock()
	defer g.volumes.mu.Unlock()
	if at, ok := g.volumes.modified[id]; ok && g.cfg.Now().Sub(at) < modifyPause {
		return nil, badRequest("VolumeModificationRateExceeded", "You've reached the maximum modification rate per volume limit. Wait at least 6 hours between modifications per EBS volume.")
	}
	resp, err := g.carryOut(ctx, r)
	if err == nil && resp.status < 300 {
		g.volumes.modified[id] = g.cfg.Now()
	}
	return resp, err
}
