package gateway

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// quotas are what the rehearsal's account may have, by service and code: AWS's
// defaults, but for virtual CPUs, of which AWS gives more to accounts in use.
var quotas = map[string]float64{
	"vpc/L-F678F1CE": 5, "ec2/L-0263D0A3": 5, "rds/L-7B6409FD": 40, "ec2/L-1216C47A": 64, "fargate/L-3032A538": 64,
}

// getServiceQuota: moto knows few quotas, and crashes over the others.
func getServiceQuota(_ context.Context, _ *Gateway, r *request) (*response, error) {
	service, code := r.str("ServiceCode"), r.str("QuotaCode")
	value, ok := quotas[service+"/"+code]
	if !ok {
		return nil, &apiError{http.StatusBadRequest, "NoSuchResourceException", "The request failed because the specified service does not exist."}
	}
	return answer(r, map[string]any{"Quota": map[string]any{"ServiceCode": service, "QuotaCode": code, "Value": value, "Unit": "None"}}), nil
}

// simulatePrincipalPolicy: IAM tells what a user's policies would say to calls,
// as far as the asker tells about them; moto does not know the call. What the
// gateway would judge it says.
func simulatePrincipalPolicy(ctx context.Context, g *Gateway, r *request) (*response, error) {
	arn := r.str("PolicySourceArn")
	have, err := g.policies.of(ctx, last(arn, "/"))
	if err != nil {
		return nil, err
	}
	f := facts{}
	for _, entry := range items(r.params["ContextEntries"]) {
		var values []string
		for _, v := range items(dig(entry, "ContextKeyValues")) {
			values = append(values, text(v))
		}
		f.set(text(dig(entry, "ContextKeyName")), values...)
	}
	resources := r.list("ResourceArns")
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	var results strings.Builder
	for _, action := range r.list("ActionNames") {
		for _, resource := range resources {
			q := question{action: action, resource: resource, facts: f}
			v, _, _ := have.judge(q)
			says := map[verdict]string{allowed: "allowed", denied: "explicitDeny"}[v]
			if says == "" {
				says = "implicitDeny"
			}
			fmt.Fprintf(&results, "<member><EvalActionName>%s</EvalActionName><EvalResourceName>%s</EvalResourceName><EvalDecision>%s</EvalDecision><MissingContextValues>",
				escape(action), escape(resource), says)
			if v != allowed {
				for _, key := range have.untold(q) {
					fmt.Fprintf(&results, "<member>%s</member>", escape(key))
				}
			}
			results.WriteString("</MissingContextValues></member>")
		}
	}
	return xmlAnswer(fmt.Appendf(nil, `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult>`+
		"<IsTruncated>false</IsTruncated><EvaluationResults>%s</EvaluationResults></SimulatePrincipalPolicyResult>"+
		"<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></SimulatePrincipalPolicyResponse>", results.String(), r.id)), nil
}

// untold are the condition keys that statements about the question ask for, and
// that nobody told.
func (r rights) untold(q question) (keys []string) {
	documents := r.policies
	if r.boundary != nil {
		documents = append(slices.Clone(documents), *r.boundary)
	}
	for _, d := range documents {
		for _, s := range d.Statement {
			if !s.covers(q) {
				continue
			}
			for _, wants := range s.Condition {
				for key := range wants {
					if _, told := q.facts[strings.ToLower(key)]; !told && !slices.Contains(keys, key) {
						keys = append(keys, key)
					}
				}
			}
		}
	}
	slices.Sort(keys)
	return keys
}
