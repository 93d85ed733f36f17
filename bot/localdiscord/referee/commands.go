package referee

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// command is what the limits look at in a slash command or an option of one.
type command struct {
	Type              int
	Name, Description string
	Required          bool
	Autocomplete      bool
	Choices           []struct {
		Name  string
		Value any
	}
	Options []command
}

// commandName is Discord's pattern. Where letters have two cases, the small
// one is wanted.
var commandName = regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)

const slashCommand = 1

func commandLimits(raw []byte) error {
	var list []command
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, c := range list {
		if c.Type != 0 && c.Type != slashCommand {
			continue // of a context menu: any name will do
		}
		if seen[c.Name] {
			return fmt.Errorf("/%s twice", c.Name)
		}
		seen[c.Name] = true
		if err := c.limits("/" + c.Name); err != nil {
			return err
		}
		if n := c.characters(); n > 8000 {
			return fmt.Errorf("/%s has %d characters with its options; 8000 are allowed", c.Name, n)
		}
	}
	return nil
}

func (c command) limits(at string) error {
	if !commandName.MatchString(c.Name) || c.Name != strings.ToLower(c.Name) {
		return fmt.Errorf("%s: no name for a command or option", at)
	}
	if c.Description == "" {
		return fmt.Errorf("%s: no description", at)
	}
	if c.Autocomplete && len(c.Choices) > 0 {
		return fmt.Errorf("%s: choices and autocomplete exclude each other", at)
	}
	seen, optional := map[string]bool{}, false
	for _, o := range c.Options {
		if seen[o.Name] || o.Required && optional {
			return fmt.Errorf("%s %s: named twice, or required after an optional one", at, o.Name)
		}
		seen[o.Name], optional = true, optional || !o.Required
		if err := o.limits(at + " " + o.Name); err != nil {
			return err
		}
	}
	return nil
}

func (c command) characters() int {
	n := characters(c.Name) + characters(c.Description)
	for _, choice := range c.Choices {
		text, _ := choice.Value.(string)
		n += characters(choice.Name) + characters(text)
	}
	for _, o := range c.Options {
		n += o.characters()
	}
	return n
}
