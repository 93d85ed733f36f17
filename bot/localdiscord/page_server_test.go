package localdiscord_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bwmarrin/discordgo"
	"github.com/chromedp/chromedp/kb"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
)

// TestPageWithTheServer plays a short story in the browser: the real server,
// an unchanged discordgo session as the bot, and people who type and press.
func TestPageWithTheServer(t *testing.T) {
	parent := browser(t)
	w := start(t, func(c *localdiscord.Config) {
		c.Tabs = []localdiscord.Tab{{Name: "graphs", Title: "Graphs", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("<p id=tab>" + r.URL.Path + "</p>"))
		})}}
	})
	v := open(t, parent, w.url+"/")
	v.shows("#banner", "The bot is offline")
	dg := w.session(t, w.cfg.Token)
	dg.AddHandler(answers(t))
	if err := dg.Open(); err != nil {
		t.Fatal(err)
	}
	defer leave(dg)
	must[[]*discordgo.ApplicationCommand](t)(dg.ApplicationCommandBulkOverwrite(botID, guildID, commands))
	v.shows("[data-testid=bot-status]", "bot online")
	v.shows("[data-testid=title]", "operations")

	v.compose("/inj" + kb.Tab + "sec")
	v.shows("[data-testid=completion]", "security-group")
	v.wait(`document.querySelectorAll("[data-testid=completion-item]").length === 1`)
	v.keys(kb.Enter + "player:an")
	v.wait(`document.querySelector("[data-testid=completion-item][data-value=ana]")`)
	v.keys(kb.Enter + kb.Enter)
	v.shows("[data-testid=message]", "security-group for ana")
	v.shows("[data-testid=used]", "gamemaster used /inject")
	v.wait(`!document.querySelector("[data-testid=waiting]")`)

	m := must[*discordgo.Message](t)(dg.ChannelMessageSendComplex(alerts, &discordgo.MessageSend{
		Content: "INC-12 <@" + ana + ">",
		Components: []discordgo.MessageComponent{discordgo.ActionsRow{Components: []discordgo.MessageComponent{
			discordgo.Button{Label: "Acknowledge", CustomID: "ack:12", Style: discordgo.PrimaryButton}}}},
		AllowedMentions: &discordgo.MessageAllowedMentions{Users: []string{ana}},
		Files:           []*discordgo.File{{Name: "R7.md", ContentType: "text/markdown", Reader: strings.NewReader("# A rule goes missing\n")}},
	}))
	v.click("[data-testid=persona-ana]")
	v.wait(`!document.querySelector("[data-testid=channel-operations]")`)
	v.shows("[data-testid=title]", "alerts")
	v.click("[data-testid=preview]")
	v.shows(".file-preview", "A rule goes missing")
	v.click("[data-custom-id='ack:12']")
	v.shows("[data-testid=content]", "acknowledged by ana, was: INC-12 @ana")
	must[*discordgo.Channel](t)(dg.MessageThreadStart(alerts, m.ID, "Post-mortem INC-12", 60))
	must[*discordgo.Message](t)(dg.ChannelMessageSend(m.ID, "**Summary.** all is well"))
	v.shows("[data-testid=thread-card]", "Post-mortem INC-12")
	v.click("[data-testid=thread-" + m.ID + "]")
	v.shows("[data-testid=message]", "Summary. all is well")
	v.click("[data-testid=tab-graphs]")
	v.wait(`document.querySelector("[data-testid=panel-frame]")?.contentDocument?.querySelector("#tab")?.textContent === "/"`)
	v.click("[data-testid=panel-close]")

	// The admin's command exists for ana, and is not hers to run.
	v.compose("/inj")
	v.wait(`document.querySelector("[data-testid=completion-item].dim[data-value=inject]")`)
	v.compose("/inject scenario:")
	v.shows("[data-testid=completion]", "/inject is for admins.")
	v.keys("x" + kb.Escape + kb.Enter)
	v.shows("[data-testid=composer-error]", "/inject is for admins")
	dm := must[*discordgo.Channel](t)(dg.UserChannelCreate(ana))
	must[*discordgo.Message](t)(dg.ChannelMessageSend(dm.ID, "your access is ready"))
	v.shows("[data-testid=dm-ana] [data-testid=mentions]", "1")
	v.click("[data-testid=dm-ana]")
	v.shows("[data-testid=content]", "your access is ready")
	v.compose("/hint" + kb.Enter)
	v.shows("[data-testid=composer-error]", "not in direct messages")
}
