package infra

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra/tftest"
)

// TestTerraformNamesAsGoDoes holds names.tf to names.go, both ways.
func TestTerraformNamesAsGoDoes(t *testing.T) {
	c := needTerraform(t)
	out, err := c.console(t.Context(), "jsonencode(local.names)")
	if err != nil {
		t.Fatal(err)
	}
	text, err := strconv.Unquote(strings.TrimSpace(out))
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := map[string]string{}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	names := reflect.ValueOf(NamesOf("R7"))
	for _, f := range reflect.VisibleFields(names.Type()) {
		key, want := snake(f.Name), names.FieldByIndex(f.Index).String()
		if have, ok := got[key]; !ok || have != want {
			t.Errorf("%s: Terraform says %q (%v), Go %q", key, have, ok, want)
		}
		delete(got, key)
	}
	for key := range got {
		t.Errorf("names.tf has %s, names.go has not", key)
	}
	t.Logf("%d names", names.NumField())
}

// TestTheStackComesAndGoes is the whole life of a stack, with invented values
// where AWS would give them.
func TestTheStackComesAndGoes(t *testing.T) {
	c := needTerraform(t)
	if !c.Stub {
		t.Skip("needs the tests' provider: a real one would need AWS")
	}
	step := func(what string, act func() error) {
		t.Helper()
		began := time.Now()
		if err := act(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		t.Logf("%s: %s", what, time.Since(began).Round(100*time.Millisecond))
	}
	step("plan", func() error {
		changes, err := c.Plan(t.Context(), tftest.Options(func(v string) tfexec.PlanOption { return tfexec.Var(v) })...)
		if err == nil && !changes {
			t.Error("the plan of a new stack is empty")
		}
		return err
	})
	step("apply", func() error {
		return c.Apply(t.Context(), tftest.Options(func(v string) tfexec.ApplyOption { return tfexec.Var(v) })...)
	})
	made, err := c.Show(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("as AWS needs it", func(t *testing.T) {
		all := stateOf(made.Values.RootModule, state{})
		mustBeRightOnAWS(t, all)
		mustHaveGoRights(t, all, NamesOf("R7"))
		mustBearGoNames(t, all, NamesOf("R7"))
		mustServeTheSite(t, all)
		mustBeSwept(t, all, NamesOf("R7"))
	})
	t.Run("as the other maker makes it", func(t *testing.T) {
		names := NamesOf("R7")
		compare(t, inventoryOfState(t, made, names), inventoryOfSDK(t, names))
	})
	step("second plan", func() error {
		changes, err := c.Plan(t.Context(), tftest.Options(func(v string) tfexec.PlanOption { return tfexec.Var(v) })...)
		if changes {
			t.Error("the second plan is not empty")
		}
		return err
	})
	step("plan of a bastion", func() error {
		with := append(tftest.Options(func(v string) tfexec.PlanOption { return tfexec.Var(v) }), tfexec.Var("bastion=true"))
		changes, err := c.Plan(t.Context(), with...)
		if err == nil && !changes {
			t.Error("a bastion changes nothing")
		}
		return err
	})
	step("destroy", func() error {
		return c.Destroy(t.Context(), tftest.Options(func(v string) tfexec.DestroyOption { return tfexec.Var(v) })...)
	})
	left, err := c.Show(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if left.Values != nil && left.Values.RootModule != nil {
		t.Errorf("left in the state: %+v", left.Values.RootModule)
	}
}

// inventoryOfSDK makes the same stack by calls of the SDK, at AWS's pace and with
// the same image, and looks at it.
func inventoryOfSDK(t *testing.T, n Names) Inventory {
	t.Helper()
	cfg := testConfig(needMoto(t), nil)
	_, stop := stage(t, cfg, n.Round)
	pace := AWSPace()
	pace.Poll, pace.Gone = 20*time.Millisecond, time.Minute
	m, err := NewMaker(cfg, MakerConfig{
		Pace: pace, Log: quiet(), Wait: 10 * time.Second,
		Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/" + n.Repository + ":1.4.0",
	})
	if err != nil {
		t.Fatal(err)
	}
	spec := testSpec(n.Round)
	if _, err := m.Provision(t.Context(), spec, func(round.Progress) {}); err != nil {
		t.Fatal(err)
	}
	all := inventoryOfAWS(t, cfg, n)
	stop()
	if _, err := m.Destroy(t.Context(), spec, func(round.Progress) {}); err != nil {
		t.Fatal(err)
	}
	return all
}
