package gateway

import (
	"context"
	"net/url"
)

// rebootDBInstance: AWS reboots only a database that is available; moto says
// yes to a stopped one.
func rebootDBInstance(ctx context.Context, g *Gateway, r *request) (*response, error) {
	id := r.str("DBInstanceIdentifier")
	var got struct {
		Status string `xml:"DescribeDBInstancesResult>DBInstances>DBInstance>DBInstanceStatus"`
	}
	if err := g.moto.query(ctx, "rds", "DescribeDBInstances", url.Values{"DBInstanceIdentifier": {id}}, &got); err != nil {
		return nil, err
	}
	if got.Status != "available" {
		return nil, badRequest("InvalidDBInstanceState", "Instance %s is not in available state.", id)
	}
	return nil, nil
}
