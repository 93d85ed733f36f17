package localdiscord

import (
	"errors"
	"fmt"
	"regexp"
)

// Role is what a person is in the guild.
type Role string

// The roles. An Admin has Discord's ADMINISTRATOR permission, the others what
// a plain member has.
const (
	Admin  Role = "admin"
	Player Role = "player"
	Viewer Role = "viewer"
	Bot    Role = "bot"
)

// Guild is the one guild of the server.
type Guild struct {
	ID    string      `json:"id"`
	Name  string      `json:"name"`
	Roles []GuildRole `json:"roles"`
}

// GuildRole is a Discord role and the kind of people who hold it.
type GuildRole struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Color   int    `json:"-"`
	Holders Role   `json:"-"`
}

// Person is a member of the guild.
type Person struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"` // #rrggbb
	Role  Role   `json:"role"`
}

// Everyone returns the people of a rehearsal: gamemaster (admin), ana
// (player) and viewer (viewer).
func Everyone() []Person {
	return []Person{
		{ID: "1271000000000000101", Name: "gamemaster", Color: "#e67e22", Role: Admin},
		{ID: "1271000000000000102", Name: "ana", Color: "#2ecc71", Role: Player},
		{ID: "1271000000000000103", Name: "viewer", Color: "#95a5a6", Role: Viewer},
	}
}

// Rehearsal returns the guild that rehearsals and tests use. Token, Log and
// Tabs are the caller's to fill in or replace.
func Rehearsal() Config {
	return Config{
		Token: "rehearsal-token",
		Bot:   Person{ID: "1271000000000000100", Name: "chaotic-good", Color: "#5865f2", Role: Bot},
		Guild: Guild{ID: "1271000000000000001", Name: "Chaotic Good Scenarios", Roles: []GuildRole{
			{ID: "1271000000000000011", Name: "gamemaster", Color: 0xe67e22, Holders: Admin},
			{ID: "1271000000000000012", Name: "player", Color: 0x2ecc71, Holders: Player},
			{ID: "1271000000000000013", Name: "chaotic-good", Holders: Bot}, // as an invitation makes one
		}},
		People: Everyone(),
		Channels: []Channel{
			{ID: "1271000000000000021", Name: "alerts", Topic: "Pages, and what the player does about them"},
			{ID: "1271000000000000022", Name: "operations", Topic: "For those who run the round", AdminsOnly: true},
			{ID: "1271000000000000023", Name: "general", Topic: "Everything else"},
		},
	}
}

// snowflakeID is loose about the length: tests may use short ids.
var snowflakeID = regexp.MustCompile(`^[0-9]{1,19}$`)

func (c Config) check() error {
	if c.Token == "" {
		return errors.New("no bot token")
	}
	seen := map[string]string{}
	id := func(what, id string) error {
		if !snowflakeID.MatchString(id) {
			return fmt.Errorf("%s has id %q, want digits", what, id)
		}
		if other, ok := seen[id]; ok {
			return fmt.Errorf("%s and %s share id %s", other, what, id)
		}
		seen[id] = what
		return nil
	}
	errs := []error{id("the guild", c.Guild.ID), id("the bot", c.Bot.ID)}
	for _, r := range c.Guild.Roles {
		errs = append(errs, id("role "+r.Name, r.ID))
	}
	for _, p := range c.People {
		errs = append(errs, id("person "+p.Name, p.ID))
		if p.Role != Admin && p.Role != Player && p.Role != Viewer {
			errs = append(errs, fmt.Errorf("person %s has role %q", p.Name, p.Role))
		}
	}
	for _, ch := range c.Channels {
		errs = append(errs, id("channel "+ch.Name, ch.ID))
		if ch.Type != TextChannel {
			errs = append(errs, fmt.Errorf("channel %s: only text channels may be configured", ch.Name))
		}
	}
	for _, t := range c.Tabs {
		if t.Name == "" || t.Handler == nil {
			errs = append(errs, fmt.Errorf("tab %q needs a name and a handler", t.Name))
		}
	}
	return errors.Join(errs...)
}
