package infra

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/chaotic-good/scenarios/bot/round"
)

func TestNamesAreReadBack(t *testing.T) {
	for _, c := range []struct {
		name string
		want round.ID
	}{
		{"chaotic-r1", "R1"},
		{"chaotic-r12-api", "R12"},
		{"chaotic-r1/database", "R1"},
		{"r1-player-ana", "R1"},
		{"r30-admin-bo", "R30"},
		{"chaotic-r01", ""},
		{"chaotic-r0", ""},
		{"chaotic-r", ""},
		{"chaotic-r1x", ""},
		{"chaotic-good", ""},
		{"r1player", ""},
		{"ana", ""},
		{"", ""},
	} {
		id, ok := RoundOf(c.name)
		if id != c.want || ok != (c.want != "") {
			t.Errorf("RoundOf(%q) = %q, %v; want %q", c.name, id, ok, c.want)
		}
	}
	for path, want := range map[string]round.ID{
		"/chaotic-good/R1/":               "R1",
		"/chaotic-good/R7/endpoints/shop": "R7",
		"/chaotic-good/R1":                "",
		"/chaotic-good/R01/":              "",
		"/other/R1/":                      "",
	} {
		if id, _ := RoundOfPath(path); id != want {
			t.Errorf("RoundOfPath(%q) = %q, want %q", path, id, want)
		}
	}
}

func TestARoundOwnsOnlyItsOwnNames(t *testing.T) {
	n := NamesOf("R1")
	for name, want := range map[string]bool{
		n.VPC: true, n.TargetGroup: true, n.DatabaseSecret: true, n.Queue: true,
		n.Group(RoleDatabase): true, n.Family(ServiceAPI): true,
		"chaotic-r10": false, "chaotic-r10-api": false, "chaotic": false, "": false,
	} {
		if n.Owns(name) != want {
			t.Errorf("Owns(%q) = %v", name, !want)
		}
	}
	if service, ok := n.ServiceOf(n.Family(ServiceVisitors)); !ok || service != ServiceVisitors {
		t.Errorf("ServiceOf gives %q, %v", service, ok)
	}
}

func TestSubnetsLieApartInsideTheNetwork(t *testing.T) {
	network := netip.MustParsePrefix(NetworkCIDR)
	var seen []netip.Prefix
	for _, s := range Subnets() {
		p := netip.MustParsePrefix(s.CIDR)
		if p != p.Masked() || !network.Contains(p.Addr()) {
			t.Errorf("%s: %s does not lie in %s", s.Role, p, network)
		}
		for _, other := range seen {
			if p.Overlaps(other) {
				t.Errorf("%s: %s overlaps %s", s.Role, p, other)
			}
		}
		seen = append(seen, p)
	}
}

func TestIngressesNameKnownGroups(t *testing.T) {
	known := map[string]bool{}
	for _, g := range Groups() {
		known[g] = true
	}
	for _, r := range Ingresses() {
		if !known[r.To] || !known[r.From] || r.Port == 0 {
			t.Errorf("rule %+v", r)
		}
	}
}

func TestPoliciesAreValidAndSmall(t *testing.T) {
	in := PolicyInputs{Names: NamesOf("R1234"), Account: "123456789012", Region: "ap-southeast-4"}
	for _, name := range slices.Concat(PlayerPolicies(), BotPolicies(), []string{BoundaryPolicy, TasksPolicy, TasksTrust, ClusterPolicy, ClusterTrust, NodesPolicy, NodesTrust}) {
		text, err := Policy(name, in)
		if err != nil {
			t.Fatal(err)
		}
		const limit = 6144 // of a managed policy, in characters
		if len(text) > limit {
			t.Errorf("%s has %d characters, IAM takes %d", name, len(text), limit)
		}
		t.Logf("%s: %d characters", name, len(text))
		var doc struct {
			Version   string
			Statement []struct {
				Sid, Effect string
				Action      any
				NotAction   any
				Resource    any
				NotResource any
				Principal   any
			}
		}
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if doc.Version != "2012-10-17" || len(doc.Statement) == 0 {
			t.Errorf("%s: version %q, %d statements", name, doc.Version, len(doc.Statement))
		}
		for i, s := range doc.Statement {
			if s.Effect != "Allow" && s.Effect != "Deny" {
				t.Errorf("%s: statement %d: effect %q", name, i, s.Effect)
			}
			if (s.Action == nil) == (s.NotAction == nil) {
				t.Errorf("%s: statement %d needs one of Action and NotAction", name, i)
			}
			if s.Principal == nil && (s.Resource == nil) == (s.NotResource == nil) {
				t.Errorf("%s: statement %d needs one of Resource and NotResource", name, i)
			}
		}
	}
}

func TestAPolicyNeedsAllItsNames(t *testing.T) {
	if _, err := Policy(PlayerPolicy, PolicyInputs{Names: NamesOf("R1"), Region: "us-east-1"}); err == nil || !strings.Contains(err.Error(), "account") {
		t.Errorf("no account gives %v", err)
	}
}

func TestTaskDefinitions(t *testing.T) {
	in := TaskInputs{
		Names: NamesOf("R1"), Pace: RehearsalPace(), Region: "us-east-1", Image: "shop:1.4.0",
		DatabaseHost: "db.example", DatabaseSecret: "arn:secret", OperatorSecret: "arn:operator", TasksRole: "arn:role", BalancerHost: "lb.example", InventoryHost: "box.example",
	}
	api, err := TaskDefinition(ServiceAPI, in)
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for _, e := range api.ContainerDefinitions[0].Environment {
		env[aws.ToString(e.Name)] = aws.ToString(e.Value)
	}
	for k, want := range map[string]string{
		"SHOP_ROLE": "serve", "SHOP_RELEASE": "", "SHOP_DATABASE_HOST": "db.example",
		"SHOP_DATABASE_LIFETIME": "2s", "SHOP_DATABASE_CONNECT_TIMEOUT": "1s", "SHOP_DATABASE_POOL": "2",
		"SHOP_INVENTORY_URL": "http://box.example:8080",
	} {
		if env[k] != want {
			t.Errorf("%s = %q, want %q", k, env[k], want)
		}
	}
	if got := aws.ToString(api.ContainerDefinitions[0].Secrets[1].ValueFrom); got != "arn:secret:password::" {
		t.Errorf("password from %q", got)
	}
	visitors, err := TaskDefinition(ServiceVisitors, in)
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(visitors.Family); got != "chaotic-r1-visitors" {
		t.Errorf("family %q", got)
	}
	if aws.ToInt32(visitors.ContainerDefinitions[0].Memory) == 0 {
		t.Error("the container has no memory")
	}
	for _, j := range Jobs() {
		job, err := TaskDefinition(j.Name, in)
		if err != nil {
			t.Fatal(err)
		}
		if c := job.ContainerDefinitions[0]; aws.ToString(job.Family) != "chaotic-r1-"+j.Name || aws.ToString(c.Name) != j.Name {
			t.Errorf("the job %s has the family %q and the container %q", j.Name, aws.ToString(job.Family), aws.ToString(c.Name))
		}
		if where, ok := OneOff(j.Name); !ok || where.Group == "" || len(where.Subnets) == 0 {
			t.Errorf("the job %s stands nowhere: %+v", j.Name, where)
		}
	}
}
