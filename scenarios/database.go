package scenarios

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// findDatabase gives the round's database as AWS describes it, or nil where
// there is none any more.
func findDatabase(ctx context.Context, api *rds.Client, id round.ID) (*types.DBInstance, error) {
	out, err := api.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(infra.NamesOf(id).Database)})
	if coded(err, "DBInstanceNotFound", "DBInstanceNotFoundFault") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at the database of %s: %w", id, err)
	}
	if len(out.DBInstances) != 1 {
		return nil, fmt.Errorf("look at the database of %s: there are %d", id, len(out.DBInstances))
	}
	return &out.DBInstances[0], nil
}

// databaseOf is findDatabase for what cannot do without one.
func databaseOf(ctx context.Context, api *rds.Client, id round.ID) (*types.DBInstance, error) {
	db, err := findDatabase(ctx, api, id)
	if err == nil && db == nil {
		err = round.Refuse("no-target", "%s has no database any more.", id)
	}
	return db, err
}
