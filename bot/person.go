package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
)

// person is somebody whom autoplay plays. What they read and type is the
// transcript; what only they may read is not in it.
type person struct {
	*localdiscord.Client
	ID, name string
	out      io.Writer
	people   []localdiscord.Person // who is in the chat, for their names
}

func newPerson(_ context.Context, s *stage, role localdiscord.Role, out io.Writer) (*person, error) {
	who := s.person(role)
	if who.ID == "" {
		return nil, fmt.Errorf("nobody is a %s", role)
	}
	return &person{Client: localdiscord.NewClient(s.page, who.ID), ID: who.ID, name: who.Name, out: out, people: s.setup.People}, nil
}

// types types a command and waits for its answer.
func (p *person) types(ctx context.Context, channel, name string, options map[string]any) error {
	_, err := p.asks(ctx, channel, name, options)
	return err
}

// asks types a command and reads its answer.
func (p *person) asks(ctx context.Context, channel, name string, options map[string]any) (localdiscord.Message, error) {
	line := "/" + name
	for _, key := range slices.Sorted(maps.Keys(options)) {
		value := fmt.Sprint(options[key])
		line += " " + key + ":" + nameOf(value, p.people, value)
	}
	fmt.Fprintf(p.out, "\n%s> %s\n", p.name, line)
	answer, err := p.Ask(ctx, channel, name, options)
	if err != nil {
		return answer, fmt.Errorf("%s types %s: %w", p.name, line, err)
	}
	p.show("bot!", answer)
	return answer, nil
}

// injects types /inject and says yes to what is shown. An empty variant is drawn.
func (p *person) injects(ctx context.Context, scenario, variant string) error {
	options := map[string]any{"scenario": scenario}
	if variant != "" {
		options["variant"] = variant
	}
	return p.agrees(ctx, "inject", options, "Inject", "has begun")
}

// provisions types /provision and says yes to what is shown.
func (p *person) provisions(ctx context.Context, options map[string]any) error {
	return p.agrees(ctx, "provision", options, "Build", "is on its way")
}

// destroys types /destroy, and says yes where an incident would end with the round.
func (p *person) destroys(ctx context.Context) error {
	shown, err := p.asks(ctx, "operations", "destroy", nil)
	if err != nil || buttonOf(shown, "Destroy") == "" {
		return err
	}
	return p.presses(ctx, shown, "Destroy")
}

// agrees types a command that shows what it would do, presses the button, and
// expects an answer that says this.
func (p *person) agrees(ctx context.Context, command string, options map[string]any, button, says string) error {
	shown, err := p.asks(ctx, "operations", command, options)
	if err != nil {
		return err
	}
	id := buttonOf(shown, button)
	if id == "" {
		return fmt.Errorf("%s may not /%s: %s", p.name, command, textOf(shown))
	}
	fmt.Fprintf(p.out, "\n%s> [%s]\n", p.name, button)
	answer, err := p.answered(ctx, shown, id)
	if err != nil {
		return fmt.Errorf("%s says yes to /%s: %w", p.name, command, err)
	}
	p.show("bot!", answer)
	if text := textOf(answer); !strings.Contains(text, says) {
		return fmt.Errorf("/%s came to nothing: %s", command, text)
	}
	return nil
}

// reads waits for a message that says all of it, wherever it stands.
func (p *person) reads(ctx context.Context, all ...string) (localdiscord.Message, error) {
	m, err := p.WaitMessage(ctx, func(m localdiscord.Message) bool {
		text := textOf(m)
		return !slices.ContainsFunc(all, func(part string) bool { return !strings.Contains(text, part) })
	})
	if err != nil {
		return m, fmt.Errorf("%s reads nothing with %q: %w", p.name, all, err)
	}
	p.show("bot>", m)
	return m, nil
}

// presses presses the button with a label.
func (p *person) presses(ctx context.Context, m localdiscord.Message, label string) error {
	id := buttonOf(m, label)
	if id == "" {
		return fmt.Errorf("%s finds no button %s", p.name, label)
	}
	fmt.Fprintf(p.out, "\n%s> [%s]\n", p.name, label)
	if _, err := p.Press(ctx, m.ChannelID, m.ID, id); err != nil {
		return fmt.Errorf("%s presses %s: %w", p.name, label, err)
	}
	return nil
}

// answered presses a button and waits for the message that answers it.
func (p *person) answered(ctx context.Context, m localdiscord.Message, button string) (localdiscord.Message, error) {
	press, err := p.Press(ctx, m.ChannelID, m.ID, button)
	if err != nil {
		return m, err
	}
	return p.WaitMessage(ctx, func(m localdiscord.Message) bool {
		return m.InteractionMetadata != nil && m.InteractionMetadata.ID == press
	})
}

// reveals presses the button in the direct message, and reads what only this
// person may see.
func (p *person) reveals(ctx context.Context) (string, error) {
	m, err := p.WaitMessage(ctx, func(m localdiscord.Message) bool { return buttonOf(m, "Show once") != "" })
	if err != nil {
		return "", fmt.Errorf("%s gets no access: %w", p.name, err)
	}
	p.show("bot (to "+p.name+" alone)>", m)
	fmt.Fprintf(p.out, "\n%s> [Show once]\n", p.name)
	press, err := p.Press(ctx, m.ChannelID, m.ID, buttonOf(m, "Show once"))
	if err != nil {
		return "", fmt.Errorf("%s asks for the access: %w", p.name, err)
	}
	shown, err := p.WaitMessage(ctx, func(m localdiscord.Message) bool {
		mine := m.InteractionMetadata != nil && m.InteractionMetadata.ID == press // keys of another round may be there still
		return mine && strings.Contains(textOf(m), "AWS_SECRET_ACCESS_KEY")
	})
	if err != nil {
		return "", fmt.Errorf("%s is shown nothing: %w", p.name, err)
	}
	fmt.Fprintln(p.out, "bot! (the keys, for one person's eyes)")
	return textOf(shown), nil
}

func (p *person) show(who string, m localdiscord.Message) {
	text := strings.TrimSpace(textOf(m))
	if text == "" || strings.Contains(text, "AWS_SECRET_ACCESS_KEY") {
		return
	}
	fmt.Fprintf(p.out, "%s %s\n", who, strings.ReplaceAll(spoken(text, p.people, time.Local), "\n", "\n     "))
}

// textOf is all that one reads in a message.
func textOf(m localdiscord.Message) string {
	parts := []string{m.Content}
	for i := range m.Embeds {
		raw, err := json.Marshal(m.Embeds[i])
		if err != nil {
			continue
		}
		var e struct {
			Title, Description string
			Fields             []struct{ Name, Value string }
		}
		if json.Unmarshal(raw, &e) == nil {
			parts = append(parts, e.Title, e.Description)
			for _, f := range e.Fields {
				parts = append(parts, f.Name+": "+f.Value)
			}
		}
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n")
}

func buttonOf(m localdiscord.Message, label string) string {
	for _, row := range m.Components {
		for _, c := range row.Components {
			if strings.Contains(c.Label, label) && !c.Disabled {
				return c.CustomID
			}
		}
	}
	return ""
}

// fixTime bounds one move of the player.
const fixTime = 45 * time.Second
