package gateway

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

const micro, xlarge = "db.t4g.micro", "db.t4g.xlarge"

// database makes an instance with a parameter group of its name.
func (w *world) database(name string) *rds.Client {
	w.Helper()
	c, ctx := rds.NewFromConfig(w.root()), w.Context()
	_, err := c.CreateDBParameterGroup(ctx, &rds.CreateDBParameterGroupInput{DBParameterGroupName: &name, DBParameterGroupFamily: aws.String("postgres16"), Description: &name})
	must(w, err)
	_, err = c.ModifyDBParameterGroup(ctx, set(name, "max_connections", "60", types.ApplyMethodPendingReboot))
	must(w, err)
	_, err = c.CreateDBInstance(ctx, &rds.CreateDBInstanceInput{DBInstanceIdentifier: &name, DBInstanceClass: aws.String(micro), Engine: aws.String("postgres"), DBParameterGroupName: &name})
	must(w, err)
	return c
}

func set(group, name, value string, method types.ApplyMethod) *rds.ModifyDBParameterGroupInput {
	return &rds.ModifyDBParameterGroupInput{DBParameterGroupName: &group, Parameters: []types.Parameter{{ParameterName: &name, ParameterValue: &value, ApplyMethod: method}}}
}

// shown is what describe-db-instances says: status, class, class to come, and
// whether parameters wait.
func (w *world) shown(c *rds.Client, name string) []string {
	w.Helper()
	got, err := c.DescribeDBInstances(w.Context(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &name})
	must(w, err)
	db := got.DBInstances[0]
	next := ""
	if db.PendingModifiedValues != nil {
		next = aws.ToString(db.PendingModifiedValues.DBInstanceClass)
	}
	return []string{aws.ToString(db.DBInstanceStatus), aws.ToString(db.DBInstanceClass), next, aws.ToString(db.DBParameterGroups[0].ParameterApplyStatus)}
}

// AWS: a class waits for the maintenance window unless it is applied at once,
// and the instance is modified until its server has moved.
func TestClassOfADatabase(t *testing.T) {
	w := newWorld(t)
	name := "class"
	c := w.database(name)
	modify := func(class string, atOnce bool) error {
		in := &rds.ModifyDBInstanceInput{DBInstanceIdentifier: &name, ApplyImmediately: &atOnce}
		if class != "" {
			in.DBInstanceClass = &class
		}
		_, err := c.ModifyDBInstance(t.Context(), in)
		return err
	}
	want := func(what ...string) {
		t.Helper()
		if got := w.shown(c, name); !reflect.DeepEqual(got, what) {
			t.Errorf("shown is %q, want %q", got, what)
		}
	}
	want("available", micro, "", "in-sync")
	must(t, modify(xlarge, false))
	want("available", micro, xlarge, "in-sync")
	must(t, modify(micro, false))
	want("available", micro, "", "in-sync")
	must(t, modify(xlarge, false))
	w.gateway.SetTruth(told{database: DatabaseView{Class: micro}})
	must(t, modify("", true)) // whatever is applied at once takes along what waits
	want("modifying", micro, xlarge, "in-sync")
	wantCode(t, modify(micro, true), "InvalidDBInstanceState")
	w.gateway.SetTruth(told{database: DatabaseView{Class: xlarge}})
	want("available", xlarge, "", "in-sync")
	for _, class := range []string{"db.nope.huge", "t3.micro", "db.m6g.micro", "db.t4g.16xlarge"} {
		wantCode(t, modify(class, true), "InvalidParameterValue")
	}
}

// A machine with one CPU has no bigger class, and says so.
func TestOneCPUHasNoBiggerClass(t *testing.T) {
	w := newWorld(t)
	w.gateway.cfg.CPUs = 1
	name := "onecpu"
	c := w.database(name)
	for class, code := range map[string]string{xlarge: "InsufficientDBInstanceCapacity", "db.t4g.small": ""} {
		_, err := c.ModifyDBInstance(t.Context(), &rds.ModifyDBInstanceInput{DBInstanceIdentifier: &name, DBInstanceClass: aws.String(class), ApplyImmediately: aws.Bool(true)})
		if code == "" {
			must(t, err)
		} else {
			wantCode(t, err, code)
		}
	}
}

// AWS: a static parameter waits for a reboot, and the instance says so.
func TestStaticParametersWaitForAReboot(t *testing.T) {
	w := newWorld(t)
	name := "static"
	c, ctx := w.database(name), t.Context()
	want := func(status, parameters string) {
		t.Helper()
		if got := w.shown(c, name); got[0] != status || got[3] != parameters {
			t.Errorf("shown is %q, want %s and %s", got, status, parameters)
		}
	}
	want("available", "in-sync")
	for _, same := range []*rds.ModifyDBParameterGroupInput{
		set(name, "max_connections", "60", types.ApplyMethodPendingReboot), set(name, "work_mem", "8192", types.ApplyMethodImmediate),
	} {
		_, err := c.ModifyDBParameterGroup(ctx, same)
		must(t, err)
		want("available", "in-sync")
	}
	_, err := c.ModifyDBParameterGroup(ctx, set(name, "max_connections", "200", types.ApplyMethodPendingReboot))
	must(t, err)
	want("available", "pending-reboot")
	w.gateway.SetTruth(told{database: DatabaseView{Class: micro}})
	_, err = c.RebootDBInstance(ctx, &rds.RebootDBInstanceInput{DBInstanceIdentifier: &name})
	must(t, err)
	want("rebooting", "in-sync")
	if n := w.gateway.Reboots(name); n != 1 {
		t.Errorf("%d reboots are known, want 1", n)
	}
	_, err = c.RebootDBInstance(ctx, &rds.RebootDBInstanceInput{DBInstanceIdentifier: &name})
	wantCode(t, err, "InvalidDBInstanceState")
	w.gateway.SetTruth(told{database: DatabaseView{Class: micro, Reboots: 1}})
	want("available", "in-sync")
}

// AWS: refuses what is no parameter, no value of it, or no way to apply it.
func TestParametersAreJudged(t *testing.T) {
	w := newWorld(t)
	name := "judged"
	c := w.database(name)
	for _, tt := range []struct {
		name, value string
		method      types.ApplyMethod
		code        string
	}{
		{"max_connections", "200", types.ApplyMethodPendingReboot, ""},
		{"max_connections", "200", types.ApplyMethodImmediate, "InvalidParameterCombination"},
		{"max_connections", "5", types.ApplyMethodPendingReboot, "InvalidParameterValue"},
		{"max_connections", "many", types.ApplyMethodPendingReboot, "InvalidParameterValue"},
		{"max_connections", "100000", types.ApplyMethodPendingReboot, "InvalidParameterValue"},
		{"max_connections", "{DBInstanceClassMemory/1}", types.ApplyMethodPendingReboot, "InvalidParameterValue"},
		{"max_conections", "200", types.ApplyMethodPendingReboot, "InvalidParameterValue"},
		{"log_min_duration_statement", "-1", types.ApplyMethodImmediate, ""},
		{"log_min_duration_statement", "-2", types.ApplyMethodImmediate, "InvalidParameterValue"},
		{"log_statement", "ddl", types.ApplyMethodImmediate, ""},
		{"log_statement", "dml", types.ApplyMethodImmediate, "InvalidParameterValue"},
		{"random_page_cost", "1.1", types.ApplyMethodImmediate, ""},
		{"autovacuum", "2", types.ApplyMethodImmediate, "InvalidParameterValue"},
		{"idle_session_timeout", "10000", types.ApplyMethodImmediate, ""},
	} {
		_, err := c.ModifyDBParameterGroup(t.Context(), set(name, tt.name, tt.value, tt.method))
		if tt.code == "" {
			if err != nil {
				t.Errorf("%s=%s: %v", tt.name, tt.value, err)
			}
			continue
		}
		wantCode(t, err, tt.code)
	}
	_, err := c.ModifyDBParameterGroup(t.Context(), set("none", "max_connections", "200", types.ApplyMethodPendingReboot))
	wantCode(t, err, "DBParameterGroupNotFound")
}

// AWS: lists all parameters with their sources; moto only those that were set.
func TestDescribeDBParameters(t *testing.T) {
	w := newWorld(t)
	name := "described"
	c := w.database(name)
	list := func(source *string) map[string]types.Parameter {
		t.Helper()
		got, err := c.DescribeDBParameters(t.Context(), &rds.DescribeDBParametersInput{DBParameterGroupName: &name, Source: source})
		must(t, err)
		byName := map[string]types.Parameter{}
		for _, p := range got.Parameters {
			byName[aws.ToString(p.ParameterName)] = p
		}
		return byName
	}
	all := list(nil)
	if p := all["max_connections"]; aws.ToString(p.ParameterValue) != "60" || aws.ToString(p.Source) != "user" || aws.ToString(p.ApplyType) != "static" {
		t.Errorf("max_connections is %+v", p)
	}
	if p := all["work_mem"]; p.ParameterValue != nil || aws.ToString(p.Source) != "engine-default" || aws.ToString(p.ApplyType) != "dynamic" {
		t.Errorf("work_mem is %+v", p)
	}
	if own := list(aws.String("user")); len(own) != 1 || len(all) != len(rdsParameters) {
		t.Errorf("%d of %d are the user's", len(own), len(all))
	}
	_, err := c.DescribeDBParameters(t.Context(), &rds.DescribeDBParametersInput{DBParameterGroupName: aws.String("none")})
	wantCode(t, err, "DBParameterGroupNotFound")
}
