package scenarios

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// builtParam names what of the stack has to be as it was built for the fault to
// have an effect. A player's right repair stays, and may have made it harmless.
const builtParam = "built"

// asBuilt reads whether a part of the stack is still as it was built, touches
// nothing, and refuses with what is in the way. The names are those of builtParam.
var asBuilt = map[string]func(context.Context, aws.Config, round.ID) error{
	"database-class": classAsBuilt,
	"connections":    connectionsAsBuilt,
	"log-volume":     volumeAsBuilt,
	"nodes":          nodesAsBuilt,
}

// wantsBuilt takes builtParam out of a part's parameters.
func wantsBuilt(params map[string]string) (rest map[string]string, built []string, err error) {
	built = strings.Fields(params[builtParam])
	for _, name := range built {
		if asBuilt[name] == nil {
			return nil, nil, fmt.Errorf("%s: %q is none of %q", builtParam, name, slices.Sorted(maps.Keys(asBuilt)))
		}
	}
	rest = maps.Clone(params)
	delete(rest, builtParam)
	return rest, built, nil
}

// harmless refuses a fault that a repair of this round has taken the effect from.
func harmless(repair, back string) error {
	return round.Refuse("no-effect", "%s, so this would have no effect. %s, or `/destroy` and `/provision`, or choose another scenario.", repair, back)
}

// classAsBuilt minds a class that is on its way, too.
func classAsBuilt(ctx context.Context, cfg aws.Config, id round.ID) error {
	db, err := databaseOf(ctx, rds.NewFromConfig(cfg), id)
	if err != nil {
		return err
	}
	class := aws.ToString(db.DBInstanceClass)
	if p := db.PendingModifiedValues; p != nil && aws.ToString(p.DBInstanceClass) != "" {
		class = aws.ToString(p.DBInstanceClass)
	}
	if class != infra.DatabaseClass {
		return harmless(fmt.Sprintf("The database of %s was moved to %s in this round; it was built as %s", id, class, infra.DatabaseClass),
			fmt.Sprintf("Have it moved back to %s", infra.DatabaseClass))
	}
	return nil
}

// connectionsAsBuilt reads the group that the database has now. A limit below
// the one that was built is no repair.
func connectionsAsBuilt(ctx context.Context, cfg aws.Config, id round.ID) error {
	api := rds.NewFromConfig(cfg)
	db, err := databaseOf(ctx, api, id)
	if err != nil {
		return err
	}
	built, err := strconv.Atoi(infra.MaxConnections)
	if err != nil {
		return fmt.Errorf("read how many connections are built: %w", err)
	}
	for _, g := range db.DBParameterGroups {
		pages := rds.NewDescribeDBParametersPaginator(api, &rds.DescribeDBParametersInput{DBParameterGroupName: g.DBParameterGroupName})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return fmt.Errorf("read the parameters of the database of %s: %w", id, err)
			}
			for _, p := range page.Parameters {
				if aws.ToString(p.ParameterName) != "max_connections" {
					continue
				}
				if n, err := strconv.Atoi(aws.ToString(p.ParameterValue)); err != nil || n > built {
					return harmless(fmt.Sprintf("max_connections of the database of %s was raised to %s in this round; it was built with %d", id, aws.ToString(p.ParameterValue), built),
						fmt.Sprintf("Have it set back to %d, and the database rebooted", built))
				}
			}
		}
	}
	return nil
}

func volumeAsBuilt(ctx context.Context, cfg aws.Config, id round.ID) error {
	box, err := servingBox(ctx, cfg, id)
	if err != nil {
		return err
	}
	volumes, err := logVolumes(ctx, ec2.NewFromConfig(cfg), aws.ToString(box.InstanceId))
	if err != nil {
		return fmt.Errorf("in %s: %w", id, err)
	}
	for _, v := range volumes {
		if size := aws.ToInt32(v.Size); size > infra.LogVolume {
			return harmless(fmt.Sprintf("The log volume of %s was grown to %d GiB in this round; it was built with %d", id, size, infra.LogVolume),
				"A volume cannot be made smaller: have the box replaced")
		}
	}
	return nil
}

// logVolumes are the volumes, one unless somebody changed that, on which a box
// keeps its logs.
func logVolumes(ctx context.Context, api *ec2.Client, box string) ([]ec2types.Volume, error) {
	out, err := api.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: []ec2types.Filter{
		{Name: aws.String("attachment.instance-id"), Values: []string{box}},
		{Name: aws.String("attachment.device"), Values: []string{infra.LogDevice}},
	}})
	if err != nil {
		return nil, fmt.Errorf("find the log volume: %w", err)
	}
	return out.Volumes, nil
}

// nodesAsBuilt wants one group of nodes, that may grow no further than it was
// built to.
func nodesAsBuilt(ctx context.Context, cfg aws.Config, id round.ID) error {
	api, names := eks.NewFromConfig(cfg), infra.NamesOf(id)
	var groups []string
	pages := eks.NewListNodegroupsPaginator(api, &eks.ListNodegroupsInput{ClusterName: &names.Cluster})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list the node groups of %s: %w", id, err)
		}
		groups = append(groups, page.Nodegroups...)
	}
	if !slices.Equal(groups, []string{names.Nodes}) {
		return harmless(fmt.Sprintf("The cluster of %s has the node groups %s; it was built with %s alone", id, strings.Join(groups, " and "), names.Nodes),
			"Have it brought back to that one")
	}
	out, err := api.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &names.Cluster, NodegroupName: &names.Nodes})
	if err != nil {
		return fmt.Errorf("look at the node group of %s: %w", id, err)
	}
	if most := mostNodes(out.Nodegroup); most > infra.NodesAtMost {
		return harmless(fmt.Sprintf("The node group of %s was allowed %d nodes in this round; it was built for %d at most", id, most, infra.NodesAtMost),
			fmt.Sprintf("Have its maximum and its desired size set back to %d", infra.NodesAtMost))
	}
	return nil
}

func mostNodes(g *ekstypes.Nodegroup) int32 {
	if g == nil || g.ScalingConfig == nil {
		return 0
	}
	return max(aws.ToInt32(g.ScalingConfig.MaxSize), aws.ToInt32(g.ScalingConfig.DesiredSize))
}
