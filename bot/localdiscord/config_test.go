package localdiscord_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
)

func TestConfigIsCheckedOnce(t *testing.T) {
	for want, spoil := range map[string]func(*localdiscord.Config){
		"no bot token":          func(c *localdiscord.Config) { c.Token = "" },
		"want digits":           func(c *localdiscord.Config) { c.Guild.ID = "guild" },
		"share id":              func(c *localdiscord.Config) { c.People[0].ID = c.People[1].ID },
		`has role "owner"`:      func(c *localdiscord.Config) { c.People[0].Role = "owner" },
		"only text channels":    func(c *localdiscord.Config) { c.Channels[0].Type = 15 },
		"a name and a handler":  func(c *localdiscord.Config) { c.Tabs = []localdiscord.Tab{{Name: "shop"}} },
		"configure local Disco": func(c *localdiscord.Config) { c.Bot.ID = "" },
	} {
		cfg := localdiscord.Rehearsal()
		spoil(&cfg)
		if _, err := localdiscord.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// The page writes a role by its name, and is told no more of it.
func TestGuildTellsItsRoles(t *testing.T) {
	got, err := json.Marshal(localdiscord.Rehearsal().Guild)
	if err != nil {
		t.Fatal(err)
	}
	if want := `"roles":[{"id":"1271000000000000011","name":"gamemaster"},{"id":"1271000000000000012","name":"player"},{"id":"1271000000000000013","name":"chaotic-good"}]`; !strings.Contains(string(got), want) {
		t.Errorf("the guild is %s, want %s in it", got, want)
	}
}
