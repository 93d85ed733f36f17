package discord

import (
	"context"
	"fmt"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/commands"
)

// message is what one message shows.
type message struct {
	text    string
	embeds  []commands.Embed
	buttons []commands.Button
	ping    []string // ids of the people whom it may notify
	file    *file
}

type file struct{ name, body string }

// wireMessage is Discord's form of a message that is made or edited. Everything
// is always sent, since an edit keeps what is left out.
type wireMessage struct {
	Content    string                            `json:"content"`
	Embeds     []*discordgo.MessageEmbed         `json:"embeds"`
	Components []discordgo.MessageComponent      `json:"components"`
	Mentions   *discordgo.MessageAllowedMentions `json:"allowed_mentions"`
	Flags      discordgo.MessageFlags            `json:"flags,omitempty"`
	Nonce      string                            `json:"nonce,omitempty"`
	Enforce    bool                              `json:"enforce_nonce,omitempty"`
}

func (m message) wire() wireMessage {
	w := wireMessage{
		Content:    commands.Cut(m.text, commands.TextLimit),
		Embeds:     []*discordgo.MessageEmbed{},
		Components: []discordgo.MessageComponent{},
		Mentions:   &discordgo.MessageAllowedMentions{Parse: []discordgo.AllowedMentionType{}, Users: m.ping},
	}
	for _, e := range m.embeds {
		box := &discordgo.MessageEmbed{Title: commands.Cut(e.Title, 256), URL: e.URL, Description: commands.Cut(e.Text, 4000), Color: e.Color}
		if e.Foot != "" {
			box.Footer = &discordgo.MessageEmbedFooter{Text: commands.Cut(e.Foot, 1000)}
		}
		w.Embeds = append(w.Embeds, box)
	}
	var row discordgo.ActionsRow
	for _, b := range m.buttons {
		row.Components = append(row.Components, discordgo.Button{Label: b.Label, CustomID: b.ID, Style: looks[b.Look], Disabled: b.Disabled})
	}
	if len(row.Components) > 0 {
		w.Components = append(w.Components, row)
	}
	return w
}

var looks = map[commands.Look]discordgo.ButtonStyle{
	commands.Plain: discordgo.SecondaryButton, commands.Primary: discordgo.PrimaryButton, commands.Danger: discordgo.DangerButton,
}

// edit makes a message look like m. It notifies nobody.
func (r *rest) edit(ctx context.Context, channel, id string, m message) error {
	m.ping = nil
	q := request{method: "PATCH", url: discordgo.EndpointChannelMessage(channel, id), body: m.wire()}
	if err := r.insist(ctx, q, nil); err != nil {
		return fmt.Errorf("edit a message: %w", err)
	}
	return nil
}

// direct returns the id of the channel between the bot and one person.
func (r *rest) direct(ctx context.Context, person string) (id string, err error) {
	body := map[string]string{"recipient_id": person}
	var made struct {
		ID string `json:"id"`
	}
	if err := r.insist(ctx, request{method: "POST", url: discordgo.EndpointUserChannels("@me"), body: body}, &made); err != nil {
		return "", fmt.Errorf("open a direct channel: %w", err)
	}
	return made.ID, nil
}

// thread opens a thread on a message, or finds the one that is there, and
// returns its id: that of the message.
func (r *rest) thread(ctx context.Context, channel, on, name string) (id string, err error) {
	body := map[string]any{"name": commands.Cut(name, 100), "auto_archive_duration": 10080}
	q := request{method: "POST", url: discordgo.EndpointChannelMessageThread(channel, on), body: body}
	if err := r.insist(ctx, q, nil); err != nil && !refusedWith(err, codeHasThread) {
		return "", fmt.Errorf("open a thread: %w", err)
	}
	return on, nil
}
