package localdiscord

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// Option types, Discord's numbers.
const (
	OptionSubcommand      = 1
	OptionSubcommandGroup = 2
	OptionString          = 3
	OptionInteger         = 4
	OptionBoolean         = 5
	OptionUser            = 6
	OptionChannel         = 7
	OptionRole            = 8
	OptionMentionable     = 9
	OptionNumber          = 10
)

// ApplicationCommand is a slash command as the bot registered it.
type ApplicationCommand struct {
	ID            string          `json:"id"`
	ApplicationID string          `json:"application_id"`
	GuildID       string          `json:"guild_id,omitempty"`
	Version       string          `json:"version"`
	Type          int             `json:"type"` // 1 slash; others are stored, but nobody can invoke them here
	Name          string          `json:"name"`
	Description   string          `json:"description"`
	Options       []CommandOption `json:"options,omitempty"`
	// DefaultMemberPermissions is a bit set as text, "0" for admins only, nil
	// for everyone.
	DefaultMemberPermissions *bits `json:"default_member_permissions"`
	NSFW                     bool  `json:"nsfw"`
}

// CommandOption is a parameter, or a subcommand with its own.
type CommandOption struct {
	Type         int             `json:"type"`
	Name         string          `json:"name"`
	Description  string          `json:"description"`
	Required     bool            `json:"required,omitempty"`
	Choices      []Choice        `json:"choices,omitempty"`
	Options      []CommandOption `json:"options,omitempty"`
	ChannelTypes []int           `json:"channel_types,omitempty"`
	MinValue     *float64        `json:"min_value,omitempty"`
	MaxValue     *float64        `json:"max_value,omitempty"`
	MinLength    *int            `json:"min_length,omitempty"`
	MaxLength    *int            `json:"max_length,omitempty"`
	Autocomplete bool            `json:"autocomplete,omitempty"`
}

// Choice is one value that an option may take.
type Choice struct {
	Name  string `json:"name"`
	Value any    `json:"value"` // string or number
}

// bits is a permission set that Discord writes as a string and also accepts
// as a number.
type bits string

func (b *bits) UnmarshalJSON(raw []byte) error {
	var n json.Number
	if err := json.Unmarshal([]byte(strings.Trim(string(raw), `"`)), &n); err != nil {
		return err
	}
	*b = bits(n)
	return nil
}

// admits tells whether someone with these permissions sees the command.
func (c ApplicationCommand) admits(permissions int64) bool {
	if c.DefaultMemberPermissions == nil || permissions&permissionAdministrator != 0 {
		return true
	}
	want, err := strconv.ParseInt(string(*c.DefaultMemberPermissions), 10, 64)
	return err == nil && want != 0 && permissions&want == want
}

// commandName is Discord's pattern for slash commands and options.
var commandName = regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)

func checkName(f *form, path, name string) {
	if !commandName.MatchString(name) || name != strings.ToLower(name) {
		f.add(path+".name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
	}
}

func (c ApplicationCommand) check(f *form, path string) {
	if c.Type != 1 {
		f.length(path+".name", c.Name, 1, 32)
		return
	}
	checkName(f, path, c.Name)
	f.length(path+".description", c.Description, 1, 100)
	checkOptions(f, path, c.Options)
}

func checkOptions(f *form, path string, options []CommandOption) {
	if len(options) > 25 {
		f.add(path+".options", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
	}
	seen, optional := map[string]bool{}, false
	for i, o := range options {
		p := path + ".options." + strconv.Itoa(i)
		checkName(f, p, o.Name)
		f.length(p+".description", o.Description, 1, 100)
		if o.Type < OptionSubcommand || o.Type > 11 {
			f.choice(p+".type", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11")
		}
		if seen[o.Name] {
			f.add(p, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
		}
		if o.Required && optional {
			f.add(p, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must be placed before non-required options")
		}
		if o.Autocomplete && len(o.Choices) > 0 {
			f.add(p, "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", "An option cannot have both choices and autocomplete")
		}
		checkChoices(f, p+".choices", o.Choices)
		checkOptions(f, p, o.Options)
		seen[o.Name] = true
		optional = optional || !o.Required
	}
}

func checkChoices(f *form, path string, choices []Choice) {
	if len(choices) > 25 {
		f.add(path, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
	}
	for i, c := range choices {
		p := path + "." + strconv.Itoa(i)
		f.length(p+".name", c.Name, 1, 100)
		if v, ok := c.Value.(string); ok {
			f.maxLength(p+".value", v, 100)
		}
	}
}
