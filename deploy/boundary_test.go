package deploy_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/infra"
)

// gives tells whether one of the patterns is about the action.
func gives(patterns list, action string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(strings.ToLower(p), strings.ToLower(action))
		return err == nil && ok
	})
}

// within is the one condition that holds somebody to the boundary.
func within(condition map[string]map[string]list, operator string) bool {
	want := map[string]list{"iam:PermissionsBoundary": {infra.BoundaryARN("${account}")}}
	return len(condition) == 1 && maps.EqualFunc(condition[operator], want, func(a, b list) bool { return slices.Equal(a, b) })
}

// TestTheBotGivesRightsOnlyWithinTheBoundary: what makes a person, or gives one a
// right, is allowed within the boundary alone; and nothing takes the boundary off.
func TestTheBotGivesRightsOnlyWithinTheBoundary(t *testing.T) {
	all := policies(t)
	limit := all["bot-policy.json"]
	delete(all, "bot-policy.json")
	given := map[string]int{}
	for name, d := range all {
		for _, s := range d.Statement {
			for _, action := range []string{"iam:CreateUser", "iam:AttachUserPolicy"} {
				if s.Effect != "Allow" || !gives(s.Action, action) {
					continue
				}
				given[action]++
				if !within(s.Condition, "StringEquals") {
					t.Errorf("%s, %s: %s without the boundary: %v", name, s.Sid, action, s.Condition)
				}
			}
			for _, action := range []string{"iam:PutUserPolicy", "iam:AddUserToGroup", "iam:PutUserPermissionsBoundary", "iam:DeleteUserPermissionsBoundary", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"} {
				if s.Effect == "Allow" && gives(s.Action, action) {
					t.Errorf("%s, %s: gives %s", name, s.Sid, action)
				}
			}
		}
	}
	if given["iam:CreateUser"] != 1 || given["iam:AttachUserPolicy"] != 1 {
		t.Errorf("they are given by %v statements", given)
	}

	// The limit says the same, whatever the others say.
	for _, action := range []string{"iam:CreateUser", "iam:AttachUserPolicy", "iam:PutUserPolicy", "iam:AddUserToGroup", "iam:PutUserPermissionsBoundary", "iam:DeleteUserPermissionsBoundary", "iam:CreatePolicyVersion"} {
		denied := false
		for _, s := range limit.Statement {
			fits := s.Condition == nil || within(s.Condition, "StringNotEquals") && (action == "iam:CreateUser" || action == "iam:AttachUserPolicy")
			denied = denied || gives(s.Action, action) && slices.Equal(s.Resource, list{"*"}) && fits
		}
		if !denied {
			t.Errorf("the limit lets %s pass", action)
		}
	}
	if ours.MatchString(infra.BoundaryARN("${account}")) {
		t.Error("the boundary is among what the bot may change")
	}
}

// TestTheBoundaryGivesNoWayToMoreRights: nothing in it makes, changes or becomes
// an identity.
func TestTheBoundaryGivesNoWayToMoreRights(t *testing.T) {
	text, err := os.ReadFile("../infra/iam/boundary.json")
	if err != nil {
		t.Fatal(err)
	}
	var d document
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		t.Fatal(err)
	}
	looks := []string{"iam:GetRole", "iam:ListAttachedRolePolicies"} // EKS asks as whoever makes a node group
	allows := 0
	for _, s := range d.Statement {
		if s.Effect == "Deny" {
			continue
		}
		allows++
		if len(s.NotAction)+len(s.NotResource) > 0 {
			t.Errorf("%s says what it does not allow", s.Sid)
		}
		for _, a := range s.Action {
			service, verb, _ := strings.Cut(a, ":")
			switch {
			case !action.MatchString(a), verb == "*", service == "iam" && verb != "PassRole" && !slices.Contains(looks, a), service == "sts" && verb != "GetCallerIdentity":
				t.Errorf("%s allows %s", s.Sid, a)
			}
		}
		if gives(s.Action, "iam:PassRole") && slices.Contains(s.Resource, "*") {
			t.Errorf("%s lets people hand over any role", s.Sid)
		}
	}
	if d.Version != "2012-10-17" || allows == 0 {
		t.Errorf("version %s, %d statements that allow", d.Version, allows)
	}
}
