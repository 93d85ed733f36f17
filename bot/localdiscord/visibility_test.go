package localdiscord_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
)

// TestEachSeesOnlyTheirOwn sends one message of every kind of secrecy, and a
// last public one: whoever has read that has had every chance to see the rest.
func TestEachSeesOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	w := start(t)
	dg, got := caught(t, w)
	streams := map[string]<-chan localdiscord.Event{}
	for _, who := range []string{gamemaster, ana, viewer} {
		streams[who] = must[<-chan localdiscord.Event](t)(w.as(who).Events(ctx(t)))
	}
	must[*discordgo.Message](t)(dg.ChannelMessageSend(operations, "for admins"))
	dm := must[*discordgo.Channel](t)(dg.UserChannelCreate(ana))
	must[*discordgo.Message](t)(dg.ChannelMessageSend(dm.ID, "for ana"))
	must[string](t)(w.as(viewer).Command(ctx(t), "alerts", "status", nil))
	i := <-got
	if err := dg.InteractionRespond(i, reply("for the viewer", discordgo.MessageFlagsEphemeral)); err != nil {
		t.Fatal(err)
	}
	inside := must[*discordgo.Message](t)(dg.ChannelMessageSend(operations, "for admins: a thread"))
	th := must[*discordgo.Channel](t)(dg.MessageThreadStart(operations, inside.ID, "for admins too", 60))
	must[*discordgo.Message](t)(dg.ChannelMessageSend(th.ID, "for admins: in it"))
	must[*discordgo.Message](t)(dg.ChannelMessageSend(alerts, "for all"))

	want := map[string][]string{
		gamemaster: {"for admins", "for admins: a thread", "for admins: in it", "for all"},
		ana:        {"for ana", "for all"},
		viewer:     {"for the viewer", "for all"},
	}
	for who, texts := range want {
		var streamed []string
		for e := range streams[who] {
			if e.Type == "channel" && who != gamemaster && strings.Contains(string(e.Data), "for admins") {
				t.Errorf("%s hears of an admins' thread: %s", who, e.Data)
			}
			m, ok := e.Message()
			if !ok || e.Type != "message" {
				continue
			}
			streamed = append(streamed, m.Content)
			if m.Content == "for all" {
				break
			}
		}
		if !slices.Equal(streamed, texts) {
			t.Errorf("%s was told %q, want %q", who, streamed, texts)
		}
		var read []string
		st := must[localdiscord.State](t)(w.as(who).State(ctx(t)))
		for _, list := range st.Messages {
			for _, m := range list {
				read = append(read, m.Content)
			}
		}
		slices.Sort(read)
		slices.Sort(texts)
		if !slices.Equal(read, texts) {
			t.Errorf("%s reads %q, want %q", who, read, texts)
		}
		recorded := map[string]bool{}
		for _, x := range w.Texts() {
			if slices.Contains(x.Readers, who) && x.MessageID != "" {
				recorded[strings.TrimSpace(x.Text)] = true
			}
		}
		for _, text := range texts {
			if !recorded[text] {
				t.Errorf("Texts does not name %s as a reader of %q", who, text)
			}
		}
		if len(recorded) != len(texts) {
			t.Errorf("Texts for %s: %v, want %q", who, recorded, texts)
		}
	}
	st := must[localdiscord.State](t)(w.as(ana).State(ctx(t)))
	if slices.ContainsFunc(st.Commands, func(c localdiscord.ApplicationCommand) bool { return c.Name == "inject" }) {
		t.Error("ana is offered the admins' command")
	}
	if _, ok := st.Channel("operations"); ok {
		t.Error("ana is shown #operations")
	}
	if !st.Online || st.Me.Name != "ana" {
		t.Errorf("state of ana: online %v, me %+v", st.Online, st.Me)
	}
}
