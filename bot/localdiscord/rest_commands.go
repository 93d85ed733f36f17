package localdiscord

import (
	"net/http"
	"slices"
	"strconv"
)

// scope checks application and guild of a command route. The guild is "" for
// global commands.
func (s *Server) scope(r *http.Request) (string, error) {
	if r.PathValue("application") != s.cfg.Bot.ID {
		return "", &apiError{status: http.StatusForbidden, Code: 20012, Message: "You are not authorized to perform this action on this application"}
	}
	guild := r.PathValue("guild")
	if guild != "" && (guild != s.cfg.Guild.ID || s.cfg.NoCommands) {
		return "", errMissingAccess
	}
	return guild, nil
}

func (s *Server) getCommands(r *http.Request) (any, error) {
	guild, err := s.scope(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]ApplicationCommand{}, s.commands[guild]...), nil
}

func (s *Server) overwriteCommands(r *http.Request) (any, error) {
	guild, err := s.scope(r)
	if err != nil {
		return nil, err
	}
	var list []ApplicationCommand
	if _, err := readBody(r, &list); err != nil {
		return nil, err
	}
	var f form
	seen := map[string]bool{}
	for i := range list {
		path := strconv.Itoa(i)
		if list[i].Type == 0 {
			list[i].Type = 1
		}
		list[i].check(&f, path)
		key := strconv.Itoa(list[i].Type) + list[i].Name
		if seen[key] {
			f.add(path, "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
		}
		seen[key] = true
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next := make([]ApplicationCommand, 0, len(list))
	for _, c := range list {
		next = append(next, s.registered(guild, c))
	}
	s.commands[guild] = next
	s.announceCommands()
	return next, nil
}

// registered gives a command its ids; a name that exists keeps its own.
func (s *Server) registered(guild string, c ApplicationCommand) ApplicationCommand {
	c.ID = s.newID()
	for _, old := range s.commands[guild] {
		if old.Name == c.Name && old.Type == c.Type {
			c.ID = old.ID
		}
	}
	c.ApplicationID, c.GuildID, c.Version = s.cfg.Bot.ID, guild, s.newID()
	return c
}

func (s *Server) createCommand(r *http.Request) (any, error) {
	guild, err := s.scope(r)
	if err != nil {
		return nil, err
	}
	c := ApplicationCommand{Type: 1}
	if _, err := readBody(r, &c); err != nil {
		return nil, err
	}
	var f form
	if c.check(&f, "command"); f.errors != nil {
		f.errors, _ = f.errors["command"].(map[string]any)
		return nil, f.err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c = s.registered(guild, c)
	kept := slices.DeleteFunc(slices.Clone(s.commands[guild]), func(old ApplicationCommand) bool { return old.ID == c.ID })
	s.commands[guild] = append(kept, c)
	s.announceCommands()
	return created{c}, nil
}

func (s *Server) deleteCommand(r *http.Request) (any, error) {
	guild, err := s.scope(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	left := slices.DeleteFunc(slices.Clone(s.commands[guild]), func(c ApplicationCommand) bool { return c.ID == r.PathValue("command") })
	if len(left) == len(s.commands[guild]) {
		return nil, errUnknownCommand
	}
	s.commands[guild] = left
	s.announceCommands()
	return nil, nil
}

// commandsFor lists what a person may invoke, guild commands first. A guild
// command hides a global one of the same name.
func (s *Server) commandsFor(p Person) []ApplicationCommand {
	list, seen := []ApplicationCommand{}, map[string]bool{}
	for _, scope := range []string{s.cfg.Guild.ID, ""} {
		for _, c := range s.commands[scope] {
			if c.Type == 1 && !seen[c.Name] && (s.override || c.admits(p.permissions())) {
				list, seen[c.Name] = append(list, c), true
			}
		}
	}
	return list
}

// exists tells whether there is such a command for anybody. Discord shows a
// person only the commands that they may run; the page names the others too, so
// it can say why they do not run.
func (s *Server) exists(name string) bool {
	for _, scope := range []string{s.cfg.Guild.ID, ""} {
		for _, c := range s.commands[scope] {
			if c.Type == 1 && c.Name == name {
				return true
			}
		}
	}
	return false
}

// announceCommands tells each person of their own list.
func (s *Server) announceCommands() {
	for _, p := range s.people {
		s.tell("commands", s.commandsFor(p), func(reader Person) bool { return reader.ID == p.ID })
	}
}
