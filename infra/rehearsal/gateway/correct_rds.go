package gateway

import (
	"context"
	"strings"
)

// modifyDBInstance: a list of security groups that names none (the command
// line's VpcSecurityGroupIds=) leaves them as they are on AWS; moto takes the
// database out of all of them. AWS knows its classes; and one that is not asked
// for at once waits for the maintenance window, where moto changes it anyway.
func modifyDBInstance(ctx context.Context, g *Gateway, r *request) (*response, error) {
	if len(r.list("VpcSecurityGroupIds")) == 0 {
		for name := range r.form {
			if list, _, _ := strings.Cut(name, "."); list == "VpcSecurityGroupIds" {
				r.form.Del(name)
			}
		}
	}
	id := r.str("DBInstanceIdentifier")
	now, err := g.moto.database(ctx, id)
	if err != nil {
		return nil, nil // moto says what is wrong with it
	}
	if does := g.busy(id, now.Class); does != "" {
		return nil, badRequest("InvalidDBInstanceState", "Database instance %s is not in available state: it is %s.", id, does)
	}
	return nil, g.chooseClass(r, id, now)
}

// chooseClass judges the class that a modification asks for.
func (g *Gateway) chooseClass(r *request, id string, now dbInstance) error {
	class, atOnce := r.str("DBInstanceClass"), strings.EqualFold(r.str("ApplyImmediately"), "true")
	if class == "" && atOnce {
		class = g.databases.waiting(id) // what waits is applied with whatever is applied at once
	}
	if class == "" {
		return nil
	}
	cpus := ClassCPUs(class)
	switch {
	case cpus == 0:
		return badRequest("InvalidParameterValue", "Invalid DB Instance class: %s", class)
	case cpus >= 4 && g.cfg.CPUs == 1:
		return badRequest("InsufficientDBInstanceCapacity",
			"This rehearsal's machine has one CPU, so a database of the class %s would be no faster than one of %s.", class, now.Class)
	case atOnce:
		r.form.Set("DBInstanceClass", class)
		g.databases.wait(id, "")
	default:
		r.form.Del("DBInstanceClass")
		if class == now.Class {
			class = ""
		}
		g.databases.wait(id, class)
	}
	return nil
}

// rebootDBInstance: AWS reboots only a database that is available; moto says
// yes to a stopped one.
func rebootDBInstance(ctx context.Context, g *Gateway, r *request) (*response, error) {
	id := r.str("DBInstanceIdentifier")
	got, err := g.moto.database(ctx, id)
	if err != nil {
		return nil, err
	}
	if got.Status != "available" || g.busy(id, got.Class) != "" {
		return nil, badRequest("InvalidDBInstanceState", "Instance %s is not in available state.", id)
	}
	return nil, nil
}

// rebootedDB: moto keeps no trace of a reboot.
func rebootedDB(ctx context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	g.databases.reboot(r.str("DBInstanceIdentifier"))
	g.databases.age(element(string(resp.body), "DBParameterGroupName"), false)
	return shownDatabases(ctx, g, r, resp)
}

// createdDB: an instance begins with the parameters that its group has then.
func createdDB(ctx context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	g.databases.wait(r.str("DBInstanceIdentifier"), "")
	g.databases.age(element(string(resp.body), "DBParameterGroupName"), false)
	return resp, nil
}
