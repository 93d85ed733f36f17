package gateway

import (
	"context"
	"fmt"
	"time"
)

// getCommandInvocation: AWS tells what a command printed and how it ended. moto
// does not run it.
func getCommandInvocation(_ context.Context, g *Gateway, r *request) (*response, error) {
	command, instance := r.str("CommandId"), r.str("InstanceId")
	found := g.commands.of(command, instance)
	if len(found) == 0 || command == "" || instance == "" {
		return nil, nil // moto says that there is none, or tells of one of before there were agents
	}
	i := found[0]
	return answer(r, map[string]any{
		"CommandId": i.command, "InstanceId": i.instance, "Comment": i.comment, "DocumentName": i.document, "DocumentVersion": "$DEFAULT",
		"PluginName": "aws:runShellScript", "ResponseCode": i.code, "Status": i.status, "StatusDetails": i.details,
		"ExecutionStartDateTime": stampOf(i.began), "ExecutionEndDateTime": stampOf(i.ended), "ExecutionElapsedTime": i.elapsed(),
		"StandardOutputContent": i.out, "StandardErrorContent": i.errs, "StandardOutputUrl": "", "StandardErrorUrl": "",
		"CloudWatchOutputConfig": map[string]any{"CloudWatchLogGroupName": "", "CloudWatchOutputEnabled": false},
	}), nil
}

func stampOf(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2006-01-02T15:04:05.000Z")
}

func (i invocation) elapsed() string {
	if i.ended.IsZero() || i.began.IsZero() {
		return ""
	}
	return fmt.Sprintf("PT%.3fS", i.ended.Sub(i.began).Seconds())
}

// listCommandInvocations: moto does not have the call.
func listCommandInvocations(_ context.Context, g *Gateway, r *request) (*response, error) {
	list := []any{}
	for _, i := range g.commands.of(r.str("CommandId"), r.str("InstanceId")) {
		one := map[string]any{
			"CommandId": i.command, "InstanceId": i.instance, "InstanceName": "", "Comment": i.comment, "DocumentName": i.document, "DocumentVersion": "$DEFAULT",
			"RequestedDateTime": seconds(i.asked), "Status": i.status, "StatusDetails": i.details, "CommandPlugins": []any{},
		}
		if r.str("Details") == "true" {
			plugin := map[string]any{
				"Name": "aws:runShellScript", "Status": i.status, "StatusDetails": i.details, "ResponseCode": i.code, "Output": i.out + i.errsApart(),
			}
			if i.over() {
				plugin["ResponseStartDateTime"], plugin["ResponseFinishDateTime"] = seconds(i.began), seconds(i.ended)
			}
			one["CommandPlugins"] = []any{plugin}
		}
		list = append(list, one)
	}
	return answer(r, map[string]any{"CommandInvocations": list}), nil
}

func (i invocation) errsApart() string {
	if i.errs == "" {
		return ""
	}
	return "\n----------ERROR-------\n" + i.errs
}

// told says in a command how its invocations go.
func (g *Gateway) told(command any) {
	c, ok := command.(map[string]any)
	if !ok {
		return
	}
	all := g.commands.of(text(c["CommandId"]), "")
	if len(all) == 0 {
		return // sent before there were agents
	}
	status, done, failed := "Success", 0, 0
	for _, i := range all {
		if i.over() {
			done++
		} else {
			status = "InProgress"
		}
		if i.over() && i.status != "Success" {
			failed++
			if status == "Success" {
				status = i.status
			}
		}
	}
	c["Status"], c["StatusDetails"], c["TargetCount"], c["CompletedCount"], c["ErrorCount"] = status, status, len(all), done, failed
}
