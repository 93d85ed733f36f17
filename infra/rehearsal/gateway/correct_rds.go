package gateway

import (
	"context"
	"net/url"
	"strings"
)

// modifyDBInstance: a list of security groups that names none (the command
// line's VpcSecurityGroupIds=) leaves them as they are on AWS; moto takes the
// database out of all of them.
func modifyDBInstance(_ context.Context, _ *Gateway, r *request) (*response, error) {
	if len(r.list("VpcSecurityGroupIds")) == 0 {
		for name := range r.form {
			if list, _, _ := strings.Cut(name, "."); list == "VpcSecurityGroupIds" {
				r.form.Del(name)
			}
		}
	}
	return nil, nil
}

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
