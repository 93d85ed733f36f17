package localdiscord_test

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"github.com/bwmarrin/discordgo"
)

// TestPageOverTheServer is the one test in which browser, server and discordgo
// are all real: the others put a stand-in at one end.
func TestPageOverTheServer(t *testing.T) {
	tab := browser(t)
	w := start(t)
	dg := w.session(t, w.cfg.Token)
	dg.AddHandler(answers(t))
	login(t, dg)
	must[[]*discordgo.ApplicationCommand](t)(dg.ApplicationCommandBulkOverwrite(botID, guildID, commands))
	var graph bytes.Buffer
	if err := png.Encode(&graph, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}

	v := open(t, tab, w.url+"/#as=ana")
	v.shows("[data-testid=bot-status]", "online")
	v.compose("/hint number:2\r")
	v.shows("[data-testid=message]", "R7 is ready, ana")
	must[*discordgo.Message](t)(dg.ChannelMessageSendComplex(alerts, &discordgo.MessageSend{
		Content: "INC-12", Files: []*discordgo.File{{Name: "graph.png", Reader: &graph}},
		Embeds: []*discordgo.MessageEmbed{{Title: "ShopErrorRatioHigh", Image: &discordgo.MessageEmbedImage{URL: "attachment://graph.png"}}},
		Components: []discordgo.MessageComponent{discordgo.ActionsRow{Components: []discordgo.MessageComponent{
			discordgo.Button{Label: "Acknowledge", CustomID: "ack:12", Style: discordgo.PrimaryButton}}}},
	}))
	v.shows("[data-testid=embed]", "ShopErrorRatioHigh")
	v.wait(`[...document.querySelectorAll("[data-testid=embed] img")].some(i => i.naturalWidth === 40)`)
	v.click("[data-testid=button]")
	v.shows("[data-testid=message]", "acknowledged by ana, was: INC-12")
}
