package infra

import (
	"maps"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// telling are the request parameters that say what a call was about, the most
// telling first, in lower case. Only these are ever shown: a request also holds
// addresses, account numbers and free text.
var telling = []string{
	"service", "servicename", "task", "taskdefinition", "family",
	"groupid", "securitygroupruleids", "securitygroupruleid", "groupname",
	"instanceid", "instanceids", "dbinstanceidentifier", "dbparametergroupname",
	"secretid", "volumeid", "networkinterfaceid", "subnetid", "vpcid",
	"loadbalancername", "loadbalancerarn", "targetgrouparn", "nodegroupname", "name", "names", "path",
	"documentname", "username", "rolename", "policyname", "loggroupname", "cluster", "clustername",
}

// targetOf finds the most telling identifier of a request, or none.
func targetOf(request any) string {
	return firstOf(request, telling...)
}

// firstOf finds what stands under the first of the keys under which something
// stands.
func firstOf(tree any, keys ...string) string {
	found := map[string]string{}
	gather(tree, "", found)
	for _, key := range keys {
		if v := found[key]; v != "" {
			return v
		}
	}
	return ""
}

// gather notes the first presentable value under each key, at any depth: EC2
// writes {"instancesSet": {"items": [{"instanceId": "i-0"}]}}, the others
// {"service": "api"}. Outer values win over inner ones.
func gather(v any, key string, found map[string]string) {
	switch v := v.(type) {
	case string:
		note(found, key, presentable(v))
	case float64:
		note(found, key, strconv.FormatFloat(v, 'f', -1, 64))
	case bool:
		note(found, key, strconv.FormatBool(v))
	case []any:
		for _, item := range v {
			gather(item, key, found)
		}
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		for _, nested := range []bool{false, true} {
			for _, k := range keys {
				if _, text := v[k].(string); text == nested {
					continue
				}
				inner := strings.ToLower(k)
				if inner == "items" || inner == "member" {
					inner = key
				}
				gather(v[k], inner, found)
			}
		}
	}
}

func note(found map[string]string, key, shown string) {
	if _, ok := found[key]; !ok && shown != "" {
		found[key] = shown
	}
}

// account is an account number standing by itself or inside an ARN.
var account = regexp.MustCompile(`(^|\D)\d{12}(\D|$)`)

// presentable shortens an ARN to its last part and refuses what a public thread
// may not show.
func presentable(v string) string {
	if strings.HasPrefix(v, "arn:") {
		v = lastPart(v)
	}
	if len(v) > 128 || account.MatchString(v) {
		return ""
	}
	if _, err := netip.ParseAddr(v); err == nil {
		return ""
	}
	if _, err := netip.ParsePrefix(v); err == nil {
		return ""
	}
	return v
}

// lastPart returns what follows the account in an ARN, without the kind:
// user/chaotic-good/R1/r1-player-ana gives r1-player-ana, task-definition/api:3
// gives api:3. A balancer's ARN ends with a number that nobody knows:
// targetgroup/api/2dad gives api, loadbalancer/app/front/50dc front.
func lastPart(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	last := parts[len(parts)-1]
	if kind, name, ok := strings.Cut(last, "/"); ok && (kind == "targetgroup" || kind == "loadbalancer") {
		return path.Base(path.Dir(name))
	}
	if i := strings.LastIndexByte(last, '/'); i >= 0 {
		return last[i+1:]
	}
	// db:chaotic-r1-database; but a resource may also stand there alone.
	if kind, name, ok := strings.Cut(last, ":"); ok && len(parts) == 6 && kind != "" {
		return name
	}
	return last
}
