package localdiscord

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Value is one option of a command as a person filled it in.
type Value struct {
	Name    string `json:"name"`
	Value   any    `json:"value"`
	Focused bool   `json:"focused,omitempty"` // autocomplete: the one being typed
}

// invocation turns "name" or "name sub" and its values into the data of an
// interaction. Errors are for the person who typed. It wants s.mu held.
func (s *Server) invocation(by Person, c *channel, line string, values []Value, partial bool) (string, map[string]any, error) {
	words := strings.Fields(strings.TrimPrefix(line, "/"))
	if len(words) == 0 {
		return "", nil, fmt.Errorf("no command")
	}
	list := s.commandsFor(by)
	at := slices.IndexFunc(list, func(c ApplicationCommand) bool { return c.Name == words[0] })
	if at < 0 || c.Type == DMChannel && list[at].GuildID != "" {
		if at < 0 && s.exists(words[0]) {
			return "", nil, fmt.Errorf("/%s is for admins", quote(words[0]))
		}
		return "", nil, fmt.Errorf("there is no command /%s here", quote(words[0]))
	}
	cmd := list[at]
	r := &resolver{s: s, partial: partial, resolved: map[string]map[string]any{}}
	options, err := r.fill(cmd.Options, words[1:], values)
	if err != nil {
		return "", nil, fmt.Errorf("/%s: %w", quote(line), err)
	}
	data := map[string]any{"id": cmd.ID, "name": cmd.Name, "type": 1, "options": options}
	if cmd.GuildID != "" {
		data["guild_id"] = cmd.GuildID
	}
	if len(r.resolved) > 0 {
		data["resolved"] = r.resolved
	}
	return cmd.Name, data, nil
}

// resolver fills in options and collects the objects that ids stand for.
type resolver struct {
	s        *Server
	partial  bool // autocomplete: options may be missing or half typed
	resolved map[string]map[string]any
}

func (r *resolver) fill(defs []CommandOption, words []string, values []Value) ([]map[string]any, error) {
	if len(words) > 0 || len(defs) > 0 && defs[0].Type <= OptionSubcommandGroup {
		for _, d := range defs {
			if len(words) > 0 && d.Name == words[0] && d.Type <= OptionSubcommandGroup {
				inner, err := r.fill(d.Options, words[1:], values)
				return []map[string]any{{"type": d.Type, "name": d.Name, "options": inner}}, err
			}
		}
		return nil, fmt.Errorf("no such subcommand")
	}
	out := []map[string]any{}
	for _, d := range defs {
		i := slices.IndexFunc(values, func(v Value) bool { return v.Name == d.Name })
		if i < 0 {
			if d.Required && !r.partial {
				return nil, fmt.Errorf("option %s is required", d.Name)
			}
			continue
		}
		o := map[string]any{"type": d.Type, "name": d.Name, "value": values[i].Value}
		if values[i].Focused {
			o["focused"] = true
		} else if err := r.check(d, values[i].Value); err != nil {
			return nil, fmt.Errorf("option %s: %w", d.Name, err)
		}
		out = append(out, o)
	}
	for _, v := range values {
		if !slices.ContainsFunc(defs, func(d CommandOption) bool { return d.Name == v.Name }) {
			return nil, fmt.Errorf("there is no option %s", quote(v.Name))
		}
	}
	return out, nil
}

// longestText is the most that an option's text may hold, whatever its own limit.
const longestText = 6000

// check is what Discord's client checks before it sends.
func (r *resolver) check(d CommandOption, v any) error {
	switch d.Type {
	case OptionString:
		text, ok := v.(string)
		if !ok {
			return fmt.Errorf("%s is not a text", quote(v))
		}
		if r.s.anyText {
			return nil
		}
		least, most := 0, longestText
		if d.MinLength != nil {
			least = *d.MinLength
		}
		if d.MaxLength != nil {
			most = min(most, *d.MaxLength)
		}
		switch n := utf8.RuneCountInString(text); {
		case n > most:
			return fmt.Errorf("%s, at most %s", characters(n), grouped(most))
		case n < least:
			return fmt.Errorf("%s, at least %s", characters(n), grouped(least))
		}
	case OptionInteger, OptionNumber:
		n, ok := v.(float64)
		if !ok || d.Type == OptionInteger && n != math.Trunc(n) || d.MinValue != nil && n < *d.MinValue || d.MaxValue != nil && n > *d.MaxValue {
			return fmt.Errorf("%s is not a number that fits", quote(v))
		}
	case OptionBoolean:
		if _, ok := v.(bool); !ok {
			return fmt.Errorf("%s is not true or false", quote(v))
		}
	case OptionUser, OptionChannel, OptionRole, OptionMentionable:
		return r.resolve(d.Type, fmt.Sprint(v))
	default:
		return fmt.Errorf("options of type %d are not supported here", d.Type)
	}
	if len(d.Choices) > 0 && !slices.ContainsFunc(d.Choices, func(c Choice) bool { return c.Value == v }) {
		return fmt.Errorf("%s is not one of the choices", quote(v))
	}
	return nil
}

// quote writes what somebody typed, cut to what an error has room for.
func quote(v any) string {
	const most = 60
	text := []rune(fmt.Sprint(v))
	if len(text) > most {
		text = append(text[:most:most], '…')
	}
	return string(text)
}

func characters(n int) string {
	if n == 1 {
		return "1 character"
	}
	return grouped(n) + " characters"
}

// grouped writes a number as people read it: 1,204.
func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}

func (r *resolver) resolve(kind int, id string) error {
	put := func(group string, v any) {
		if r.resolved[group] == nil {
			r.resolved[group] = map[string]any{}
		}
		r.resolved[group][id] = v
	}
	if p, ok := r.s.person(id); ok && (kind == OptionUser || kind == OptionMentionable) {
		m := r.s.member(p)
		m.User = nil
		put("users", p.user())
		put("members", m)
		return nil
	}
	if c, err := r.s.channel(id); err == nil && kind == OptionChannel {
		put("channels", r.s.wireChannel(c))
		return nil
	}
	for _, role := range r.s.roles() {
		if role["id"] == id && (kind == OptionRole || kind == OptionMentionable) {
			put("roles", role)
			return nil
		}
	}
	return fmt.Errorf("nothing has the id %s", quote(id))
}
