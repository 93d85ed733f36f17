package localdiscord_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
)

// TestEveryRouteAnswersAsDiscord asks for what the other tests do not, so that
// the referee has seen an answer of each route.
func TestEveryRouteAnswersAsDiscord(t *testing.T) {
	t.Parallel()
	w := start(t)
	dg, got := caught(t, w)
	done := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	read := func(path string) {
		t.Helper()
		_, err := dg.RequestWithBucketID(http.MethodGet, discordgo.EndpointAPI+path, nil, path)
		done(path, err)
	}
	const scope = "applications/" + botID
	m := must[*discordgo.Message](t)(dg.ChannelMessageSend(alerts, "INC-12"))
	th := must[*discordgo.Channel](t)(dg.MessageThreadStart(alerts, m.ID, "Post-mortem INC-12", 60))
	must[*discordgo.Message](t)(dg.ChannelMessageSend(th.ID, "What happened"))
	dm := must[*discordgo.Channel](t)(dg.UserChannelCreate(ana))

	for _, path := range []string{
		"gateway", "gateway/bot", "users/@me", "users/" + ana, "applications/@me", "oauth2/applications/@me",
		"guilds/" + guildID, "guilds/" + guildID + "/channels", "guilds/" + guildID + "/roles", "guilds/" + guildID + "/members?limit=100",
		"guilds/" + guildID + "/members/" + viewer, "guilds/" + guildID + "/threads/active",
		scope + "/commands", scope + "/guilds/" + guildID + "/commands",
		"channels/" + alerts, "channels/" + operations, "channels/" + th.ID, "channels/" + dm.ID,
		"channels/" + alerts + "/messages/" + m.ID,
	} {
		read(path)
	}

	command := must[*discordgo.ApplicationCommand](t)(dg.ApplicationCommandCreate(botID, "", commands[2]))
	done("delete a command", dg.ApplicationCommandDelete(botID, "", command.ID))
	if err := dg.ApplicationCommandDelete(botID, guildID, "42"); code(t, err) != 10063 {
		t.Errorf("delete a command of nobody: %v", err)
	}
	done("type", dg.ChannelTyping(alerts))
	done("add a member to a thread", dg.ThreadMemberAdd(th.ID, ana))
	done("pin", dg.ChannelMessagePin(alerts, m.ID))
	done("unpin", dg.ChannelMessageUnpin(alerts, m.ID))
	for _, method := range []string{http.MethodPut, http.MethodDelete} { // discordgo knows only the old pins
		path := discordgo.EndpointChannel(alerts) + "/messages/pins/" + m.ID
		_, err := dg.RequestWithBucketID(method, path, nil, path)
		done(path, err)
	}
	if _, err := dg.ChannelEdit(th.ID, &discordgo.ChannelEdit{Name: "INC-12", Archived: new(true)}); err != nil {
		t.Errorf("archive a thread: %v", err)
	}
	if _, err := dg.ChannelDelete(alerts); code(t, err) != 50013 {
		t.Errorf("delete a channel: %v", err)
	}

	must[string](t)(w.as(ana).Command(ctx(t), "alerts", "status", nil))
	i := <-got
	done("reply", dg.InteractionRespond(i, reply("R7 is ready", 0)))
	more := must[*discordgo.Message](t)(dg.FollowupMessageCreate(i, true, &discordgo.WebhookParams{Content: "more",
		Files: []*discordgo.File{{Name: "inc-12.md", Reader: strings.NewReader("# What happened")}}}))
	done("delete a follow-up", dg.FollowupMessageDelete(i, more.ID))
	done("delete a reply", dg.InteractionResponseDelete(i))

	must[*discordgo.Message](t)(dg.ChannelMessageSendComplex(alerts, &discordgo.MessageSend{Content: "press",
		Components: []discordgo.MessageComponent{discordgo.ActionsRow{Components: []discordgo.MessageComponent{discordgo.Button{Label: "x", CustomID: "a"}}}}}))
	button := must[localdiscord.Message](t)(w.as(ana).WaitMessage(ctx(t), func(m localdiscord.Message) bool { return m.Content == "press" }))
	must[string](t)(w.as(ana).Press(ctx(t), alerts, button.ID, "a"))
	i = <-got
	answer, err := dg.RequestWithBucketID(http.MethodPost, discordgo.EndpointInteractionResponse(i.ID, i.Token)+"?with_response=true",
		reply("pressed", discordgo.MessageFlagsEphemeral), "callback")
	if err != nil || !strings.Contains(string(answer), `"interacted_message_id":"`+button.ID) {
		t.Errorf("pressed: %s, %v", answer, err)
	}
	must[*discordgo.Message](t)(dg.InteractionResponseEdit(i, &discordgo.WebhookEdit{Content: new("pressed once")}))
}
