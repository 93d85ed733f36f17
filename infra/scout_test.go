package infra

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/bot/round"
)

func scouted(t *testing.T, url string, accounts ...string) map[string]round.Check {
	t.Helper()
	return scoutedBy(t, url, ScoutConfig{Log: quiet(), Accounts: accounts})
}

func scoutedBy(t *testing.T, url string, sc ScoutConfig) map[string]round.Check {
	t.Helper()
	s, err := NewScout(testConfig(url, nil), sc)
	if err != nil {
		t.Fatal(err)
	}
	found, err := s.Look(t.Context(), testSpec("R1"), round.Person{})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]round.Check{}
	for _, c := range found.Checks {
		all[c.Name] = c
		if c.Says == "" || c.State == "" {
			t.Errorf("%+v says nothing", c)
		}
	}
	return all
}

// TestTheScoutOnMoto: what moto can tell is told, and what it cannot is not passed
// over.
func TestTheScoutOnMoto(t *testing.T) {
	server := needMoto(t)
	all := scouted(t, server, "123456789012")
	for name, want := range map[string]round.CheckState{"account": round.CheckOK, "region": round.CheckOK, "rights": round.CheckWarns, "quotas": round.CheckWarns} {
		if all[name].State != want {
			t.Errorf("%+v, want %s", all[name], want)
		}
	}
	if got := scouted(t, server, "210987654321")["account"]; got.State != round.CheckFails || !strings.Contains(got.Says, "`aws.accounts`") {
		t.Errorf("another account: %+v", got)
	}
	if got := scouted(t, server)["account"]; got.State != round.CheckWarns {
		t.Errorf("no list: %+v", got)
	}
}

// answerer is an AWS that says what a test wants it to, for what moto does not
// know.
type answerer struct {
	arn     string
	denies  []string           // actions
	missing []string           // actions that depend on what is not told
	locked  []string           // actions that are denied outright for want of what is not told
	quotas  map[string]float64 // by code; what is not there does not exist
	usual   map[string]float64 // AWS's defaults
	nobody  bool               // whether a role has no ARN
	forbids string             // an action that the bot may not call
	without bool               // the boundary
}

func (a *answerer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		var q struct{ QuotaCode string }
		_ = json.NewDecoder(r.Body).Decode(&q)
		value, ok := a.quotas[q.QuotaCode]
		if strings.HasSuffix(target, ".GetAWSDefaultServiceQuota") {
			value, ok = a.usual[q.QuotaCode]
		}
		if !ok {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"NoSuchResourceException"}`)
			return
		}
		fmt.Fprintf(w, `{"Quota":{"QuotaCode":%q,"Value":%v}}`, q.QuotaCode, value)
		return
	}
	_ = r.ParseForm()
	if action := r.Form.Get("Action"); action == a.forbids {
		w.WriteHeader(http.StatusForbidden)
		if strings.HasPrefix(action, "Describe") && action != "DescribeDBInstances" { // EC2 has a shape and a word of its own
			fmt.Fprint(w, `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>`)
			return
		}
		fmt.Fprint(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`)
		return
	}
	switch r.Form.Get("Action") {
	case "GetCallerIdentity":
		fmt.Fprintf(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>%s</Arn><UserId>u</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`, a.arn)
	case "GetRole":
		if a.nobody {
			fmt.Fprint(w, `<GetRoleResponse><GetRoleResult/></GetRoleResponse>`)
			return
		}
		fmt.Fprintf(w, `<GetRoleResponse><GetRoleResult><Role><Arn>arn:aws:iam::123456789012:role/ours/%s</Arn></Role></GetRoleResult></GetRoleResponse>`, r.Form.Get("RoleName"))
	case "GetPolicy":
		if a.without {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no</Message></Error></ErrorResponse>`)
			return
		}
		fmt.Fprintf(w, `<GetPolicyResponse><GetPolicyResult><Policy><Arn>%s</Arn></Policy></GetPolicyResult></GetPolicyResponse>`, r.Form.Get("PolicyArn"))
	case "SimulatePrincipalPolicy":
		if !slices.Contains(slices.Concat(slices.Collect(maps.Values(r.Form))...), BoundaryARN("123456789012")) {
			w.WriteHeader(http.StatusBadRequest) // without it the bot's own denials refuse what they would not in a call
			return
		}
		fmt.Fprint(w, `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>`)
		for name, values := range r.Form {
			if !strings.HasPrefix(name, "ActionNames.") {
				continue
			}
			decision, missing := "allowed", ""
			switch action := values[0]; {
			case slices.Contains(a.denies, action):
				decision = "implicitDeny"
			case slices.Contains(a.missing, action):
				decision, missing = "implicitDeny", "<MissingContextValues><member>aws:RequestTag/project</member></MissingContextValues>"
			case slices.Contains(a.locked, action): // told with the resource alone
				decision, missing = "explicitDeny", "<ResourceSpecificResults><member><EvalResourceName>*</EvalResourceName><EvalResourceDecision>explicitDeny</EvalResourceDecision>"+
					"<MissingContextValues><member>rds:StorageSize</member></MissingContextValues></member></ResourceSpecificResults>"
			}
			fmt.Fprintf(w, `<member><EvalActionName>%s</EvalActionName><EvalDecision>%s</EvalDecision>%s</member>`, values[0], decision, missing)
		}
		fmt.Fprint(w, `</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`)
	case "DescribeAvailabilityZones":
		fmt.Fprint(w, `<DescribeAvailabilityZonesResponse><availabilityZoneInfo><item><zoneName>us-east-1a</zoneName><zoneState>available</zoneState></item></availabilityZoneInfo></DescribeAvailabilityZonesResponse>`)
	case "DescribeVpcs":
		fmt.Fprint(w, `<DescribeVpcsResponse><vpcSet><item/><item/></vpcSet></DescribeVpcsResponse>`)
	case "DescribeInstances":
		fmt.Fprint(w, `<DescribeInstancesResponse><reservationSet><item><instancesSet><item><cpuOptions><coreCount>2</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`)
	case "DescribeDBInstances":
		fmt.Fprint(w, `<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances/></DescribeDBInstancesResult></DescribeDBInstancesResponse>`)
	case "DescribeAddresses":
		fmt.Fprint(w, `<DescribeAddressesResponse><addressesSet><item/></addressesSet></DescribeAddressesResponse>`)
	}
}

func plenty() map[string]float64 {
	return map[string]float64{"L-F678F1CE": 5, "L-0263D0A3": 5, "L-7B6409FD": 40, "L-1216C47A": 32, "L-3032A538": 6}
}

// TestWhatAWSSaysOfRightsAndQuotas, which moto does not know.
func TestWhatAWSSaysOfRightsAndQuotas(t *testing.T) {
	const user, session = "arn:aws:iam::123456789012:user/bot", "arn:aws:sts::123456789012:assumed-role/bot/i-1"
	with := func(code string, value float64) map[string]float64 {
		all := plenty()
		all[code] = value
		if value < 0 {
			delete(all, code)
		}
		return all
	}
	for name, c := range map[string]struct {
		aws   answerer
		check string
		want  round.CheckState
		says  string
	}{
		"all is allowed":          {answerer{arn: user, quotas: plenty()}, "rights", round.CheckOK, "user/bot may do"},
		"by a session":            {answerer{arn: session, quotas: plenty()}, "rights", round.CheckOK, "role/ours/bot may do"},
		"root":                    {answerer{arn: "arn:aws:iam::123456789012:root", quotas: plenty(), forbids: "SimulatePrincipalPolicy"}, "rights", round.CheckOK, "root"},
		"a right is missing":      {answerer{arn: user, quotas: plenty(), denies: []string{"rds:CreateDBInstance", "ec2:RunInstances"}}, "rights", round.CheckFails, "may not do ec2:RunInstances, rds:CreateDBInstance. `infra/iam/bot*.json`"},
		"a right that depends":    {answerer{arn: user, quotas: plenty(), missing: []string{"iam:CreateUser"}}, "rights", round.CheckWarns, "may do iam:CreateUser is not known: a policy of user/bot asks"},
		"a denial that depends":   {answerer{arn: user, quotas: plenty(), locked: []string{"rds:CreateDBInstance"}}, "rights", round.CheckWarns, "may do rds:CreateDBInstance is not known"},
		"one that does not":       {answerer{arn: user, quotas: plenty(), locked: []string{"rds:CreateDBInstance"}, denies: []string{"sqs:CreateQueue"}}, "rights", round.CheckFails, "may not do sqs:CreateQueue. "},
		"it may not ask":          {answerer{arn: user, quotas: plenty(), forbids: "SimulatePrincipalPolicy"}, "rights", round.CheckWarns, "the bot may not ask"},
		"nor who it is itself":    {answerer{arn: session, quotas: plenty(), forbids: "GetRole"}, "rights", round.CheckWarns, "the bot may not ask"},
		"there is no boundary":    {answerer{arn: user, quotas: plenty(), without: true}, "rights", round.CheckFails, "no policy chaotic-good-boundary"},
		"root without a boundary": {answerer{arn: "arn:aws:iam::123456789012:root", quotas: plenty(), without: true}, "rights", round.CheckFails, "`deploy/role.sh` makes it"},
		"it is not told":          {answerer{arn: user, quotas: plenty(), forbids: "GetPolicy"}, "rights", round.CheckOK, "user/bot may do"},
		"a role without an ARN":   {answerer{arn: session, quotas: plenty(), nobody: true}, "rights", round.CheckWarns, "is not known"},
		"a region without a zone": {answerer{arn: user, quotas: plenty()}, "region", round.CheckFails, "us-east-1 has no zone b"},
		"zones are not told":      {answerer{arn: user, quotas: plenty(), forbids: "DescribeAvailabilityZones"}, "region", round.CheckWarns, "is not known"},
		"there is room":           {answerer{arn: user, quotas: plenty()}, "quotas", round.CheckOK, "VPCs 1, with 2 of 5 in use; elastic addresses 1, with 1 of 5 in use; databases 1, with 0 of 40 in use; virtual CPUs of instances 4, with 4 of 32 in use; virtual CPUs of Fargate 2.25 of 6"},
		"just enough":             {answerer{arn: user, quotas: with("L-F678F1CE", 3)}, "quotas", round.CheckOK, "VPCs 1, with 2 of 3 in use"},
		"one too few":             {answerer{arn: user, quotas: with("L-F678F1CE", 2)}, "quotas", round.CheckFails, "VPCs 1, with 2 of 2 in use"},
		"too few processors":      {answerer{arn: user, quotas: with("L-1216C47A", 7)}, "quotas", round.CheckFails, "virtual CPUs of instances 4, with 4 of 7"},
		"a quota nobody knows":    {answerer{arn: user, quotas: with("L-3032A538", -1)}, "quotas", round.CheckWarns, "virtual CPUs of Fargate is not known"},
		"a quota with no value":   {answerer{arn: user, quotas: with("L-3032A538", -1), usual: plenty()}, "quotas", round.CheckOK, "virtual CPUs of Fargate 2.25 of 6"},
		"a count that is refused": {answerer{arn: user, quotas: plenty(), forbids: "DescribeVpcs"}, "quotas", round.CheckWarns, "VPCs is not known: the bot may not ask"},
		"keys that AWS refuses":   {answerer{forbids: "GetCallerIdentity"}, "account", round.CheckFails, "does not say whose it is"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(&c.aws)
			t.Cleanup(server.Close)
			got := scouted(t, server.URL, "123456789012")[c.check]
			if got.State != c.want || !strings.Contains(got.Says, c.says) {
				t.Errorf("%+v\nwant %s, %q", got, c.want, c.says)
			}
		})
	}
}

// TestTheScoutAsksForWhatTheBotIsGiven: a right that is asked for and that our
// own documents do not give would stop every round.
func TestTheScoutAsksForWhatTheBotIsGiven(t *testing.T) {
	type list []string
	type statement struct {
		Action, Resource any
		Condition        any
		Sid              string
	}
	texts := func(v any) (all list) {
		switch v := v.(type) {
		case string:
			return list{v}
		case []any:
			for _, s := range v {
				all = append(all, fmt.Sprint(s))
			}
		}
		return all
	}
	fits := func(patterns list, what string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool {
			flat := strings.NewReplacer("/", "|")
			ok, err := path.Match(flat.Replace(p), flat.Replace(what))
			return err == nil && ok
		})
	}
	var all []statement
	for _, name := range BotPolicies() {
		text, err := Policy(name, PolicyInputs{Names: NamesOf("R7"), Account: "123456789012", Region: "us-east-1"})
		if err != nil {
			t.Fatal(err)
		}
		var doc struct{ Statement []statement }
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		all = append(all, doc.Statement...)
	}
	n := 0
	for _, r := range rightsFor(NamesOf("R7"), "123456789012", "us-east-1") {
		for _, action := range r.actions {
			n++
			if !slices.ContainsFunc(all, func(s statement) bool {
				return (s.Condition == nil || s.Sid == "RightsOnlyWithinTheBoundary") && fits(texts(s.Action), action) && fits(texts(s.Resource), r.resource)
			}) {
				t.Errorf("nothing gives the bot %s on %s", action, r.resource)
			}
		}
	}
	for _, action := range []string{"iam:SimulatePrincipalPolicy", "servicequotas:GetServiceQuota", "servicequotas:GetAWSDefaultServiceQuota"} {
		if !slices.ContainsFunc(all, func(s statement) bool { return fits(texts(s.Action), action) }) {
			t.Errorf("the bot may not ask by %s", action)
		}
	}
	t.Logf("%d actions", n)
}

// TestTheMakersCost: what is made on this machine costs nothing, and of AWS this
// maker knows no price.
func TestTheMakersCost(t *testing.T) {
	for endpoint, known := range map[string]bool{"http://127.0.0.1:4566": true, "http://localhost:1": true, "http://[::1]:1": true, "https://ec2.example.org": false, "": false} {
		cfg := testConfig(endpoint, nil)
		if endpoint == "" {
			cfg.BaseEndpoint = nil
		}
		found, err := testMaker(t, cfg).Look(t.Context(), testSpec("R1"), round.Person{})
		if err != nil || found.Cost.Known != known || found.Cost.PerHour != 0 || len(found.Checks) != 1 {
			t.Errorf("%q: %+v, %v", endpoint, found, err)
		}
	}
}
