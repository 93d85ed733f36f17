package infra

import (
	"bytes"
	"strings"
	"testing"
)

// What Go needs as a constant stands in layout.json too, for Terraform.
func TestTheLayoutsFileSaysWhatTheConstantsSay(t *testing.T) {
	l := readLayout()
	for _, c := range []struct {
		what       string
		file, here any
	}{
		{"network", l.Network, NetworkCIDR},
		{"port of the balancer", l.Ports["balancer"], int32(PortBalancer)},
		{"port of the app", l.Ports["app"], int32(PortApp)},
		{"port of PostgreSQL", l.Ports["postgres"], int32(PortPostgres)},
		{"port of the node exporter", l.Ports["node"], int32(PortNode)},
		{"path of the health check", l.Balancers.Health.Path, HealthPath},
		{"database's version", l.Database.Version, DatabaseVersion},
		{"database's family", l.Database.Family, DatabaseFamily},
		{"database's class", l.Database.Class, DatabaseClass},
		{"database's storage", l.Database.Storage, int32(DatabaseStorage)},
		{"database's connections", l.Database.Parameters["max_connections"], MaxConnections},
		{"database's parameters", len(l.Database.Parameters), 1},
		{"tasks at least", l.Scaling.AtLeast, int32(TasksAtLeast)},
		{"tasks at most", l.Scaling.AtMost, int32(TasksAtMost)},
		{"requests of a task", l.Scaling.RequestsPerTarget, RequestsPerTarget},
		{"hosts' subnet", l.Hosts.Subnet, HostSubnet},
		{"hosts' type", l.Hosts.Type, string(HostType)},
		{"hosts' image", l.Hosts.Image, HostImage},
		{"log device", l.Hosts.LogDevice, LogDevice},
		{"log volume", l.Hosts.LogVolume, int32(LogVolume)},
		{"report's connections", l.Pace.ReportParallel, ReportParallel},
		{"first service", l.Services[0].Name, ServiceAPI},
		{"second service", l.Services[1].Name, ServiceVisitors},
		{"first job", l.Jobs[0].Name, JobFigures},
		{"second job", l.Jobs[1].Name, JobMailer},
	} {
		if c.file != c.here {
			t.Errorf("%s: layout.json says %v, the constant %v", c.what, c.file, c.here)
		}
	}
}

func TestAWrongLayoutIsRefused(t *testing.T) {
	swap := func(old, new string) []byte { return bytes.Replace(layoutFile, []byte(old), []byte(new), 1) }
	for says, text := range map[string][]byte{
		"unknown field":    swap(`"zone": "a"`, `"zones": "a"`),
		"one document":     append(bytes.Clone(layoutFile), "{}"...),
		`"door" has no`:    swap(`"port": "app"`, `"port": "door"`),
		"missing unit":     swap(`"20s"`, `"20"`),
		"cannot unmarshal": swap(`"desired": 2`, `"desired": "2"`),
		"unexpected end":   []byte("{"),
	} {
		if bytes.Equal(text, layoutFile) {
			t.Fatalf("%s: nothing was changed", says)
		}
		if _, err := parseLayout(text); err == nil || !strings.Contains(err.Error(), says) && says != "unexpected end" {
			t.Errorf("want a refusal with %q, got %v", says, err)
		}
	}
}
