package gateway

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"sort"
	"strconv"
)

// describeTargetHealth: on AWS the load balancer checks its targets; moto
// calls every one healthy. Where the truth is known it answers, for the
// registered targets or for those that are asked for.
func describeTargetHealth(ctx context.Context, g *Gateway, r *request) (*response, error) {
	truth := g.what()
	if truth == nil {
		return nil, nil
	}
	arn := r.str("TargetGroupArn")
	known := truth.TargetHealth(arn)
	if known == nil {
		return nil, nil
	}
	var group struct {
		Port int `xml:"DescribeTargetGroupsResult>TargetGroups>member>Port"`
	}
	err := g.moto.query(ctx, "elasticloadbalancing", "DescribeTargetGroups", url.Values{"TargetGroupArns.member.1": {arn}}, &group)
	if err != nil {
		return nil, err // there is no such group
	}
	healths := make(map[Target]Health, len(known))
	for t, h := range known {
		if t.Port == 0 {
			t.Port = group.Port
		}
		healths[t] = h
	}
	var list []Target
	for _, want := range items(r.params["Targets"]) {
		t := Target{ID: text(dig(want, "Id")), Port: group.Port}
		if port, err := strconv.Atoi(text(dig(want, "Port"))); err == nil {
			t.Port = port
		}
		list = append(list, t)
	}
	if len(list) == 0 {
		for t := range healths {
			list = append(list, t)
		}
		sort.Slice(list, func(i, j int) bool {
			return list[i].ID < list[j].ID || list[i].ID == list[j].ID && list[i].Port < list[j].Port
		})
	}
	var b bytes.Buffer
	b.WriteString(`<DescribeTargetHealthResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeTargetHealthResult><TargetHealthDescriptions>`)
	for _, t := range list {
		h, ok := healths[t]
		if !ok {
			h = Health{State: "unused", Reason: "Target.NotRegistered", Description: "Target is not registered to the target group"}
		}
		fmt.Fprintf(&b, "<member><Target><Id>%s</Id><Port>%d</Port></Target><HealthCheckPort>%d</HealthCheckPort><TargetHealth><State>%s</State>",
			escape(t.ID), t.Port, t.Port, escape(h.State))
		if h.Reason != "" {
			fmt.Fprintf(&b, "<Reason>%s</Reason><Description>%s</Description>", escape(h.Reason), escape(h.Description))
		}
		b.WriteString("</TargetHealth></member>")
	}
	fmt.Fprintf(&b, "</TargetHealthDescriptions></DescribeTargetHealthResult><ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></DescribeTargetHealthResponse>", r.id)
	return xmlAnswer(b.Bytes()), nil
}
