package localdiscord_test

import (
	"strings"
	"testing"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
)

// answers is a bot in miniature: it defers commands, completes names and
// updates a message whose button was pressed.
func answers(t *testing.T) func(*discordgo.Session, *discordgo.InteractionCreate) {
	return func(s *discordgo.Session, i *discordgo.InteractionCreate) {
		respond := func(kind discordgo.InteractionResponseType, d *discordgo.InteractionResponseData) {
			if err := s.InteractionRespond(i.Interaction, &discordgo.InteractionResponse{Type: kind, Data: d}); err != nil {
				t.Errorf("respond: %v", err)
			}
		}
		switch i.Type {
		case discordgo.InteractionApplicationCommandAutocomplete:
			typed := i.ApplicationCommandData().Options[0]
			if !typed.Focused {
				t.Error("the option being typed is not marked")
			}
			respond(discordgo.InteractionApplicationCommandAutocompleteResult, &discordgo.InteractionResponseData{
				Choices: []*discordgo.ApplicationCommandOptionChoice{{Name: "A rule goes missing", Value: typed.StringValue() + "urity-group"}}})
		case discordgo.InteractionApplicationCommand:
			respond(discordgo.InteractionResponseDeferredChannelMessageWithSource,
				&discordgo.InteractionResponseData{Flags: discordgo.MessageFlagsEphemeral})
			text := "R7 is ready, " + i.Member.User.Username
			if d := i.ApplicationCommandData(); d.Name == "inject" {
				text = d.Options[0].StringValue() + " for " + d.Resolved.Users[ana].Username
			}
			if _, err := s.InteractionResponseEdit(i.Interaction, &discordgo.WebhookEdit{Content: &text}); err != nil {
				t.Errorf("edit deferred answer: %v", err)
			}
		case discordgo.InteractionMessageComponent:
			respond(discordgo.InteractionResponseUpdateMessage, &discordgo.InteractionResponseData{
				Content: "acknowledged by " + i.Member.User.Username + ", was: " + i.Message.Content})
		}
	}
}

func TestStory(t *testing.T) {
	t.Parallel()
	w := start(t)
	dg := w.session(t, w.cfg.Token)
	dg.AddHandler(answers(t))
	login(t, dg)
	if dg.State.User.ID != botID || dg.State.Application.ID != botID {
		t.Fatalf("READY names user %s and application %s, want %s", dg.State.User.ID, dg.State.Application.ID, botID)
	}
	registered := must[[]*discordgo.ApplicationCommand](t)(dg.ApplicationCommandBulkOverwrite(botID, guildID, commands))
	if len(registered) != 3 || registered[0].ID == "" {
		t.Fatalf("registered %d commands", len(registered))
	}
	again := must[[]*discordgo.ApplicationCommand](t)(dg.ApplicationCommandBulkOverwrite(botID, guildID, commands))
	if again[0].ID != registered[0].ID {
		t.Error("overwriting a command changed its id")
	}

	admin := w.as(gamemaster)
	m := must[localdiscord.Message](t)(admin.Ask(ctx(t), "operations", "status", nil))
	if m.Content != "R7 is ready, gamemaster" || m.EphemeralFor != gamemaster || m.EditedTimestamp != nil {
		t.Errorf("answer to /status: %+v", m)
	}
	choices := must[[]localdiscord.Choice](t)(admin.Autocomplete(ctx(t), "operations", "inject", map[string]any{"scenario": "sec"}, "scenario"))
	if len(choices) != 1 || choices[0].Value != "security-group" {
		t.Errorf("choices: %v", choices)
	}
	m = must[localdiscord.Message](t)(admin.Ask(ctx(t), "operations", "inject", map[string]any{"scenario": "security-group", "player": ana}))
	if m.Content != "security-group for ana" {
		t.Errorf("answer to /inject: %q", m.Content)
	}

	must[*discordgo.Message](t)(dg.ChannelMessageSendComplex(alerts, &discordgo.MessageSend{
		Content: "INC-12 <@" + ana + "> <@" + viewer + ">",
		Embeds:  []*discordgo.MessageEmbed{{Title: "ShopErrorRatioHigh", Image: &discordgo.MessageEmbedImage{URL: "attachment://graph.png"}}},
		Components: []discordgo.MessageComponent{discordgo.ActionsRow{Components: []discordgo.MessageComponent{
			discordgo.Button{Label: "Acknowledge", CustomID: "ack:12", Style: discordgo.PrimaryButton}}}},
		AllowedMentions: &discordgo.MessageAllowedMentions{Users: []string{ana}},
		Files:           []*discordgo.File{{Name: "graph.png", Reader: strings.NewReader("\x89PNG")}},
	}))
	player := w.as(ana)
	page := must[localdiscord.Message](t)(player.WaitMessage(ctx(t), func(m localdiscord.Message) bool { return strings.HasPrefix(m.Content, "INC-12") }))
	if len(page.Mentions) != 1 || page.Mentions[0].ID != ana {
		t.Errorf("mentions %v, want only ana", page.Mentions)
	}
	if url := page.Embeds[0].Image.URL; !strings.HasPrefix(url, w.url+"/cdn/") || len(page.Attachments) != 0 {
		t.Errorf("picture at %s, %d attachments", url, len(page.Attachments))
	}
	pressed := must[localdiscord.Message](t)(player.Click(ctx(t), page, "ack:12"))
	if !strings.HasPrefix(pressed.Content, "acknowledged by ana, was: INC-12") || pressed.ID != page.ID || len(pressed.Components) != 0 {
		t.Errorf("after the press: %+v", pressed)
	}
}
