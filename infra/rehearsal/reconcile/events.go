package reconcile

import (
	"encoding/json"
	"fmt"
	"strings"
)

// events is what Kubernetes would log between two looks at a deployment: its
// size, its nodes, and the pods that no node has room for.
func events(before, now status) (lines []string) {
	if before.Pods.Wanted != now.Pods.Wanted {
		lines = append(lines, event("INFO", "Scaled the deployment api from %d to %d pods", before.Pods.Wanted, now.Pods.Wanted))
	}
	had := map[string]statusNodes{}
	for _, g := range before.Nodes {
		had[g.Group] = g
	}
	for _, g := range now.Nodes {
		if was := had[g.Group]; was != g {
			lines = append(lines, event("INFO", "Node group %s (%s): %d nodes, %d ready", g.Group, g.Type, g.Nodes, g.Ready))
		}
		delete(had, g.Group)
	}
	for _, g := range before.Nodes {
		if _, gone := had[g.Group]; gone {
			lines = append(lines, event("INFO", "Node group %s is gone", g.Group))
		}
	}
	told := map[string]string{}
	for _, p := range before.Pending {
		told[p.Pod] = strings.Join(p.Events, " ")
	}
	for _, p := range now.Pending {
		if words := strings.Join(p.Events, " "); told[p.Pod] != words {
			lines = append(lines, event("WARN", "Pod %s is pending: %s", p.Pod, words))
		}
	}
	return lines
}

// event is a line as the processes write theirs.
func event(level, format string, args ...any) string {
	line, _ := json.Marshal(map[string]string{"level": level, "msg": fmt.Sprintf(format, args...)}) // texts always marshal
	return string(line)
}
