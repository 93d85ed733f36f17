package localdiscord_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestPage(t *testing.T) {
	parent := browser(t)
	for name, test := range map[string]func(*testing.T, *stub, func(hash string) *view){
		"gallery":    pageGallery,
		"markdown":   pageMarkdown,
		"slash":      pageSlash,
		"personas":   pagePersonas,
		"ephemeral":  pageEphemeral,
		"buttons":    pageButtons,
		"threads":    pageThreads,
		"connection": pageConnection,
		"tabs":       pageTabs,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStub(t)
			test(t, s, func(hash string) *view { return open(t, parent, s.URL+"/"+hash) })
		})
	}
}

func slashOf(person, name string) object {
	id := map[string]string{"ana": stubAna, "gamemaster": stubAdmin}[person]
	return object{"id": "900001", "name": name, "user": object{"id": id, "username": person}}
}

func buttons(list ...object) []object {
	for _, b := range list {
		b["type"] = 2
	}
	return []object{{"type": 1, "components": list}}
}

// pageGallery shows one of everything; with CHAOTIC_SCREENSHOTS it is how a
// person judges the looks. The assertions are that it all is there.
func pageGallery(t *testing.T, s *stub, page func(string) *view) {
	v := page("#as=gamemaster")
	v.shows("[data-testid=hint]", "Begin your first round")
	v.snap("first-run")
	s.say(stubOps, stubBot, "*Preflight for R7, stage classic, us-east-1*\naccount on the allow-list · rights ok · quotas ok · @ana's DMs are open\n**$0.31** an hour, at most **$1.24** until R7 expires <t:1795542900:t>.", object{"interaction_metadata": slashOf("gamemaster", "provision"), "ephemeral_for": stubAdmin, "flags": 64,
		"components": buttons(object{"style": 3, "label": "Provision", "custom_id": "go"}, object{"style": 2, "label": "Cancel", "custom_id": "no"})})
	s.say(stubOps, stubBot, "**R7 is being built** · 38 of 61 · 4 min 10 s, about 6 min to go\n`network` done `database` creating `api` done `site` creating `monitoring` booting", object{"edited_timestamp": time.Now().Format(time.RFC3339)})
	alert := s.say(stubAlerts, stubBot, "<@"+stubAna+">", object{
		"mentions": []object{{"id": stubAna}},
		"embeds": []object{{
			"title": "🔴 ShopErrorRatioHigh", "color": 0xf2666b, "description": "Every order fails. It began " + fmt.Sprintf("<t:%d:R>.", time.Now().Add(-10*time.Second).Unix()),
			"fields": []object{{"name": "Severity", "value": "critical", "inline": true}, {"name": "Incident", "value": "INC-12", "inline": true}, {"name": "Round", "value": "R7", "inline": true}},
			"image":  object{"url": "/cdn/chart.svg"}, "footer": object{"text": "error ratio, last 15 min"}, "timestamp": time.Now().Format(time.RFC3339),
		}},
		"components": buttons(object{"style": 1, "label": "Acknowledge", "custom_id": "ack"}, object{"style": 2, "label": "Hint", "custom_id": "hint", "emoji": object{"name": "💡"}}, object{"style": 5, "label": "Graph", "url": "http://127.0.0.1/graph"}, object{"style": 4, "label": "Silence 15 min", "custom_id": "silence", "disabled": true}),
	})
	s.openThread(stubAlerts, alert["id"].(string), "Post-mortem INC-12 · a rule goes missing", 3)
	s.say(stubAlerts, stubBot, "**Hint 1 of 3**: which of the shop's two dependencies does a failing order wait for?", object{"interaction_metadata": slashOf("ana", "hint")})
	s.say(stubAlerts, stubAna, "looking at the database's group now, see <#"+stubTalk+">", nil)
	s.say(stubAlerts, stubAna, "new connections to the database *hang*, old ones still work", nil)
	s.say(stubDM, stubBot, "Your access to **R7** is ready. It works until <t:1795542900:t> or until the round ends, for you alone. Do not open this on a screen that is being streamed.", object{"components": buttons(object{"style": 1, "label": "Show once", "custom_id": "reveal"})})
	s.say(stubDM, stubBot, "Shell: paste this\n```sh\nexport AWS_ACCESS_KEY_ID=AKIA… AWS_DEFAULT_REGION=us-east-1   # yours alone\naws sts get-caller-identity --output json\n```\n-# This is shown once.", object{"ephemeral_for": stubAna, "flags": 64})
	thread := alert["id"].(string)
	s.say(thread, stubBot, "**Summary.** At <t:1795538463:T> the rule that lets the shop's tasks reach the database was removed.\n### Timeline\n`16:41:03` fault injected (unseen by the player)\n`16:41:34` **paged** ShopErrorRatioHigh\n`16:45:40` **fix**, probably: `ec2 authorize-security-group-ingress`\n> Restarting tasks: new tasks meet the same closed door.\n### Action items\n- [ ] alert on `Revoke…` events\n- [x] own the rule in one module", object{
		"attachments": []object{{"id": "1", "filename": "R7-INC-12.md", "size": 5321, "url": s.URL + "/cdn/R7-INC-12.md", "content_type": "text/markdown"}}})
	v.shows("[data-testid=message]", "38 of 61")
	v.snap("operations")
	v.click("[data-testid=channel-alerts]")
	v.shows("[data-testid=embed]", "ShopErrorRatioHigh")
	v.do(chromedp.EmulateViewport(1920, 1080))
	v.click("[data-testid=persona-both]")
	v.wait(`document.querySelector("[data-testid=dm-ana]")`)
	v.wait(`document.querySelector(".picture img")?.complete`)
	v.click("[data-testid=tab-graphs]")
	v.wait(`document.querySelector("[data-testid=panel-frame]")`)
	v.snap("alerts-1920")
	v.do(chromedp.EmulateViewport(1280, 720))
	v.snap("alerts-1280-panel")
	v.do(chromedp.EmulateViewport(900, 720))
	v.snap("alerts-900-panel")
	v.click("[data-testid=panel-close]")
	v.wait(`document.querySelector("[data-testid=panel]").hidden`)
	v.snap("alerts-900")
	v.do(chromedp.EmulateViewport(780, 720))
	v.wait(`(t => t.innerText === "alerts" && t.scrollWidth <= t.clientWidth)(document.querySelector("[data-testid=title] span"))`)
	v.snap("alerts-780")
	v.do(chromedp.EmulateViewport(1280, 720))
	v.snap("alerts")
	v.click("[data-testid=dm-ana]")
	v.shows("figcaption", "sh")
	v.snap("dm")
	v.click("[data-testid=thread-" + thread + "]")
	v.shows("[data-testid=message]", "Timeline")
	v.click("[data-testid=preview]")
	v.shows(".file-preview", "A rule went missing")
	v.snap("thread")
	v.click("[data-testid=channel-operations]")
	v.shows("[data-testid=title]", "operations") // the way there empties the composer
	v.compose("/")
	v.shows("[data-testid=completion]", "/inject")
	v.snap("completion")
	v.compose("/inject scenario:")
	v.shows("[data-testid=completion]", "A rule goes missing")
	v.wait(`[...document.querySelectorAll(".option-label.alone")].every(l => l.scrollWidth <= l.clientWidth) && document.querySelector(".option-label.alone")`)
	v.snap("autocomplete")
	v.compose("/inject scenario:security-group reason:the quiet ones are the best " + kb.Escape)
	v.snap("typed")
	v.click("[data-testid=persona-ana]")
	v.wait(`!document.querySelector("[data-testid=channel-operations]") && !document.querySelector("textarea").disabled`)
	v.compose("/")
	v.shows("[data-testid=completion]", "admins only")
	v.snap("player")
}

func pageConnection(t *testing.T, s *stub, page func(string) *view) {
	v := page("#as=ana")
	v.shows("[data-testid=bot-status]", "bot online")
	s.tell("online", false)
	v.shows("#banner", "The bot is offline")
	s.tell("online", true)
	v.wait(`document.querySelector("#banner").hidden`)
	// A broken stream comes back, and brings what was missed.
	s.CloseClientConnections()
	s.mu.Lock()
	s.messages[stubAlerts] = append(s.messages[stubAlerts], object{"id": "1280000000000000001", "channel_id": stubAlerts, "author": object{"id": stubBot}, "content": "said in between", "timestamp": time.Now().Format(time.RFC3339)})
	s.mu.Unlock()
	v.shows("[data-testid=content]", "said in between")
	v.shows("[data-testid=bot-status]", "bot online")
	// One that does not come back has ended, and the page says so after some tries.
	_ = s.Listener.Close() // the test's end closes it again
	s.CloseClientConnections()
	v.shows("#banner", "The connection to the rehearsal is lost. Trying again …")
	v.shows("#banner", "The rehearsal has ended.")
}

func pageTabs(t *testing.T, s *stub, page func(string) *view) {
	v := page("#as=ana&c=" + stubTalk + "&tab=logs")
	v.wait(`document.querySelector("[data-testid=panel-frame]")?.contentDocument?.querySelector("#tab")?.textContent === "logs"`)
	v.shows("[data-testid=title]", "general")
	v.click("[data-testid=tab-graphs]")
	v.wait(`document.querySelector("[data-testid=panel-frame]")?.contentDocument?.querySelector("#tab")?.textContent === "graphs"`)
	v.do(chromedp.Reload())
	v.wait(`document.querySelector("[data-testid=panel-frame]")?.src.endsWith("/tabs/graphs/") && document.querySelector("[data-testid=persona-ana]").ariaChecked === "true"`)
	v.shows("[data-testid=title]", "general")
	v.click("[data-testid=tab-graphs]")
	v.wait(`document.querySelector("[data-testid=panel]").hidden`)
}

func pagePersonas(t *testing.T, s *stub, page func(string) *view) {
	s.say(stubOps, stubBot, "for admins", nil)
	s.say(stubDM, stubBot, "for ana", nil)
	v := page("")
	v.wait(`document.querySelector("[data-testid=persona-gamemaster]").ariaChecked === "true"`)
	v.shows("[data-testid=content]", "for admins")
	v.click("[data-testid=persona-viewer]")
	v.wait(`document.querySelectorAll("#channels a").length === 2`)
	v.click("[data-testid=persona-both]")
	v.wait(`document.querySelector("[data-testid=channel-operations]") && document.querySelector("[data-testid=dm-ana]")`)
	v.click("[data-testid=channel-alerts]")
	v.wait(`document.querySelector("[data-testid=composer-as]").value === "` + stubAna + `"`)
	v.click("[data-testid=channel-operations]")
	v.shows("[data-testid=content]", "for admins")
	v.compose("/destroy" + kb.Enter)
	v.waitPosted(s, "commands", 1)
	if c := s.posted("commands")[0]; c.Body.As != stubAdmin || c.Body.Name != "destroy" || c.Body.ChannelID != stubOps {
		t.Errorf("posted %+v, want /destroy in #operations as the admin", c)
	}
	v.click("[data-testid=dm-ana]")
	v.shows("[data-testid=content]", "for ana")
	v.compose("hello <b>bot</b> @ana" + kb.Escape + kb.Enter)
	v.waitPosted(s, "messages", 1)
	if c := s.posted("messages")[0]; c.Body.As != stubAna || c.Body.Content != "hello <b>bot</b> <@"+stubAna+">" {
		t.Errorf("posted %+v, want the message as ana, with her mention", c)
	}
	v.shows("[data-testid=content]", "hello <b>bot</b> @ana")
	// What arrives elsewhere leaves a dot there, and a number for a mention.
	s.say(stubTalk, stubBot, "news for <@"+stubAna+">", nil)
	v.wait(`document.querySelector("[data-testid=channel-general]").dataset.unread === "true"`)
	v.shows("[data-testid=channel-general] [data-testid=mentions]", "1")
	v.click("[data-testid=channel-general]")
	v.wait(`!document.querySelector("[data-testid=channel-general]").dataset.unread`)
}

func pageEphemeral(t *testing.T, s *stub, page func(string) *view) {
	thinking := make(chan object, 1)
	s.answer = func(c call) (int, object) {
		switch c.Body.Name {
		case "hint":
			thinking <- s.say(c.Body.ChannelID, stubBot, "", object{"loading": true, "ephemeral_for": c.Body.As, "flags": 192, "interaction_metadata": slashOf("ana", "hint")})
			return http.StatusOK, object{"interaction_id": "900001"}
		case "ack":
			id := "interaction-that-fails"
			go s.tell("interaction", object{"id": id, "state": "failed", "reason": "The application did not respond"})
			return http.StatusOK, object{"interaction_id": id}
		case "scoreboard":
			return http.StatusBadRequest, object{"error": "There is no open round."}
		}
		return http.StatusOK, object{}
	}
	v := page("#as=ana&c=" + stubAlerts)
	v.compose("/hint" + kb.Enter)
	v.shows("[data-testid=thinking]", "is thinking")
	s.change(<-thinking, object{"loading": false, "content": "Hint 1 of 3"})
	v.shows("[data-testid=message]", "Hint 1 of 3")
	v.shows("[data-testid=used]", "ana used /hint")
	v.shows("[data-testid=message]", "Only you can see this")
	v.click("[data-testid=dismiss]")
	v.wait(`!document.querySelector("[data-testid=message]")`)

	v.compose("/ack" + kb.Enter)
	v.shows("[data-testid=failed]", "The application did not respond")
	v.click("[data-testid=dismiss]")
	v.wait(`!document.querySelector("[data-testid=failed]")`)

	v.compose("/scoreboard" + kb.Enter)
	v.shows("[data-testid=composer-error]", "There is no open round.")
	v.wait(`document.querySelector("[data-testid=composer]").value === "/scoreboard"`)

	s.say(stubAlerts, stubBot, "for the admin's eyes", object{"ephemeral_for": stubAdmin})
	s.say(stubAlerts, stubBot, "for all", nil)
	v.shows("[data-testid=content]", "for all")
	if v.text("#list"); v.eval(`document.body.innerText.includes("admin's eyes")`) == "true" {
		t.Error("ana sees the admin's ephemeral message")
	}
}

func pageButtons(t *testing.T, s *stub, page func(string) *view) {
	m := s.say(stubAlerts, stubBot, "paged", object{"components": buttons(
		object{"style": 1, "label": "Acknowledge", "custom_id": "ack:12"}, object{"style": 4, "label": "Gone", "custom_id": "gone", "disabled": true}, object{"style": 5, "label": "Runbook", "url": "javascript:alert(1)"})})
	v := page("#as=both&c=" + stubAlerts)
	v.wait(`document.querySelector("[data-custom-id=gone]").disabled && !document.querySelector("[data-label=Runbook]").hasAttribute("href")`)
	v.click("[data-custom-id='ack:12']")
	v.wait(`document.querySelector("[data-custom-id='ack:12']").ariaBusy === "true"`)
	v.waitPosted(s, "components", 1)
	if c := s.posted("components")[0]; c.Body.As != stubAna || c.Body.MessageID != m["id"] || c.Body.CustomID != "ack:12" {
		t.Errorf("posted %+v, want the button as ana", c)
	}
	s.tell("interaction", object{"id": "90001", "state": "failed", "reason": "The application did not respond"})
	v.shows("[data-testid=message] [data-testid=failed]", "The application did not respond")
	v.wait(`!document.querySelector("[data-custom-id='ack:12']").disabled`)
	v.click("[data-custom-id='ack:12']")
	v.waitPosted(s, "components", 2)
	s.tell("interaction", object{"id": "90002", "state": "acknowledged"})
	v.wait(`!document.querySelector("[data-testid=failed]") && !document.querySelector("[data-custom-id='ack:12']").disabled`)
	s.change(m, object{"content": "acknowledged by ana", "components": []object{}, "edited_timestamp": time.Now().Format(time.RFC3339)})
	v.shows("[data-testid=content]", "acknowledged by ana edited")
	v.wait(`!document.querySelector("[data-testid=button]")`)
}

func pageThreads(t *testing.T, s *stub, page func(string) *view) {
	m := s.say(stubAlerts, stubBot, "INC-12 began", nil)
	id := m["id"].(string)
	v := page("#as=ana&c=" + stubAlerts)
	v.shows("[data-testid=content]", "INC-12 began")
	s.openThread(stubAlerts, id, "Post-mortem INC-12", 2)
	s.say(id, stubBot, "What happened", object{"attachments": []object{{"id": "1", "filename": "R7.md", "size": 300, "url": s.URL + "/cdn/R7.md"}}})
	v.shows("[data-testid=thread-card]", "Post-mortem INC-12")
	v.wait(`document.querySelector("[data-testid='thread-` + id + `']").dataset.unread === "true"`)
	v.click("[data-testid=thread-card]")
	v.shows("[data-testid=title]", "Post-mortem INC-12")
	v.shows(".opening [data-testid=content]", "INC-12 began")
	// A long thread opens at its beginning, and follows its end once one is there.
	for range 12 {
		s.say(id, stubBot, "and then\n\n\n\nmore", nil)
	}
	v.click("[data-testid=channel-general]")
	v.shows("[data-testid=title]", "general")
	s.say(id, stubBot, "the last word", nil)
	v.click("[data-testid='thread-" + id + "']")
	v.wait(`document.querySelector(".divider.new")`)
	v.shows("[data-testid=content]", "the last word")
	v.do(chromedp.Evaluate[chromedp.Void](`{ const l = document.querySelector("#list"); l.scrollTop = 0; l.dispatchEvent(new Event("scroll")); }`))
	s.say(id, stubBot, "even later", nil)
	v.wait(`!document.querySelector("[data-testid=jump]").hidden`)
	v.click("[data-testid=jump]")
	v.wait(`document.querySelector("[data-testid=jump]").hidden`)
	s.say(id, stubBot, "at the end", nil)
	v.wait(`(l => l.scrollHeight - l.scrollTop - l.clientHeight < 5 && l.innerText.includes("at the end"))(document.querySelector("#list"))`)
	v.click("[data-testid=preview]")
	v.shows(".file-preview h3", "Post-mortem INC-12")
	v.wait(`window.pwned === undefined && !document.querySelector(".file-preview script")`)
	v.compose("what did we learn?" + kb.Enter)
	v.waitPosted(s, "messages", 1)
	if c := s.posted("messages")[0]; c.Body.ChannelID != id {
		t.Errorf("posted into %s, want the thread %s", c.Body.ChannelID, id)
	}
	v.click("[data-testid=crumb]")
	v.shows("[data-testid=title]", "alerts")

	// Names that begin alike are told apart in the list: they have a second line.
	name := "Post-mortem INC-12 · the inventory box goes silent"
	other := s.say(stubAlerts, stubBot, "INC-13 began", nil)["id"].(string)
	s.openThread(stubAlerts, other, name, 2)
	entry := `document.querySelector("[data-testid='thread-` + other + `'] .entry-name")`
	v.wait(entry)
	if v.eval(entry+".scrollWidth > "+entry+".clientWidth || "+entry+".scrollHeight > "+entry+".clientHeight + 1") == "true" {
		t.Errorf("the list cuts %q to %s", name, v.eval(entry+".clientWidth+'x'+"+entry+".clientHeight"))
	}
	v.snap("long-names")
}

// waitPosted waits until the page has posted n times to a path.
func (v *view) waitPosted(s *stub, path string, n int) {
	v.t.Helper()
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		if len(s.posted(path)) >= n {
			tick.Stop()
			return
		}
		select {
		case <-tick.C:
		case <-time.After(10 * time.Second):
			v.t.Fatalf("nothing was posted to /local/%s", path)
		case <-v.ctx.Done():
			v.t.Fatalf("wait for %s: %v", path, v.ctx.Err())
		}
	}
}
