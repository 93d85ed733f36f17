package gateway

import (
	"context"
	"net/url"
	"time"
)

// describeInstanceInformation: on AWS every running instance with an agent is
// listed; moto does not have the call. All instances of a round have one.
func describeInstanceInformation(ctx context.Context, g *Gateway, r *request) (*response, error) {
	form := url.Values{}
	setFilter(form, 1, "instance-state-name", []any{"running"})
	found, err := g.moto.instances(ctx, form)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, f := range append(items(r.params["Filters"]), items(r.params["InstanceInformationFilterList"])...) {
		if text(dig(f, "Key"))+text(dig(f, "key")) == "InstanceIds" {
			for _, v := range append(items(dig(f, "Values")), items(dig(f, "valueSet"))...) {
				wanted[text(v)] = true
			}
		}
	}
	list := []any{}
	for _, i := range found {
		if len(wanted) > 0 && !wanted[i.ID] {
			continue
		}
		ping := "Online"
		if g.Crashed(i.ID) {
			ping = "ConnectionLost"
		}
		list = append(list, map[string]any{
			"InstanceId": i.ID, "PingStatus": ping, "LastPingDateTime": seconds(g.cfg.Now().Truncate(time.Second)),
			"AgentVersion": "3.3.0.0", "IsLatestVersion": true, "PlatformType": "Linux", "PlatformName": "Amazon Linux",
			"PlatformVersion": "2023", "ResourceType": "EC2Instance", "IPAddress": i.IP,
		})
	}
	return answer(r, map[string]any{"InstanceInformationList": list}), nil
}
