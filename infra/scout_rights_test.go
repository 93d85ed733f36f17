package infra

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chaotic-good/scenarios/bot/round"
)

// texts is one text or several, as IAM takes both.
type texts []string

func (l *texts) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*l = texts{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(l))
}

// fit reports whether one of the patterns is about what.
func (l texts) fit(what string) bool {
	flat := strings.NewReplacer("/", "|")
	return slices.ContainsFunc(l, func(p string) bool {
		ok, err := path.Match(flat.Replace(p), flat.Replace(what))
		return err == nil && ok
	})
}

type denial struct {
	Sid, Effect                   string
	Action, Resource, NotResource texts
	Condition                     map[string]map[string]texts
}

// hits reports whether IAM would deny the action by this statement, of a call that
// says what is told. What a call does not say differs from everything.
func (d denial) hits(t *testing.T, action, resource string, told map[string]string) bool {
	t.Helper()
	there := d.Resource.fit(resource) || resource == "*" || len(d.NotResource) > 0 && !d.NotResource.fit(resource)
	if !d.Action.fit(action) || !there {
		return false
	}
	for operator, keys := range d.Condition {
		if !slices.Contains([]string{"StringNotEquals", "StringNotLike", "ArnNotLike"}, operator) {
			t.Fatalf("%s: this test does not know %s", d.Sid, operator)
		}
		for key, values := range keys {
			if value, ok := told[key]; ok && values.fit(value) {
				return false
			}
		}
	}
	return true
}

// TestNoDenialStopsWhatTheScoutAsksFor: the limit of the bot's role is about
// machines and regions that a stack does not have. If the scout did not tell which
// it has, it would find the bot without rights in every account.
func TestNoDenialStopsWhatTheScoutAsksFor(t *testing.T) {
	const account, region = "123456789012", "eu-central-1"
	text, err := os.ReadFile("../deploy/bot-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	var limit struct{ Statement []denial }
	if err := json.Unmarshal([]byte(strings.NewReplacer("${account}", account, "${region}", region).Replace(string(text))), &limit); err != nil {
		t.Fatal(err)
	}
	bare := 0 // what would be denied of a call that tells nothing
	for _, kind := range []string{"", "t3.large", "t3.xlarge", "t3a.large", "t3a.xlarge"} {
		s := &Scout{region: region, cfg: ScoutConfig{MonitoringType: kind}}
		for _, r := range rightsFor(NamesOf("R7"), account, region) {
			for _, action := range r.actions {
				for _, d := range limit.Statement {
					if d.Effect == "Deny" && d.hits(t, action, r.resource, s.tells(account)) {
						t.Errorf("%s denies %s on %s with a %q", d.Sid, action, r.resource, kind)
					}
					if d.Effect == "Deny" && d.hits(t, action, r.resource, nil) {
						bare++
					}
				}
			}
		}
	}
	if bare == 0 {
		t.Error("no denial was looked at")
	}
	for _, kind := range []string{string(HostType), NodeType} {
		for _, d := range limit.Statement {
			told := map[string]string{"aws:RequestedRegion": region, "ec2:InstanceType": kind}
			if d.hits(t, "ec2:RunInstances", "*", told) {
				t.Errorf("%s denies a %s", d.Sid, kind)
			}
		}
	}
}

// TestTheScoutTellsWhatDenialsAskFor looks at what IAM is sent.
func TestTheScoutTellsWhatDenialsAskFor(t *testing.T) {
	aws := &answerer{arn: "arn:aws:iam::123456789012:user/bot", quotas: plenty()}
	var (
		mu  sync.Mutex
		all []map[string]string
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		if r.Form.Get("Action") == "SimulatePrincipalPolicy" {
			told := map[string]string{}
			for i := 1; r.Form.Has(fmt.Sprintf("ContextEntries.member.%d.ContextKeyName", i)); i++ {
				entry := fmt.Sprintf("ContextEntries.member.%d.", i)
				told[r.Form.Get(entry+"ContextKeyName")] = r.Form.Get(entry + "ContextKeyValues.member.1")
			}
			mu.Lock()
			all = append(all, told)
			mu.Unlock()
		}
		aws.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	got := scoutedBy(t, server.URL, ScoutConfig{Log: quiet(), Accounts: []string{"123456789012"}, MonitoringType: "t3a.large"})
	if got["rights"].State != round.CheckOK || len(all) < 5 {
		t.Errorf("%+v after %d questions", got["rights"], len(all))
	}
	for _, told := range all {
		if told["aws:RequestedRegion"] != "us-east-1" || told["ec2:InstanceType"] != "t3a.large" || told["rds:DatabaseClass"] != DatabaseClass {
			t.Errorf("IAM was told %v", told)
		}
	}
}

// TestTheScoutCountsEveryHost: a bastion, and a monitoring host of twice the size.
func TestTheScoutCountsEveryHost(t *testing.T) {
	server := httptest.NewServer(&answerer{arn: "arn:aws:iam::123456789012:user/bot", quotas: plenty()})
	t.Cleanup(server.Close)
	for says, sc := range map[string]ScoutConfig{
		"instances 4, with": {MonitoringType: "t3a.large"},
		"instances 6, with": {Bastion: true},
		"instances 8, with": {Bastion: true, MonitoringType: "t3.xlarge"},
	} {
		sc.Log = quiet()
		if got := scoutedBy(t, server.URL, sc)["quotas"]; got.State != round.CheckOK || !strings.Contains(got.Says, says) {
			t.Errorf("%+v, want %q", got, says)
		}
	}
}
