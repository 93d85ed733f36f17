package gateway

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// databases is what moto's RDS instances lack: a class that waits for the
// maintenance window, parameters that wait for a reboot, and reboots.
type databases struct {
	mu      sync.Mutex
	pending map[string]string // instance -> class
	reboots map[string]int
	stale   map[string]bool // parameter groups with static parameters that no reboot has read yet
}

func newDatabases() *databases {
	return &databases{pending: map[string]string{}, reboots: map[string]int{}, stale: map[string]bool{}}
}

// wait has a class wait for the maintenance window; none: nothing waits.
func (d *databases) wait(id, class string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if class == "" {
		delete(d.pending, id)
		return
	}
	d.pending[id] = class
}

func (d *databases) waiting(id string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pending[id]
}

func (d *databases) reboot(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reboots[id]++
}

// age says whether a group has parameters that wait for a reboot.
func (d *databases) age(group string, stale bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if stale {
		d.stale[group] = true
	} else {
		delete(d.stale, group)
	}
}

func (d *databases) isStale(group string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stale[group]
}

// Reboots counts how often a database was rebooted.
func (g *Gateway) Reboots(id string) int {
	g.databases.mu.Lock()
	defer g.databases.mu.Unlock()
	return g.databases.reboots[id]
}

// dbInstance is what the gateway wants to know of an RDS instance.
type dbInstance struct {
	ID     string   `xml:"DBInstanceIdentifier"`
	Class  string   `xml:"DBInstanceClass"`
	Status string   `xml:"DBInstanceStatus"`
	Groups []string `xml:"DBParameterGroups>DBParameterGroup>DBParameterGroupName"`
}

func (u *upstream) database(ctx context.Context, id string) (dbInstance, error) {
	var got struct {
		Instance dbInstance `xml:"DescribeDBInstancesResult>DBInstances>DBInstance"`
	}
	err := u.query(ctx, "rds", "DescribeDBInstances", url.Values{"DBInstanceIdentifier": {id}}, &got)
	return got.Instance, err
}

// busy is what a database is still doing: the process behind it is not yet what
// moto says; empty: nothing.
func (g *Gateway) busy(id, class string) string {
	truth := g.what()
	if truth == nil {
		return ""
	}
	view, known := truth.Database(id)
	switch {
	case !known:
		return ""
	case view.Class != class:
		return "modifying"
	case view.Reboots != g.Reboots(id):
		return "rebooting"
	}
	return ""
}

// shownDatabases makes each instance of an answer true: its status, its class
// while that changes, and what waits.
func shownDatabases(_ context.Context, g *Gateway, _ *request, resp *response) (*response, error) {
	const begin, end = "<DBInstance>", "</DBInstance>"
	parts := strings.Split(string(resp.body), begin)
	for i, p := range parts[1:] {
		one, rest, found := strings.Cut(p, end)
		if found {
			parts[i+1] = g.showDatabase(one) + end + rest
		}
	}
	return xmlAnswer([]byte(strings.Join(parts, begin))), nil
}

func (g *Gateway) showDatabase(one string) string {
	id, class := element(one, "DBInstanceIdentifier"), element(one, "DBInstanceClass")
	next := g.databases.waiting(id)
	if does := g.busy(id, class); does != "" && element(one, "DBInstanceStatus") == "available" {
		one = replaced(one, "DBInstanceStatus", does)
		if view, _ := g.what().Database(id); view.Class != class {
			one, next = replaced(one, "DBInstanceClass", view.Class), class
		}
	}
	if next != "" {
		one += "<PendingModifiedValues><DBInstanceClass>" + escape(next) + "</DBInstanceClass></PendingModifiedValues>"
	}
	if group := element(one, "DBParameterGroupName"); g.databases.isStale(group) {
		one = replaced(one, "ParameterApplyStatus", "pending-reboot")
	}
	return one
}

// element is the text of the first element of that name.
func element(xml, name string) string {
	_, rest, _ := strings.Cut(xml, "<"+name+">")
	text, _, found := strings.Cut(rest, "</"+name+">")
	if !found {
		return ""
	}
	return text
}

func replaced(xml, name, text string) string {
	return strings.Replace(xml, "<"+name+">"+element(xml, name)+"<", "<"+name+">"+escape(text)+"<", 1)
}

// classSizes is how many CPUs the sizes of database classes have.
var classSizes = map[string]int{"micro": 2, "small": 2, "medium": 2, "large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32, "12xlarge": 48, "16xlarge": 64}

// classFamilies are those of PostgreSQL 16 that RDS offers, in short.
var classFamilies = []string{"t3", "t4g", "m5", "m6g", "m6i", "m7g", "r5", "r6g", "r6i", "r7g"}

// ClassCPUs is how many CPUs a database class has on AWS; 0: there is no such
// class.
func ClassCPUs(class string) int {
	parts := strings.Split(class, ".")
	if len(parts) != 3 || parts[0] != "db" || !slices.Contains(classFamilies, parts[1]) {
		return 0
	}
	burst := strings.HasPrefix(parts[1], "t")
	small := slices.Contains([]string{"micro", "small", "medium"}, parts[2])
	if n := classSizes[parts[2]]; small == burst || parts[2] == "large" || parts[2] == "xlarge" || parts[2] == "2xlarge" {
		if burst && n > 8 {
			return 0
		}
		return n
	}
	return 0
}
