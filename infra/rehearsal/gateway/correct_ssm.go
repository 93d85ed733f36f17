package gateway

import (
	"context"
	"strings"
)

// nobody is a target that fits no instance. moto adds every instance of the
// account to a command that names instances without targets; with this beside
// them it keeps to the named ones.
const nobody = "tag:chaotic-good-nobody"

// sendCommand: AWS runs a command on the instances that were named, and
// refuses when one of them is not there or does not run.
func sendCommand(ctx context.Context, g *Gateway, r *request) (*response, error) {
	ids := r.list("InstanceIds")
	var others []any
	for _, t := range items(r.params["Targets"]) {
		if strings.EqualFold(text(dig(t, "Key")), "InstanceIds") { // another way to name them, which moto has not
			for _, v := range items(dig(t, "Values")) {
				ids = append(ids, text(v))
			}
			continue
		}
		others = append(others, t)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	states, err := g.moto.states(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if states[id] != "running" || g.Crashed(id) {
			return nil, badRequest("InvalidInstanceId", "Instances [[%s]] not in a valid state for account %s", id, r.account)
		}
	}
	told := r.params
	sent := map[string]any{}
	for k, v := range told {
		sent[k] = v
	}
	sent["InstanceIds"] = ids
	if len(others) == 0 {
		others = []any{map[string]any{"Key": nobody, "Values": []string{"none"}}}
	}
	sent["Targets"] = others
	err = r.setJSON(sent)
	r.params = told
	return nil, err
}

// sentCommand takes our target out of the answer, and has the instances' agents
// run the command. Of one line it is known what it does, on any instance.
func sentCommand(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	return edit(resp, func(body map[string]any) error {
		if lines := r.list("Parameters", "commands"); len(lines) == 1 && strings.TrimSpace(lines[0]) == crashLine {
			for _, id := range items(dig(body["Command"], "InstanceIds")) {
				g.kernels.crash(g.cfg.Now(), text(id))
			}
		}
		script, patience := scriptOf(r)
		for _, id := range items(dig(body["Command"], "InstanceIds")) {
			if g.Crashed(text(id)) {
				script.Text, patience = "", script.Timeout // its agent died of it, and will not say how it ended
			}
			g.commands.send(&invocation{command: text(dig(body["Command"], "CommandId")), instance: text(id),
				comment: r.str("Comment"), document: r.str("DocumentName")}, script, patience)
		}
		g.told(body["Command"])
		hideNobody(body["Command"])
		return nil
	})
}

// listedCommands does the same for lists.
func listedCommands(_ context.Context, g *Gateway, _ *request, resp *response) (*response, error) {
	return edit(resp, func(body map[string]any) error {
		for _, c := range items(body["Commands"]) {
			g.told(c)
			hideNobody(c)
		}
		return nil
	})
}

func hideNobody(command any) {
	c, ok := command.(map[string]any)
	if !ok {
		return
	}
	left := []any{}
	for _, t := range items(c["Targets"]) {
		if text(dig(t, "Key")) != nobody {
			left = append(left, t)
		}
	}
	c["Targets"] = left
}
