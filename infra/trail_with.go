package infra

import (
	"maps"
	"slices"
	"strings"
)

// callWords are the request parameters, in lower case, that tell two calls of one
// action apart, and how each is written; a value of "true" is left out. As with
// telling, nothing else of a request is ever shown.
var callWords = []struct{ key, word string }{
	{"desiredcount", "desired-count"}, {"taskdefinition", "task-definition"}, {"forcenewdeployment", "force-new-deployment"},
	{"subnets", "subnets"}, {"dbinstanceclass", "db-instance-class"}, {"vpcsecuritygroupids", "vpc-security-group-ids"},
	{"minsize", "min-size"}, {"maxsize", "max-size"}, {"desiredsize", "desired-size"}, {"instancetypes", "instance-types"},
	{"instancetype", "instance-type"}, {"size", "size"}, {"mincapacity", "min-capacity"}, {"maxcapacity", "max-capacity"},
	{"fromport", "port"},
}

// CallWords lists the words by which round.Call.With tells what a call asked
// for.
func CallWords() []string {
	list := []string{"from", "target", "of"}
	for _, w := range callWords {
		list = append(list, w.word)
	}
	return list
}

// withOf says in a few words what a call asked for: desired-count 4. A rule of a
// security group is told by whom it admits, and never by an address.
func withOf(action string, request any) string {
	found := map[string]string{}
	gather(request, "", found)
	var list []string
	switch {
	case strings.Contains(action, "SecurityGroupIngress"):
		if from := firstOf(under(request, "groups"), "groupid", "groups"); from != "" {
			list = append(list, "from "+from)
		} else if under(request, "ipranges") != nil {
			list = append(list, "from a range of addresses")
		}
	case action == "RegisterTargets" || action == "DeregisterTargets":
		if id := firstOf(under(request, "targets"), "id"); id != "" {
			list = append(list, "target "+id)
		}
	}
	for _, w := range callWords {
		switch v := found[w.key]; v {
		case "", "false":
		case "true":
			list = append(list, w.word)
		default:
			list = append(list, w.word+" "+v)
		}
	}
	return strings.Join(list[:min(len(list), mostWords)], ", ")
}

// mostWords keeps a line of the timeline a line.
const mostWords = 3

// ofWhat says what was stopped: a task's id tells nobody whose it was.
func ofWhat(action string, response any) string {
	if action != "StopTask" {
		return ""
	}
	if revision := firstOf(response, "taskdefinitionarn"); revision != "" {
		return "of " + revision
	}
	return ""
}

// madeOf finds what AWS called the thing that a call made.
func madeOf(action string, response any) string {
	switch action {
	case "RegisterTaskDefinition":
		return firstOf(response, "taskdefinitionarn")
	case "RunInstances":
		return firstOf(response, "instanceid")
	}
	return ""
}

// under finds the first value with the given key, in lower case, at any depth.
func under(tree any, key string) any {
	switch tree := tree.(type) {
	case []any:
		for _, item := range tree {
			if v := under(item, key); v != nil {
				return v
			}
		}
	case map[string]any:
		keys := slices.Sorted(maps.Keys(tree))
		for _, k := range keys {
			if strings.ToLower(k) == key {
				return tree[k]
			}
		}
		for _, k := range keys {
			if v := under(tree[k], key); v != nil {
				return v
			}
		}
	}
	return nil
}
