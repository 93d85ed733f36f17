package localdiscord_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
)

func TestDirectMessageReachesOnePersonUntilDMsAreClosed(t *testing.T) {
	t.Parallel()
	w := start(t)
	dg := w.session(t, w.cfg.Token)
	dm := must[*discordgo.Channel](t)(dg.UserChannelCreate(ana))
	if again := must[*discordgo.Channel](t)(dg.UserChannelCreate(ana)); again.ID != dm.ID {
		t.Error("a second direct channel for the same person")
	}
	must[*discordgo.Message](t)(dg.ChannelMessageSend(dm.ID, "Your access to R7 is ready."))
	m := must[localdiscord.Message](t)(w.as(ana).WaitMessage(ctx(t), func(m localdiscord.Message) bool { return m.ChannelID == dm.ID }))
	if m.Content != "Your access to R7 is ready." {
		t.Errorf("ana reads %q", m.Content)
	}
	st := must[localdiscord.State](t)(w.as(viewer).State(ctx(t)))
	if _, sees := st.Channel(dm.ID); sees || len(st.Messages[dm.ID]) > 0 {
		t.Error("viewer sees ana's direct messages")
	}
	w.CloseDMs(ana, true)
	if _, err := dg.ChannelMessageSend(dm.ID, "again"); code(t, err) != discordgo.ErrCodeCannotSendMessagesToThisUser {
		t.Errorf("closed DMs: %v", err)
	}
	w.CloseDMs(ana, false)
	must[*discordgo.Message](t)(dg.ChannelMessageSend(dm.ID, "again"))
}

func TestThreadOnAMessageHasItsID(t *testing.T) {
	t.Parallel()
	w := start(t)
	dg := w.open(t)
	m := must[*discordgo.Message](t)(dg.ChannelMessageSend(alerts, "INC-12 is resolved."))
	th := must[*discordgo.Channel](t)(dg.MessageThreadStart(alerts, m.ID, "Post-mortem INC-12", 1440))
	if th.ID != m.ID || th.ParentID != alerts {
		t.Errorf("thread %s under %s, want %s under %s", th.ID, th.ParentID, m.ID, alerts)
	}
	if _, err := dg.MessageThreadStart(alerts, m.ID, "Another", 1440); code(t, err) != 160004 {
		t.Errorf("second thread: %v", err)
	}
	sent := must[*discordgo.Message](t)(dg.ChannelMessageSendComplex(th.ID, &discordgo.MessageSend{
		Files: []*discordgo.File{{Name: "inc-12.md", Reader: strings.NewReader("# What happened")}}}))
	res := must[*http.Response](t)(http.Get(sent.Attachments[0].URL))
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); string(b) != "# What happened" || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/") {
		t.Errorf("attachment: %q as %s", b, res.Header.Get("Content-Type"))
	}
	http.DefaultClient.CloseIdleConnections()
	wrong := must[*discordgo.Message](t)(dg.ChannelMessageSend(th.ID, "wrong"))
	if err := dg.ChannelMessageDelete(th.ID, wrong.ID); err != nil {
		t.Fatal(err)
	}
	st := must[localdiscord.State](t)(w.as(viewer).State(ctx(t)))
	if ch, ok := st.Channel("Post-mortem INC-12"); !ok || ch.MessageCount != 1 || st.Messages[alerts][0].Thread.MessageCount != 1 {
		t.Errorf("viewer sees thread %+v, message %+v", ch, st.Messages[alerts][0])
	}
	alone := must[*discordgo.Channel](t)(dg.ThreadStart(alerts, "Round R7", discordgo.ChannelTypeGuildPublicThread, 60))
	if alone.ID == "" || alone.ParentID != alerts {
		t.Errorf("thread without a message: %+v", alone)
	}
}

func TestNonceReturnsTheEarlierMessage(t *testing.T) {
	t.Parallel()
	w := start(t)
	dg := w.session(t, w.cfg.Token)
	send := func() (string, error) {
		body, err := dg.RequestWithBucketID("POST", discordgo.EndpointChannelMessages(alerts),
			map[string]any{"content": "R7 is ready", "nonce": "seq-41", "enforce_nonce": true}, discordgo.EndpointChannelMessages(alerts))
		return string(body), err
	}
	w.LoseAnswers(1)
	if _, err := send(); err == nil {
		t.Fatal("the answer was not lost")
	}
	first := must[string](t)(send())
	if second := must[string](t)(send()); second != first {
		t.Errorf("second send gave %s, first %s", second, first)
	}
	if n := len(must[localdiscord.State](t)(w.as(ana).State(ctx(t))).Messages[alerts]); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

func TestEditsDeletesAndLists(t *testing.T) {
	t.Parallel()
	w := start(t)
	dg := w.session(t, w.cfg.Token)
	first := must[*discordgo.Message](t)(dg.ChannelMessageSend(alerts, "38 of 61"))
	edited := must[*discordgo.Message](t)(dg.ChannelMessageEdit(alerts, first.ID, "61 of 61"))
	if edited.Content != "61 of 61" || edited.EditedTimestamp == nil {
		t.Errorf("edited: %+v", edited)
	}
	said := must[localdiscord.Message](t)(w.as(ana).Say(ctx(t), "alerts", "on it"))
	if _, err := dg.ChannelMessageEdit(alerts, said.ID, "no"); code(t, err) != 50005 {
		t.Errorf("edit of ana's message: %v", err)
	}
	list := must[[]*discordgo.Message](t)(dg.ChannelMessages(alerts, 100, "", "", ""))
	if len(list) != 2 || list[0].ID != said.ID {
		t.Errorf("list: %v, want the newest first", list)
	}
	if list := must[[]*discordgo.Message](t)(dg.ChannelMessages(alerts, 1, "", first.ID, "")); len(list) != 1 || list[0].ID != said.ID {
		t.Errorf("list after the first: %v", list)
	}
	if err := dg.ChannelMessageDelete(alerts, first.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := dg.ChannelMessage(alerts, first.ID); code(t, err) != discordgo.ErrCodeUnknownMessage {
		t.Errorf("deleted message: %v", err)
	}
	texts := ""
	for _, x := range w.Texts() {
		texts += x.Text
	}
	if !strings.Contains(texts, "38 of 61") {
		t.Error("Texts forgot what a message said before its edit")
	}
}

func TestLimitsAreDiscords(t *testing.T) {
	t.Parallel()
	w := start(t)
	dg := w.session(t, w.cfg.Token)
	long := func(n int) string { return strings.Repeat("ä", n) }
	button := func(id string) discordgo.MessageComponent { return discordgo.Button{Label: "x", CustomID: id} }
	row := func(n int) discordgo.MessageComponent {
		r := discordgo.ActionsRow{}
		for i := range n {
			r.Components = append(r.Components, button(string(rune('a'+i))))
		}
		return r
	}
	embeds := func(e ...*discordgo.MessageEmbed) *discordgo.MessageSend { return &discordgo.MessageSend{Embeds: e} }
	for name, c := range map[string]struct {
		m    *discordgo.MessageSend
		want int // Discord's error code; 0: accepted
		body string
	}{
		"2000 characters":   {&discordgo.MessageSend{Content: long(2000)}, 0, ""},
		"2001 characters":   {&discordgo.MessageSend{Content: long(2001)}, 50035, `"content":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"Must be 2000 or fewer in length."}]}`},
		"nothing":           {&discordgo.MessageSend{Content: " \n"}, 50006, ""},
		"empty embed":       {embeds(&discordgo.MessageEmbed{}), 50006, ""},
		"embed title":       {embeds(&discordgo.MessageEmbed{Title: long(257)}), 50035, `"embeds":{"0":{"title":`},
		"field without":     {embeds(&discordgo.MessageEmbed{Fields: []*discordgo.MessageEmbedField{{Name: "x"}}}), 50035, `"value":{"_errors":[{"code":"BASE_TYPE_REQUIRED"`},
		"embeds of 6000":    {embeds(&discordgo.MessageEmbed{Description: long(4000)}, &discordgo.MessageEmbed{Description: long(2000)}), 0, ""},
		"embeds of 6001":    {embeds(&discordgo.MessageEmbed{Description: long(4000)}, &discordgo.MessageEmbed{Description: long(2001)}), 50035, "MAX_EMBED_SIZE_EXCEEDED"},
		"five buttons":      {&discordgo.MessageSend{Components: []discordgo.MessageComponent{row(5)}}, 0, ""},
		"six buttons":       {&discordgo.MessageSend{Components: []discordgo.MessageComponent{row(6)}}, 50035, "BASE_TYPE_BAD_LENGTH"},
		"same button twice": {&discordgo.MessageSend{Components: []discordgo.MessageComponent{row(1), row(1)}}, 50035, "COMPONENT_CUSTOM_ID_DUPLICATED"},
		"six rows": {&discordgo.MessageSend{Components: []discordgo.MessageComponent{
			row(0), row(0), row(0), row(0), row(0), row(0)}}, 50035, `"components":{`},
		"custom id of 101": {&discordgo.MessageSend{Components: []discordgo.MessageComponent{
			discordgo.ActionsRow{Components: []discordgo.MessageComponent{button(long(101))}}}}, 50035, "custom_id"},
	} {
		t.Run(name, func(t *testing.T) {
			var marks []discordgo.RequestOption
			if c.want != 0 {
				marks = append(marks, wrong)
			}
			_, err := dg.ChannelMessageSendComplex(alerts, c.m, marks...)
			switch {
			case c.want == 0 && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != 0 && err == nil:
				t.Error("accepted")
			case c.want != 0 && (code(t, err) != c.want || !strings.Contains(string(err.(*discordgo.RESTError).ResponseBody), c.body)):
				t.Errorf("got %v, want code %d with %s", err, c.want, c.body)
			}
		})
	}
	m := must[*discordgo.Message](t)(dg.ChannelMessageSend(alerts, "x"))
	if _, err := dg.MessageThreadStart(alerts, m.ID, long(101), 60, wrong); code(t, err) != 50035 {
		t.Errorf("thread name of 101: %v", err)
	}
	if _, err := dg.MessageThreadStart(alerts, m.ID, "x", 77, wrong); code(t, err) != 50035 {
		t.Errorf("archive after 77 minutes: %v", err)
	}
	if _, err := dg.ChannelMessageSend("42", "x"); code(t, err) != discordgo.ErrCodeUnknownChannel {
		t.Errorf("unknown channel: %v", err)
	}
}
