package gateway

import (
	"context"
)

var (
	db        = named("db:", "DBInstanceIdentifier")
	dbOrAny   = orElse(db, "db:*")
	paramsOf  = named("pg:", "DBParameterGroupName")
	rdsByName = exactly("ResourceName")
)

var rdsSubjects = map[string]subjects{
	"CreateDBInstance":         all(db, paramsOf, named("subgrp:", "DBSubnetGroupName"), options),
	"ModifyDBInstance":         all(db, paramsOf, named("subgrp:", "DBSubnetGroupName"), options),
	"RebootDBInstance":         db,
	"StartDBInstance":          db,
	"StopDBInstance":           db,
	"DeleteDBInstance":         db,
	"DescribeDBInstances":      dbOrAny,
	"CreateDBSnapshot":         all(db, named("snapshot:", "DBSnapshotIdentifier")),
	"DeleteDBSnapshot":         named("snapshot:", "DBSnapshotIdentifier"),
	"ModifyDBParameterGroup":   paramsOf,
	"ResetDBParameterGroup":    paramsOf,
	"DeleteDBParameterGroup":   paramsOf,
	"DescribeDBParameters":     paramsOf,
	"CreateDBParameterGroup":   paramsOf,
	"CreateDBSubnetGroup":      named("subgrp:", "DBSubnetGroupName"),
	"DeleteDBSubnetGroup":      named("subgrp:", "DBSubnetGroupName"),
	"AddTagsToResource":        rdsByName,
	"RemoveTagsFromResource":   rdsByName,
	"ListTagsForResource":      rdsByName,
	"DescribeDBLogFiles":       db,
	"DownloadDBLogFilePortion": db,
}

// orElse is for reads that without a name are about all of a kind.
func orElse(find subjects, kind string) subjects {
	return func(ctx context.Context, u *upstream, r *request) ([]string, error) {
		out, err := find(ctx, u, r)
		if err == nil && len(out) == 0 {
			out = []string{r.arn(r.service, kind)}
		}
		return out, err
	}
}
