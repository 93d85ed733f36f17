package panels

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tab is one page in a headless Chromium.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func open(t *testing.T, h http.Handler) tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
			t.Fatal("chromium is required and not installed")
		}
		t.Skip("chromium is not installed")
	}
	mux := http.NewServeMux()
	mux.Handle("/tabs/x/", http.StripPrefix("/tabs/x", h))
	server := httptest.NewServer(mux)
	flags := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck}
	for _, name := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync"} {
		flags = append(flags, chromedp.Flag(name, true))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	alloc, stop := chromedp.NewExecAllocator(ctx, flags...)
	page, _ := chromedp.NewContext(alloc)
	v := tab{t, page}
	t.Cleanup(func() {
		chromedp.Cancel(page)
		stop()
		cancel()
		server.CloseClientConnections()
		server.Close()
	})
	v.do(chromedp.EmulateViewport(620, 900), chromedp.Navigate(server.URL+"/tabs/x/"))
	v.wait(`document.documentElement.dataset.ready`)
	return v
}

func (v tab) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, steps...); err != nil {
		v.t.Fatal(err)
	}
}

func (v tab) wait(condition string) {
	v.t.Helper()
	if _, err := chromedp.Run(v.ctx, chromedp.Poll[bool]("Boolean("+condition+")", chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(15*time.Second))); err != nil {
		text, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		v.snap("failed")
		v.t.Fatalf("wait for %s: %v\n%s", condition, err, text)
	}
}

// snap keeps a picture in the folder that CHAOTIC_SCREENSHOTS names.
func (v tab) snap(name string) {
	dir := os.Getenv("CHAOTIC_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, v.t.Name()+"-"+name+".png"), picture, 0o600)
	}
	if err != nil {
		v.t.Logf("screenshot: %v", err)
	}
}

func TestGraphsInABrowser(t *testing.T) {
	v := open(t, Graphs(someGraphs))
	order := `document.querySelector('[data-title="Failed requests"] path[data-name=order]')`
	v.wait(order)
	// A hole in the data is a hole in the line: two strokes and one more after the NaN.
	v.wait(order + `.getAttribute("d").split("M").length === 3`)
	v.wait(`document.querySelector('[data-title="Failed requests"]').classList.contains("over")`)
	v.wait(`document.querySelector('[data-title="Failed requests"] [data-testid=threshold]')`)
	v.wait(`document.querySelector('[data-title="Broken"] [data-testid=error]').innerText.includes("parse error")`)
	v.wait(`document.querySelector('[data-title="Database"]').textContent.includes("No data")`)
	v.wait(`[...document.querySelectorAll('[data-title="Failed requests"] .legend b')].every(b => b.innerText.includes("%"))`)
	v.snap("graphs")

	// What is bad below its line: the red zone lies there, and a card is red when a line is in it.
	v.wait(`document.querySelector('[data-title="None reach"]').classList.contains("over")`)
	v.wait(`!document.querySelector('[data-title="All reach"]').classList.contains("over")`)
	for title, below := range map[string]string{"All reach": "true", "Failed requests": "false"} {
		v.wait(`document.querySelector('[data-title="` + title + `"] [data-testid=beyond]').getAttribute("y") === document.querySelector('[data-title="` + title + `"] [data-testid=threshold]').getAttribute("y1") === ` + below)
	}

	// Of many lines the highest is named first, and those that never rose together. Nothing is out of sight.
	many := `document.querySelector('[data-title="Failed by route"] .legend')`
	v.wait(`[...` + many + `.children].map(c => c.firstChild.nextSibling?.data || c.innerText).join() === "g timeout,h timeout,d error,i timeout,5 lines, 0 all the time"`)
	v.wait(many + `.scrollHeight <= ` + many + `.clientHeight`)

	// The read-out is shared by all graphs.
	box, err := chromedp.Run(v.ctx, chromedp.Dimensions(chromedp.CSS(`[data-title="Arrivals"] .chart`)))
	if err != nil {
		t.Fatal(err)
	}
	v.do(chromedp.MouseEvent(chromedp.MouseMoved, box.Content[0]+300, box.Content[1]+60))
	v.wait(`/^\d\d:\d\d:\d\d$/.test(document.querySelector('[data-title="Failed requests"] [data-testid=when]')?.innerText)`)
	v.snap("hover")

	v.do(chromedp.Click(chromedp.CSS("[data-testid=span-60]")))
	v.wait(`document.querySelector("[data-testid=span-60]").ariaPressed === "true"`)
	v.do(chromedp.SendKeys(chromedp.CSS("[data-testid=expr]"), "up{"+kb.Enter))
	v.wait(`document.querySelector('[data-title="up{"] [data-testid=error]')?.innerText.includes("parse error")`)
	v.do(chromedp.Click(chromedp.CSS(`[data-title="up{"] .close`)))
	v.wait(`!document.querySelector('[data-title="up{"]') && document.querySelector("[data-testid=expr]").value === ""`)
	v.do(chromedp.SendKeys(chromedp.CSS("[data-testid=expr]"), "sum(up)"+kb.Enter))
	v.wait(`document.querySelectorAll('[data-title="sum(up)"] path').length === 2`)
	v.do(chromedp.EmulateViewport(1100, 800), chromedp.Reload())
	v.wait(`document.querySelector('[data-title="sum(up)"]')`) // stays after a reload
	v.snap("query")
}

func TestLogsInABrowser(t *testing.T) {
	var l Log
	l.Add(Line{Source: "api-1", Text: `{"time":"2026-11-23T16:41:02.113Z","level":"INFO","msg":"request","service":"shop","task":"api-1","request_id":"c1f0","route":"order","code":201,"duration_ms":41}`})
	l.Add(Line{Source: "api-0", At: time.Now().Add(-2 * recent), Text: "stopped"})
	l.Add(Line{Source: "database", At: time.Now().Add(-2 * recent), Text: `2026-11-23 16:41:03 UTC [12] LOG:  checkpoint starting: time`})
	v := open(t, Logs(&l))
	v.wait(`document.querySelectorAll("[data-testid=line]").length === 3`)
	for i := range 30 {
		l.Add(Line{Source: "visitors", Text: fmt.Sprintf(`{"level":"INFO","msg":"report","arrivals":%d,"ok":%d}`, 30*i, 29*i)})
		l.Add(Line{Source: "api-2", Text: `{"level":"INFO","msg":"request","service":"shop","task":"api-2","route":"products","code":200,"duration_ms":3}`})
	}
	l.Add(Line{Source: "api-2", Level: "warn", Text: "a connection reached its lifetime and could not be replaced"})
	l.Add(Line{Source: "api-1", Text: `{"level":"ERROR","msg":"query failed","service":"shop","task":"api-1","route":"order","code":500,"duration_ms":2001,"error":"failed to connect to host=10.0.2.15: dial tcp 10.0.2.15:5432: i/o timeout <img src=x onerror='window.pwned=1'>"}`})
	v.wait(`document.querySelectorAll("[data-testid=line]").length === 65`)
	v.wait(`document.querySelector("[data-testid=source-api-1] .bad")?.innerText === "1"`)
	v.wait(`document.querySelector(".chips .key").innerText === "errors of the last minute"`)
	v.snap("logs")
	v.do(chromedp.Click(chromedp.CSS("[data-level=error]")))
	v.wait(`document.querySelector("[data-testid=detail]").innerText.includes('"duration_ms": 2001')`)
	v.wait(`window.pwned === undefined && !document.querySelector("img")`)
	v.snap("detail")

	v.do(chromedp.Click(chromedp.CSS("[data-testid=errors]")))
	v.wait(`document.querySelectorAll("[data-testid=line]").length === 1`)
	// What ended long ago stands behind one chip until somebody looks for it.
	v.wait(`!document.querySelector("[data-testid=source-database]") && document.querySelector("[data-testid=silent]").innerText === "2 silent"`)
	v.do(chromedp.Click(chromedp.CSS("[data-testid=errors]")), chromedp.Click(chromedp.CSS("[data-testid=silent]")), chromedp.Click(chromedp.CSS("[data-testid=source-database]")))
	v.wait(`document.querySelector("[data-testid=filter]").value === "source:database" && document.querySelectorAll("[data-testid=line]").length === 1`)
	v.wait(`document.querySelector("[data-testid=source-database]").ariaPressed === "true" && document.querySelector("[data-testid=silent]").innerText === "1 silent"`) // the chosen one is shown
	v.do(chromedp.Click(chromedp.CSS("[data-testid=source-database]")), chromedp.SendKeys(chromedp.CSS("[data-testid=filter]"), `"i/o timeout"`))
	v.wait(`document.querySelector("[data-testid=line] mark")?.innerText === "i/o timeout"`)

	// Live, with the filter on; paused lines come afterwards.
	l.Add(Line{Source: "api-1", Level: "error", Text: "again: i/o timeout"})
	l.Add(Line{Source: "api-1", Text: "something else"})
	v.wait(`document.querySelectorAll("[data-testid=line]").length === 2`)
	v.do(chromedp.Click(chromedp.CSS("[data-testid=pause]")))
	l.Add(Line{Source: "api-1", Text: "third i/o timeout"})
	v.wait(`document.querySelector("[data-testid=state]").innerText === "paused, 1 newer line"`)
	v.do(chromedp.Click(chromedp.CSS("[data-testid=pause]")))
	v.wait(`document.querySelectorAll("[data-testid=line]").length === 3`)
	v.snap("filter")
}
