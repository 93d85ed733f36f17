package localdiscord_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// pageMarkdown renders in the real page: what a person would see, and what a
// text that wants to be more than text may not become.
func pageMarkdown(t *testing.T, s *stub, page func(string) *view) {
	v := page("#as=ana&c=" + stubTalk)
	v.eval(`import("/js/markdown.js").then(m => { window.md = (text) => { const d = document.createElement("div"); d.append(m.markdown(text, {user: id => id === "42" ? {label: "ana"} : undefined, channel: id => ({label: "alerts"})})); return d.innerHTML; }; })`)
	v.wait(`window.md`)
	strip := strings.NewReplacer(`<div class="md-p">`, "", `</div>`, "", ` target="_blank" rel="noopener noreferrer"`, "")
	for _, c := range []struct{ text, want string }{
		{"**bold** *it* _it_ __under__ ~~gone~~", "<strong>bold</strong> <em>it</em> <em>it</em> <u>under</u> <s>gone</s>"},
		{"***both*** **a *b* c**", "<strong><em>both</em></strong> <strong>a <em>b</em> c</strong>"},
		{"snake_case_stays 2 * 3 * 4", "snake_case_stays 2 * 3 * 4"},
		{`\*not\* \_this\_`, "*not* _this_"},
		{"a `**raw** <b>` b", "a <code>**raw** &lt;b&gt;</code> b"},
		{"one\ntwo", "one<br>two"},
		{"## Head\ntext", `<h4 class="md-h2">Head</h4>text`},
		{"> said\n> more\nplain", `<blockquote>said<br>more</blockquote>plain`},
		{"- a\n- b\n  - c", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"},
		{"3. a\n4. b", `<ol start="3"><li>a</li><li>b</li></ol>`},
		{"[name](https://example.org/x)", `<a href="https://example.org/x" title="https://example.org/x">name</a>`},
		{"see https://example.org/a_b_c.", `see <a href="https://example.org/a_b_c" title="https://example.org/a_b_c">https://example.org/a_b_c</a>.`},
		{"<@42> <@43> <#7>", `<span class="pill">@ana</span> <span class="pill unknown" title="&lt;@43&gt;">@unknown</span> <span class="pill">#alerts</span>`},
		{"</inject:99>", `<span class="pill">/inject</span>`},
	} {
		got := strip.Replace(v.eval("window.md(" + quote(c.text) + ")"))
		if got != c.want {
			t.Errorf("%q reads\n%s, want\n%s", c.text, got, c.want)
		}
	}
	code := v.eval("window.md(" + quote("before\n```sh\nexport A='1' # yes\n<script>\n```\nafter") + ")")
	for _, want := range []string{"before", "<span>sh</span>", `<span class="t-k">export</span>`, "&lt;script&gt;", "after"} {
		if !strings.Contains(code, want) {
			t.Errorf("the code block lacks %s: %s", want, code)
		}
	}
	if stamp := v.eval("window.md('<t:1795542900:R>')"); !strings.Contains(stamp, `datetime="2026-11-24T`) || !strings.Contains(stamp, "data-relative") {
		t.Errorf("a relative timestamp reads %s", stamp)
	}

	hostile := []string{
		`<img src=x onerror="window.pwned=1">`, `<script>window.pwned=1</script>`, `[x](javascript:window.pwned=1)`, `[x](data:text/html,<script>1</script>)`,
		"```\"><img src=x onerror=window.pwned=1>\n```", "```x\" onload=\"window.pwned=1\ncode```", `<https://a" onmouseover="window.pwned=1>`, `https://a/"onmouseover="window.pwned=1`,
		`||<svg onload=window.pwned=1>||`, `[**<b onclick=1>**](https://a 'x" onclick="window.pwned=1')`, `[a](https://a "t\" onclick=\"window.pwned=1")`, `<t:99999999999999:R><t:9999999999999:F>`, `<@42" onclick="x">`, `</a" onclick="x:1>`,
	}
	for _, text := range hostile {
		v.eval(`document.querySelector("#title").append((() => { const d = document.createElement("div"); d.className = "probe"; d.innerHTML = window.md(` + quote(text) + `); return d; })())`)
	}
	bad := v.eval(`[...document.querySelectorAll(".probe *")].filter(n => /^(SCRIPT|IMG|SVG|IFRAME|OBJECT|STYLE|LINK|META|FORM)$/i.test(n.tagName) || [...n.attributes].some(a => a.name.startsWith("on")) || (n.href && !/^https?:/.test(n.href))).map(n => n.outerHTML).join("\n")`)
	if bad != "" || v.eval("window.pwned") != "undefined" {
		t.Errorf("text became markup: %s", bad)
	}
	// Nothing that a person may send keeps the page busy.
	for _, text := range []string{strings.Repeat("*", 2000), strings.Repeat("**a ", 500), strings.Repeat("_a ", 700), strings.Repeat("> ", 1000), strings.Repeat("[", 2000), strings.Repeat("||a", 600), strings.Repeat("- a\n  ", 300), strings.Repeat("```", 600), strings.Repeat("*a **b ", 280)} {
		if took := v.eval(`(() => { const t = performance.now(); window.md(` + quote(text) + `); return Math.round(performance.now() - t); })()`); len(took) > 3 {
			t.Errorf("%.20q... takes %s ms", text, took)
		}
	}

	s.say(stubTalk, stubBot, "who: ||the *database*||", nil)
	v.shows("[data-testid=content]", "who:")
	v.wait(`getComputedStyle(document.querySelector("[data-testid=content] .spoiler > span")).visibility === "hidden"`)
	v.click("[data-testid=content] .spoiler")
	v.wait(`getComputedStyle(document.querySelector("[data-testid=content] .spoiler > span")).visibility === "visible"`)
}

func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}

// pageSlash drives the composer by keyboard alone.
func pageSlash(t *testing.T, s *stub, page func(string) *view) {
	v := page("#as=gamemaster&c=" + stubOps)
	composer := `document.querySelector("[data-testid=composer]").value`
	last := func(n int) call {
		t.Helper()
		v.waitPosted(s, "commands", n)
		return s.posted("commands")[n-1]
	}

	v.compose("/")
	v.shows("[data-testid=completion]", "Break one thing in the open round")
	v.keys(kb.Escape)
	v.wait(`document.querySelector("[data-testid=completion]").hidden`)

	// Choosing: name, then the required option, whose values the bot suggests.
	v.compose("/in" + kb.Tab)
	v.wait(composer + ` === "/inject scenario:"`)
	v.wait(`document.querySelectorAll("[data-testid=completion-item]").length === 3`)
	v.wait(`document.querySelector("[data-option=scenario]").dataset.state === "wanted"`)
	v.keys(kb.ArrowDown + kb.ArrowDown + kb.ArrowUp + kb.Enter)
	v.wait(composer + ` === "/inject scenario:database-overload "`)
	v.wait(`document.querySelector("[data-option=scenario]").dataset.state === "filled"`)
	v.keys(kb.Enter)
	if c := last(1); c.Body.Name != "inject" || c.option("scenario") != "database-overload" || len(c.Body.Options) != 1 {
		t.Errorf("posted %+v, want /inject scenario:database-overload", c)
	}
	v.wait(composer + ` === ""`)

	// Typed in full, with an option that has blanks and a colon.
	v.compose("/inject scenario:security-group reason:it is 10:30, time to break" + kb.Enter)
	if c := last(2); c.option("scenario") != "security-group" || c.option("reason") != "it is 10:30, time to break" {
		t.Errorf("posted %+v, want both options as typed", c)
	}

	// A person, by completion; the bot gets the id, numbers are numbers.
	v.compose("/provision " + kb.Tab + "an")
	v.wait(`document.querySelectorAll("[data-testid=completion-item]").length === 1`)
	v.keys(kb.Enter + "hours:2" + kb.Enter)
	if c := last(3); c.option("player") != stubAna || c.option("hours") != 2.0 {
		t.Errorf("posted %+v, want ana's id and 2 hours", c)
	}

	// What is missing or wrong is said, and nothing is sent.
	for text, want := range map[string]string{
		"/note " + kb.Escape:                         "text is missing: What you found",
		"/nothing":                                   "There is no command /nothing",
		"/provision player:@bob " + kb.Escape:        "Nobody here is called @bob",
		"/provision player:@ana hours:x" + kb.Escape: "hours needs a number",
		"/scoreboard of:nobody" + kb.Escape:          "of cannot be",
		"/hint scenario:security-group" + kb.Escape:  "has no option",
	} {
		v.compose(text + kb.Enter)
		v.shows("[data-testid=composer-error]", want)
	}
	if n := len(s.posted("commands")); n != 3 {
		t.Errorf("%d commands were sent, want 3", n)
	}

	// The name of a choice is as good as its value, and no option name is needed.
	v.compose("/scoreboard All rounds" + kb.Escape + kb.Enter)
	if c := last(4); c.option("of") != "all" {
		t.Errorf("posted %+v, want of:all", c)
	}
	v.wait(composer + ` === ""`)
	v.keys(kb.ArrowUp + kb.ArrowUp)
	v.wait(composer + ` === "/provision player:@ana hours:2"`)
	v.keys(kb.ArrowDown + kb.ArrowDown)
	v.wait(composer + ` === ""`)

	// Not this person's to run: dimmed, and sent all the same.
	v.click("[data-testid=persona-ana]")
	v.wait(`!document.querySelector("[data-testid=channel-operations]") && !document.querySelector("[data-testid=composer]").disabled`)
	v.compose("/des")
	v.wait(`document.querySelector("[data-testid=completion-item].dim[data-value=destroy]")`)
	v.keys("troy" + kb.Enter)
	if c := last(5); c.Body.Name != "destroy" || c.Body.As != stubAna {
		t.Errorf("posted %+v, want /destroy as ana", c)
	}
}
