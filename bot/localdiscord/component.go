package localdiscord

import (
	"encoding/json"
	"strconv"
)

// Component types, Discord's numbers. Others are refused: the bot writes
// classic messages, not Components V2.
const (
	ActionRow    = 1
	Button       = 2
	StringSelect = 3
)

// linkButton opens a URL and sends no interaction.
const linkButton = 5

// Component is an action row, a button or a select menu.
type Component struct {
	Type        int             `json:"type"`
	ID          int             `json:"id,omitempty"`
	Components  []Component     `json:"components,omitempty"`
	CustomID    string          `json:"custom_id,omitempty"`
	Label       string          `json:"label,omitempty"`
	Style       int             `json:"style,omitempty"` // 1 blurple, 2 grey, 3 green, 4 red, 5 link
	URL         string          `json:"url,omitempty"`
	Emoji       json.RawMessage `json:"emoji,omitempty"`
	Disabled    bool            `json:"disabled,omitempty"`
	Placeholder string          `json:"placeholder,omitempty"`
	MinValues   *int            `json:"min_values,omitempty"`
	MaxValues   int             `json:"max_values,omitempty"`
	Options     []SelectOption  `json:"options,omitempty"`
}

// SelectOption is one line of a select menu.
type SelectOption struct {
	Label       string          `json:"label"`
	Value       string          `json:"value"`
	Description string          `json:"description,omitempty"`
	Emoji       json.RawMessage `json:"emoji,omitempty"`
	Default     bool            `json:"default,omitempty"`
}

// checkComponents notes what Discord would refuse and numbers the components,
// as Discord does in its answers.
func checkComponents(f *form, rows []Component) {
	if len(rows) > 5 {
		f.add("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
	}
	seen := map[string]bool{}
	next := 1
	number := func(c *Component) {
		if c.ID == 0 {
			c.ID = next
		}
		next++
	}
	for i := range rows {
		path := "components." + strconv.Itoa(i)
		number(&rows[i])
		if rows[i].Type != ActionRow {
			f.choice(path+".type", "1,")
			continue
		}
		inner := rows[i].Components
		if len(inner) < 1 || len(inner) > 5 {
			f.add(path+".components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
		}
		for j := range inner {
			number(&inner[j])
			inner[j].check(f, path+".components."+strconv.Itoa(j), seen)
			if inner[j].Type == StringSelect && len(inner) > 1 {
				f.add(path+".components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The components in this row do not fit.")
			}
		}
	}
}

func (c *Component) check(f *form, path string, seen map[string]bool) {
	switch c.Type {
	case Button:
		c.checkButton(f, path)
	case StringSelect:
		f.length(path+".custom_id", c.CustomID, 1, 100)
		f.maxLength(path+".placeholder", c.Placeholder, 150)
		if len(c.Options) < 1 || len(c.Options) > 25 {
			f.add(path+".options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length.")
		}
		for i, o := range c.Options {
			option := path + ".options." + strconv.Itoa(i)
			f.length(option+".label", o.Label, 1, 100)
			f.length(option+".value", o.Value, 1, 100)
			f.maxLength(option+".description", o.Description, 100)
		}
	default:
		f.choice(path+".type", "2, 3,")
	}
	if c.CustomID != "" && seen[c.CustomID] {
		f.add(path+".custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
	}
	seen[c.CustomID] = true
}

func (c *Component) checkButton(f *form, path string) {
	f.maxLength(path+".label", c.Label, 80)
	if c.Style < 1 || c.Style > linkButton {
		f.choice(path+".style", "1, 2, 3, 4, 5")
	}
	switch {
	case c.Style == linkButton && c.URL == "":
		f.required(path + ".url")
	case c.Style == linkButton && c.CustomID != "":
		f.add(path+".custom_id", "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A custom id and url cannot both be specified")
	case c.Style == linkButton:
		checkURL(f, path+".url", c.URL, false)
	default:
		f.length(path+".custom_id", c.CustomID, 1, 100)
	}
	if c.Label == "" && (len(c.Emoji) == 0 || string(c.Emoji) == "null") {
		f.add(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A button must have a label or an emoji")
	}
}

// FindComponent returns the button or menu with this custom id.
func (m Message) FindComponent(customID string) (Component, bool) {
	for _, row := range m.Components {
		for _, c := range row.Components {
			if c.CustomID == customID && customID != "" {
				return c, true
			}
		}
	}
	return Component{}, false
}

// Buttons lists the buttons of the message in reading order.
func (m Message) Buttons() []Component {
	var all []Component
	for _, row := range m.Components {
		for _, c := range row.Components {
			if c.Type == Button {
				all = append(all, c)
			}
		}
	}
	return all
}
