package infra

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestAWSTellsWhoTheBotIs, and that it does not know a key: moto with its own
// check of keys on.
func TestAWSTellsWhoTheBotIs(t *testing.T) {
	url := needMoto(t)
	self := NewSelf(testConfig(url, nil))
	if err := self.HasKeys(t.Context()); err != nil {
		t.Error(err)
	}
	who, err := self.Who(t.Context())
	if err != nil || who.Account != "123456789012" || !strings.HasPrefix(who.ARN, "arn:aws:") {
		t.Errorf("%+v, %v", who, err)
	}
	// moto does not simulate policies: that is an error, and not "all is allowed".
	if lacks, err := self.Lacks(t.Context(), Caller{who.Account, "arn:aws:iam::123456789012:user/bot"}); err == nil {
		t.Errorf("it lacks %v", lacks)
	}
	checkKeys := func(after string) {
		resp, err := http.Post(url+"/moto-api/reset-auth", "text/plain", strings.NewReader(after))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close() // nothing is read of it
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("moto says %s", resp.Status)
		}
	}
	t.Cleanup(func() { checkKeys("inf") })
	checkKeys("0")
	// moto says it in the shape of EC2's errors, of which the SDK reads the status.
	if _, err := self.Who(t.Context()); err == nil || !strings.Contains(err.Error(), "StatusCode: 403") {
		t.Errorf("a key that nobody gave: %v", err)
	}
}

func TestNoKeysAreTold(t *testing.T) {
	cfg := testConfig("http://127.0.0.1:1", nil)
	cfg.Credentials = nil
	if err := NewSelf(cfg).HasKeys(t.Context()); err == nil {
		t.Error("there are none")
	}
	cfg.Credentials = aws.NewCredentialsCache(aws.AnonymousCredentials{})
	if err := NewSelf(cfg).HasKeys(t.Context()); err == nil {
		t.Error("nobody's are none")
	}
}

// simulator is an IAM that says what a test wants it to, for moto does not know
// how.
type simulator struct {
	denies, depends []string // actions
	forbids         string   // a call that it refuses
}

func (s *simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	switch action := r.Form.Get("Action"); action {
	case s.forbids:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`)
	case "GetRole":
		fmt.Fprintf(w, `<GetRoleResponse><GetRoleResult><Role><Arn>arn:aws:iam::123456789012:role/ours/%s</Arn></Role></GetRoleResult></GetRoleResponse>`, r.Form.Get("RoleName"))
	case "SimulatePrincipalPolicy":
		s.simulate(w, r)
	}
}

func (s *simulator) simulate(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>`)
	for name, values := range r.Form {
		if !strings.HasPrefix(name, "ActionNames.") {
			continue
		}
		decision, missing := "allowed", ""
		switch action := values[0]; {
		case slices.Contains(s.denies, action):
			decision = "implicitDeny"
		case slices.Contains(s.depends, action):
			decision, missing = "implicitDeny", "<MissingContextValues><member>aws:RequestTag/project</member></MissingContextValues>"
		}
		fmt.Fprintf(w, `<member><EvalActionName>%s</EvalActionName><EvalDecision>%s</EvalDecision>%s</member>`, values[0], decision, missing)
	}
	fmt.Fprint(w, `</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`)
}

func TestWhatTheBotLacks(t *testing.T) {
	const user, session = "arn:aws:iam::123456789012:user/bot", "arn:aws:sts::123456789012:assumed-role/bot/i-1"
	for name, c := range map[string]struct {
		iam  simulator
		arn  string
		want []string
		bad  bool
	}{
		"nothing":                {simulator{}, user, nil, false},
		"nothing, in a session":  {simulator{}, session, nil, false},
		"nothing, as root":       {simulator{forbids: "SimulatePrincipalPolicy"}, "arn:aws:iam::123456789012:root", nil, false},
		"two things":             {simulator{denies: []string{"rds:CreateDBInstance", "ec2:RunInstances"}}, user, []string{"ec2:RunInstances", "rds:CreateDBInstance"}, false},
		"what depends on a call": {simulator{depends: []string{"iam:CreateUser"}}, user, nil, false},
		"it may not ask":         {simulator{forbids: "SimulatePrincipalPolicy"}, user, nil, true},
		"nor who it is":          {simulator{forbids: "GetRole"}, session, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(&c.iam)
			t.Cleanup(server.Close)
			lacks, err := NewSelf(testConfig(server.URL, nil)).Lacks(t.Context(), Caller{"123456789012", c.arn})
			if !slices.Equal(lacks, c.want) || (err != nil) != c.bad {
				t.Errorf("%v, %v; want %v", lacks, err, c.want)
			}
		})
	}
}
