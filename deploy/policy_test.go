package deploy_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// list is one text or several, as IAM takes both.
type list []string

func (l *list) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*l = list{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(l))
}

type document struct {
	Version   string
	Statement []struct {
		Sid, Effect                 string
		Action, Resource            list
		NotAction, NotResource      list
		Condition                   map[string]map[string]list
		Principal, NotPrincipal, Id any
	}
}

// policies are the documents of the bot's role, by file.
func policies(t *testing.T) map[string]document {
	t.Helper()
	paths, err := filepath.Glob("../infra/iam/bot*.json")
	if err != nil || len(paths) < 2 {
		t.Fatalf("%v, %v", paths, err)
	}
	all := map[string]document{}
	for _, path := range append(paths, "bot-policy.json") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var d document
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&d); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all[filepath.Base(path)] = d
	}
	return all
}

var action = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z]*\*?$`)

func TestThePoliciesAreWholeAndFewEnough(t *testing.T) {
	all := policies(t)
	if len(all) > 10 {
		t.Errorf("%d policies; a role takes ten", len(all))
	}
	for name, d := range all {
		sids := map[string]bool{}
		for _, s := range d.Statement {
			if sids[s.Sid] || s.Sid == "" || s.Effect != "Allow" && s.Effect != "Deny" {
				t.Errorf("%s: statement %q, effect %q", name, s.Sid, s.Effect)
			}
			sids[s.Sid] = true
			for _, a := range s.Action {
				if !action.MatchString(a) && (a != "*" || s.Effect != "Deny") {
					t.Errorf("%s, %s: action %q", name, s.Sid, a)
				}
			}
		}
		if d.Version != "2012-10-17" || len(d.Statement) == 0 {
			t.Errorf("%s: version %s, %d statements", name, d.Version, len(d.Statement))
		}
	}
	for _, s := range all["bot-policy.json"].Statement {
		if s.Effect != "Deny" {
			t.Errorf("%s allows something; what the bot may do stands in infra/iam", s.Sid)
		}
	}
}

// ours are the identities that the bot may make or change.
var ours = regexp.MustCompile(`^arn:aws:iam::\$\{account\}:((user|role|policy|instance-profile)/chaotic-good/\*|role/aws-service-role/.+)$`)

func TestTheBotMakesIdentitiesOnlyBelowItsPath(t *testing.T) {
	seen := 0
	for name, d := range policies(t) {
		for _, s := range d.Statement {
			changes := slices.ContainsFunc(s.Action, func(a string) bool {
				verb, iam := strings.CutPrefix(a, "iam:")
				return iam && !strings.HasPrefix(verb, "List") && !strings.HasPrefix(verb, "Get") && !strings.HasPrefix(verb, "Simulate")
			})
			if s.Effect != "Allow" || !changes {
				continue
			}
			seen++
			for _, r := range s.Resource {
				if !ours.MatchString(r) {
					t.Errorf("%s, %s: lets the bot change %s", name, s.Sid, r)
				}
			}
			if len(s.NotResource)+len(s.NotAction) > 0 || len(s.Resource) == 0 {
				t.Errorf("%s, %s: says what it does not allow", name, s.Sid)
			}
		}
	}
	if seen == 0 {
		t.Error("no statement was looked at")
	}
	// The limit says the same, whatever the others say.
	for _, s := range policies(t)["bot-policy.json"].Statement {
		for _, r := range s.NotResource {
			if !ours.MatchString(r) {
				t.Errorf("%s spares %s", s.Sid, r)
			}
		}
	}
}
