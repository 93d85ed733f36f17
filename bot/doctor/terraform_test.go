package doctor

import (
	"context"
	"errors"
	"testing"
)

func TestTerraform(t *testing.T) {
	good := func(context.Context) (string, string, error) { return "/usr/bin/terraform", "1.11.4", nil }
	none := func(context.Context) (string, string, error) { return "", "", errors.New("there is none on PATH") }
	no := func(context.Context) error { return errors.New("nothing answers") }
	yes := func(context.Context) error { return nil }
	for name, c := range map[string]struct {
		terraform Terraform
		want      State
		says      string
	}{
		"not needed": {Terraform{}, OK, "needs none"},
		"there":      {Terraform{true, good, no}, OK, "/usr/bin/terraform is 1.11.4."},
		"fetchable":  {Terraform{true, none, yes}, OK, "None will do (there is none on PATH), and the bot fetches one"},
		"nowhere":    {Terraform{true, none, no}, Wrong, "None will do: there is none on PATH. And none can be fetched: nothing answers."},
	} {
		expect(t, name, c.terraform.Check().Run(t.Context()), c.want, c.says)
	}
	late, cancel := context.WithCancel(t.Context())
	cancel()
	expect(t, "late", Terraform{true, none, no}.Check().Run(late), Warning, "in time")
}
