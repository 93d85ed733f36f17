package referee

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// message is what the limits look at in the body of a message. Its shape has
// been compared with the schema before.
type message struct {
	Content    string
	Embeds     []embed
	Components []component
	Flags      int
	StickerIDs []any `json:"sticker_ids"`
	Poll       any
	Choices    *[]any
	Mentions   *struct {
		Parse, Users, Roles []string
	} `json:"allowed_mentions"`
}

type embed struct {
	Title, Description string
	Footer, Author     struct{ Text, Name string }
	Fields             []struct{ Name, Value string }
	Image, Thumbnail   any
}

// Numbers of Discord's that the limits tell apart.
const (
	newMessage   = 4 // the type of an answer to an interaction
	choices      = 8
	componentsV2 = 1 << 15
)

// limits gives the first reason for which Discord refuses a body that its own
// description accepts.
func limits(operation string, body any, files []file) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	switch operation {
	case "bulk_set_application_commands", "bulk_set_guild_application_commands":
		return commandLimits(raw)
	case "create_message", "execute_webhook":
		return messageLimits(raw, files, true)
	case "update_message", "update_webhook_message", "update_original_webhook_message":
		return messageLimits(raw, files, false)
	case "create_interaction_response":
		var r struct {
			Type int
			Data json.RawMessage
		}
		if err := json.Unmarshal(raw, &r); err != nil {
			return err
		}
		if r.Data == nil {
			r.Data = json.RawMessage("{}")
		}
		var m message
		if r.Type == choices && (json.Unmarshal(r.Data, &m) != nil || m.Choices == nil) {
			return errors.New("data.choices: absent in an answer to autocomplete")
		}
		return messageLimits(r.Data, files, r.Type == newMessage)
	}
	return nil
}

func messageLimits(raw []byte, files []file, created bool) error {
	var m message
	if err := json.Unmarshal(raw, &m); err != nil {
		return err
	}
	if n := characters(m.Content); n > 2000 {
		return fmt.Errorf("content: %d characters; a bot may send 2000", n)
	}
	sum := 0
	for i, e := range m.Embeds {
		sum += e.characters()
		for _, f := range e.Fields {
			if characters(f.Name) == 0 || characters(f.Value) == 0 {
				return fmt.Errorf("embeds[%d]: a field without a name or a value", i)
			}
		}
	}
	if sum > 6000 {
		return fmt.Errorf("embeds: %d characters in all; 6000 are allowed", sum)
	}
	if created && m.empty() && len(files) == 0 {
		return errors.New("the message is empty")
	}
	if a := m.Mentions; a != nil {
		for _, p := range a.Parse {
			if p == "users" && len(a.Users) > 0 || p == "roles" && len(a.Roles) > 0 {
				return fmt.Errorf("allowed_mentions: parse and %s exclude each other", p)
			}
		}
	}
	if err := fileLimits(files); err != nil {
		return err
	}
	if m.Flags&componentsV2 != 0 {
		return nil // other rules, which this bot does not need
	}
	return rowLimits(m.Components)
}

func characters(s string) int { return utf8.RuneCountInString(strings.TrimSpace(s)) }

func (e embed) characters() int {
	n := characters(e.Title) + characters(e.Description) + characters(e.Footer.Text) + characters(e.Author.Name)
	for _, f := range e.Fields {
		n += characters(f.Name) + characters(f.Value)
	}
	return n
}

func (m message) empty() bool {
	for _, e := range m.Embeds {
		if e.characters() > 0 || e.Image != nil || e.Thumbnail != nil {
			return false
		}
	}
	return characters(m.Content) == 0 && len(m.Components) == 0 && len(m.StickerIDs) == 0 && m.Poll == nil
}

var fileField = regexp.MustCompile(`^files\[[0-9]\]$`)

func fileLimits(files []file) error {
	if len(files) > 10 {
		return fmt.Errorf("%d files; 10 are allowed", len(files))
	}
	for _, f := range files {
		switch {
		case !fileField.MatchString(f.field) || f.name == "":
			return fmt.Errorf("form field %q with file name %q: want files[0] to files[9], with a name", f.field, f.name)
		case f.size > 10<<20:
			return fmt.Errorf("%s has %d bytes; 10 MiB are allowed", f.name, f.size)
		}
	}
	return nil
}
