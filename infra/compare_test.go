package infra

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// Inventory is what a maker made, in words that do not depend on the maker: ids
// and addresses stand there as what they are for. An item is a line of a map.
type Inventory struct {
	Network  map[string]string // VPC, subnets with sizes and routes
	Groups   map[string]string // security groups by role
	Rules    map[string]string // who may call whom
	Roles    map[string]string // IAM documents
	Tasks    map[string]string // task definitions, each environment variable by itself
	Services map[string]string
	Fronts   map[string]string // balancers, listeners, target groups
	Database map[string]string // with its parameters
	Scaling  map[string]string
	Hosts    map[string]string // instances, the box's launch template and its disks
	Names    map[string]string // what is found by its name
	Tags     map[string]string
	Outputs  map[string]string
}

func newInventory() Inventory {
	m := func() map[string]string { return map[string]string{} }
	return Inventory{m(), m(), m(), m(), m(), m(), m(), m(), m(), m(), m(), m(), m()}
}

func (i Inventory) items() map[string]string {
	all := map[string]string{}
	for section, items := range map[string]map[string]string{
		"network": i.Network, "group": i.Groups, "rule": i.Rules, "role": i.Roles, "task": i.Tasks, "service": i.Services, "front": i.Fronts,
		"database": i.Database, "scaling": i.Scaling, "host": i.Hosts, "name": i.Names, "tags of": i.Tags, "output": i.Outputs,
	} {
		for key, value := range items {
			all[section+" "+key] = value
		}
	}
	return all
}

// differences are what one maker does and the other does not, each with its
// reason. One that is not found any more has to be taken out here.
var differences = map[string]string{
	"rule balancer <- pl:cloudfront tcp 80":    "CloudFront is on AWS alone",
	"rule monitoring <- 192.0.2.0/24 tcp 443":  "in a rehearsal nobody comes from outside",
	"rule database <- monitoring tcp 5432":     "a rehearsal needs no exporter beside its database",
	"host monitoring type":                     "Elasticsearch runs on AWS alone",
	"host box template disk /dev/xvda":         "a rehearsal's machine images have no disk of their own to encrypt",
	"host box template profile":                "a rehearsal's box has no agents that need rights",
	"host monitoring profile":                  "nor has its monitoring host",
	"host monitoring root":                     "nor is there a disk",
	"tags of box's template's launch-template": "moto tells a template's own tags among its data",
	"database logs":                            "RDS exports its log on AWS alone",
	"database password":                        "RDS makes it on AWS; in a rehearsal the maker does",
	"output bastion":                           "only Terraform makes one",
	"output box":                               "for SSH through Session Manager",
	"output database":                          "for the bot, which writes it into the logins",
	"output distribution":                      "CloudFront is on AWS alone",
	"output monitoring_secret":                 "a rehearsal's monitoring has no login",
	"output operator_secret":                   "for the bot, which copies it",
	"output repository":                        "a rehearsal's tasks are processes",
	"output sign_in":                           "the pool is on AWS alone",
	"network s3 endpoint":                      "a rehearsal has no S3 in its network",
	"front chaotic-r7 access log":              "a rehearsal has no bucket of logs",
	"front chaotic-r7 drops bad headers":       "moto does not know the attribute",
	"front chaotic-r7-box drops bad headers":   "moto does not know the attribute",
}

// compare fails on every difference that has no reason, and counts the items.
func compare(t *testing.T, terraform, sdk Inventory) {
	t.Helper()
	a, b := terraform.items(), sdk.items()
	all := maps.Clone(a)
	maps.Copy(all, b)
	same, excused := 0, map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		x, here := a[key]
		y, there := b[key]
		switch {
		case here && there && x == y:
			same++
		case differences[key] != "":
			excused[key] = true
		case !there:
			t.Errorf("%s: only Terraform has it: %s", key, x)
		case !here:
			t.Errorf("%s: only the SDK's maker has it: %s", key, y)
		default:
			t.Errorf("%s:\n  Terraform: %s\n  SDK:       %s", key, x, y)
		}
	}
	for key, why := range differences {
		if !excused[key] {
			t.Errorf("%s does not differ, though it was said to: %s", key, why)
		}
	}
	t.Logf("%d items compared: %d are the same, %d differ for a reason", len(all), same, len(excused))
}

// canonical is a JSON document with sorted keys and no white space.
func canonicalJSON(text string) string {
	var doc any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return "no JSON: " + text
	}
	out, _ := json.Marshal(doc) // it was JSON
	return string(out)
}

// words are what ids and addresses stand for.
type words map[string]string

// say replaces the longest first: an ARN may contain another id.
func (w words) say(text string) string {
	keys := slices.SortedFunc(maps.Keys(w), func(a, b string) int { return len(b) - len(a) })
	for _, k := range keys {
		if k != "" {
			text = strings.ReplaceAll(text, k, w[k])
		}
	}
	return text
}

// sayAll is the words for a set, sorted.
func (w words) sayAll(ids []string) string {
	var all []string
	for _, id := range ids {
		all = append(all, w.say(id))
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

func sayTags(tags map[string]string) string {
	var all []string
	for k, v := range tags {
		if !strings.HasPrefix(k, "aws:") {
			all = append(all, fmt.Sprintf("%s=%s", k, v))
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}
