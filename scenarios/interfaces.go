package scenarios

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// The tags of an interface that somebody forgot: whose it is, and the batch in
// which it was made, by which we know our own.
const (
	tagOwner = "owner"
	tagBatch = "batch"
)

// leakReceipt is what is taken. Batch marks what is ours, and nothing else is.
type leakReceipt struct {
	Batch       string         `json:"batch"`
	Subnets     map[string]int `json:"subnets"` // by id: how many interfaces at most
	Group       string         `json:"group"`
	Owner       string         `json:"owner"`
	Description string         `json:"description"`
	Expires     string         `json:"expires"`
}

// planLeak finds the subnets with the roles params["subnets"], and how many
// addresses each could give away at most. The service params["service"], where
// one is named, is to want more of them: it must not have got them already.
func planLeak(ctx context.Context, cfg aws.Config, t round.Target, params map[string]string) (round.Plan, error) {
	if params["subnets"] == "" || params["owner"] == "" || params["description"] == "" {
		return round.Plan{}, errors.New("a leak needs the subnets, the owner, and what its interfaces were for")
	}
	api, roles := ec2.NewFromConfig(cfg), strings.Fields(params["subnets"])
	r := leakReceipt{
		Batch: "batch-" + strings.ToLower(rand.Text()[:12]), Subnets: map[string]int{}, Owner: params["owner"], Description: params["description"],
	}
	var err error
	if r.Group, err = groupOf(ctx, api, t.Round, infra.RoleTasks); err != nil {
		return round.Plan{}, err
	}
	out, err := api.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []types.Filter{
		{Name: aws.String("tag:" + infra.TagRound), Values: []string{string(t.Round)}},
		{Name: aws.String("tag:" + infra.TagRole), Values: roles},
	}})
	if err != nil {
		return round.Plan{}, fmt.Errorf("find the subnets %q of %s: %w", roles, t.Round, err)
	}
	free := 0
	for _, s := range out.Subnets {
		r.Expires = endOf(s.Tags)
		size, err := sizeOf(aws.ToString(s.CidrBlock))
		if err != nil {
			return round.Plan{}, err
		}
		if size > mostLeaked {
			return round.Plan{}, round.Refuse("too-large", "The subnet %s of %s has %d addresses; more than %d are not taken.",
				aws.ToString(s.CidrBlock), t.Round, size, mostLeaked)
		}
		r.Subnets[aws.ToString(s.SubnetId)] = size
		free += int(aws.ToInt32(s.AvailableIpAddressCount))
	}
	switch {
	case len(r.Subnets) < len(roles):
		return round.Plan{}, round.Refuse("no-target", "%s has %d of the subnets %s, so their addresses cannot run out.", t.Round, len(r.Subnets), strings.Join(roles, " and "))
	case free <= 0:
		return round.Plan{}, round.Refuse("no-effect", "No address is left in the subnets %s of %s. Somebody has to give some back first.", strings.Join(roles, " and "), t.Round)
	}
	if err := hasRoom(ctx, cfg, t.Round, params["service"], r.Subnets); err != nil {
		return round.Plan{}, err
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return round.Plan{}, fmt.Errorf("write the receipt: %w", err)
	}
	return round.Plan{Receipt: raw, Blast: fmt.Sprintf("The %d addresses that are left in the subnets %s of %s, taken by network interfaces that nothing uses; whatever runs keeps its own.",
		free, strings.Join(roles, " and "), t.Round), Targets: slices.Sorted(maps.Keys(r.Subnets))}, nil
}

// endOf is the round's end as its own things carry it: another would tell an
// interface that was injected from one that was built.
func endOf(tags []types.Tag) string {
	for _, t := range tags {
		if aws.ToString(t.Key) == infra.TagExpires {
			return aws.ToString(t.Value)
		}
	}
	return ""
}

// hasRoom refuses to leak while the service that should miss the addresses runs
// more tasks than it was built with: they would carry the traffic. Nor may it
// use another subnet, whose addresses are not taken.
func hasRoom(ctx context.Context, cfg aws.Config, id round.ID, service string, taken map[string]int) error {
	if service == "" {
		return nil
	}
	svc, err := serviceOf(ctx, ecs.NewFromConfig(cfg), infra.NamesOf(id), service)
	if err != nil {
		return err
	}
	if svc == nil || svc.DesiredCount == 0 {
		return round.Refuse("no-target", "The service %s of %s runs nothing, so it misses no address.", service, id)
	}
	for _, subnet := range subnetsUsed(svc) {
		if _, ok := taken[subnet]; !ok {
			return harmless(fmt.Sprintf("The service %s of %s was given the subnet %s in this round, whose addresses are not taken", service, id, subnet),
				"Have it taken out of the service's network")
		}
	}
	if most, built := max(svc.DesiredCount, svc.RunningCount), builtTasks(service); most > built {
		return round.Refuse("not-steady", "The service %s of %s runs %d tasks and was built with %d, so it has the addresses that it should miss. Wait until its scaling takes them in again, or ask it for %d.",
			service, id, most, built, built)
	}
	return nil
}

func subnetsUsed(svc *ecstypes.Service) []string {
	if svc.NetworkConfiguration == nil || svc.NetworkConfiguration.AwsvpcConfiguration == nil {
		return nil
	}
	return svc.NetworkConfiguration.AwsvpcConfiguration.Subnets
}

// mostLeaked bounds what is taken of one subnet.
const mostLeaked = 32

// sizeOf is how many addresses a subnet can give away: AWS keeps five.
func sizeOf(cidr string) (int, error) {
	p, err := netip.ParsePrefix(cidr)
	if err != nil {
		return 0, fmt.Errorf("read the range of a subnet: %w", err)
	}
	return 1<<(p.Addr().BitLen()-p.Bits()) - 5, nil
}

// leak takes every address that is left. A subnet that gives none away is full,
// which is what is wanted.
func leak(ctx context.Context, cfg aws.Config, t round.Target, raw json.RawMessage) error {
	r, err := readLeak(raw)
	if err != nil {
		return err
	}
	api := ec2.NewFromConfig(cfg)
	for subnet, most := range r.Subnets {
		ours, err := leaked(ctx, api, t.Round, r.Batch, subnet)
		if err != nil {
			return err
		}
		for n := len(ours); n < most; n++ {
			_, err := api.CreateNetworkInterface(ctx, r.input(t.Round, subnet, n))
			if coded(err, "InsufficientFreeAddressesInSubnet") {
				break
			}
			if err != nil {
				return fmt.Errorf("take an address of %s: %w", subnet, err)
			}
		}
	}
	return nil
}

func (r leakReceipt) input(id round.ID, subnet string, n int) *ec2.CreateNetworkInterfaceInput {
	spec := types.TagSpecification{ResourceType: types.ResourceTypeNetworkInterface}
	for _, t := range [][2]string{
		{infra.TagProject, infra.Project}, {infra.TagRound, string(id)}, {infra.TagExpires, r.Expires},
		{tagOwner, r.Owner}, {tagBatch, r.Batch},
	} {
		if t[1] == "" {
			continue // of a stack that carries no end
		}
		spec.Tags = append(spec.Tags, types.Tag{Key: aws.String(t[0]), Value: aws.String(t[1])})
	}
	return &ec2.CreateNetworkInterfaceInput{
		SubnetId: &subnet, Groups: []string{r.Group}, Description: &r.Description, TagSpecifications: []types.TagSpecification{spec},
		ClientToken: aws.String(r.Batch + "-" + subnet[max(0, len(subnet)-8):] + "-" + strconv.Itoa(n)),
	}
}

// unleak gives back what carries the batch's mark, and looks again until
// nothing does.
func unleak(ctx context.Context, cfg aws.Config, t round.Target, raw json.RawMessage) error {
	r, err := readLeak(raw)
	if err != nil {
		return err
	}
	api := ec2.NewFromConfig(cfg)
	for range 3 {
		ours, err := leaked(ctx, api, t.Round, r.Batch, "")
		if err != nil || len(ours) == 0 {
			return err
		}
		if err := giveBack(ctx, api, ours); err != nil {
			return err
		}
	}
	return errors.New("give the addresses back: interfaces of the batch are still there")
}

// giveBack deletes interfaces. One that is gone was given back by somebody else.
func giveBack(ctx context.Context, api *ec2.Client, ids []string) error {
	for _, id := range ids {
		_, err := api.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &id})
		if err != nil && !coded(err, "InvalidNetworkInterfaceID.NotFound") {
			return fmt.Errorf("give the address of %s back: %w", id, err)
		}
	}
	return nil
}

// leaked lists the interfaces of a batch, in one subnet or in all.
func leaked(ctx context.Context, api *ec2.Client, id round.ID, batch, subnet string) ([]string, error) {
	by := []types.Filter{
		{Name: aws.String("tag:" + infra.TagRound), Values: []string{string(id)}},
		{Name: aws.String("tag:" + tagBatch), Values: []string{batch}},
	}
	if subnet != "" {
		by = append(by, types.Filter{Name: aws.String("subnet-id"), Values: []string{subnet}})
	}
	return interfacesBy(ctx, api, by)
}

func interfacesBy(ctx context.Context, api *ec2.Client, by []types.Filter) (ids []string, err error) {
	pages := ec2.NewDescribeNetworkInterfacesPaginator(api, &ec2.DescribeNetworkInterfacesInput{Filters: by})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the interfaces: %w", err)
		}
		for _, i := range page.NetworkInterfaces {
			ids = append(ids, aws.ToString(i.NetworkInterfaceId))
		}
	}
	return ids, nil
}

func readLeak(raw json.RawMessage) (r leakReceipt, err error) {
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("read the receipt: %w", err)
	}
	if r.Batch == "" || len(r.Subnets) == 0 {
		return r, errors.New("read the receipt: it names no batch or no subnet")
	}
	return r, nil
}
