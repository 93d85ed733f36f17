package gateway

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// groupParameter is a parameter that somebody has set in a group.
type groupParameter struct {
	Name   string `xml:"ParameterName"`
	Value  string `xml:"ParameterValue"`
	Method string `xml:"ApplyMethod"`
}

func (u *upstream) parameters(ctx context.Context, group string) ([]groupParameter, error) {
	var got struct {
		List []groupParameter `xml:"DescribeDBParametersResult>Parameters>Parameter"`
	}
	err := u.query(ctx, "rds", "DescribeDBParameters", url.Values{"DBParameterGroupName": {group}}, &got)
	return got.List, err
}

// modifyDBParameterGroup: AWS knows its parameters, their values and which of
// them need a reboot; moto takes anything. A static parameter that changes has
// the instances of its group wait for one.
func modifyDBParameterGroup(ctx context.Context, g *Gateway, r *request) (*response, error) {
	group := r.str("DBParameterGroupName")
	have, err := g.moto.parameters(ctx, group)
	if err != nil {
		return nil, nil // moto says what is wrong with it
	}
	old := map[string]string{}
	for _, p := range have {
		old[p.Name] = p.Value
	}
	stale := false
	for _, one := range items(r.params["Parameters"]) {
		name, value := text(dig(one, "ParameterName")), text(dig(one, "ParameterValue"))
		p, known := parameterOf(name)
		switch {
		case !known:
			return nil, badRequest("InvalidParameterValue", "Could not find parameter with name: %s", name)
		case p.static && text(dig(one, "ApplyMethod")) == "immediate":
			return nil, badRequest("InvalidParameterCombination", "cannot use immediate apply method for static parameter")
		}
		if err := p.check(value); err != nil {
			return nil, err
		}
		stale = stale || p.static && old[name] != value
	}
	if stale {
		g.databases.age(group, true)
	}
	return nil, nil
}

// describeDBParameters: AWS shows all parameters of a group, with where each
// value comes from; moto only those that were set.
func describeDBParameters(ctx context.Context, g *Gateway, r *request) (*response, error) {
	have, err := g.moto.parameters(ctx, r.str("DBParameterGroupName"))
	if err != nil {
		return nil, err
	}
	var shown strings.Builder
	for _, p := range rdsParameters {
		var own groupParameter
		for _, h := range have {
			if h.Name == p.name {
				own = h
			}
		}
		one := p.show(own.Value, own.Method)
		if source := r.str("Source"); source == "" || strings.Contains(one, "<Source>"+source+"<") {
			shown.WriteString(one)
		}
	}
	return xmlAnswer(fmt.Appendf(nil, `<DescribeDBParametersResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBParametersResult>`+
		`<Parameters>%s</Parameters></DescribeDBParametersResult><ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></DescribeDBParametersResponse>`,
		shown.String(), r.id)), nil
}
