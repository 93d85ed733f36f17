package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// tab is the chat page in a real browser.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// openTab shows a page in a headless Chromium of its own.
func openTab(t *testing.T, url string) *tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		cannot(t, "chromium is not installed")
	}
	flags := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.WindowSize(1280, 800),
	}
	for _, name := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "hide-scrollbars"} {
		flags = append(flags, chromedp.Flag(name, true))
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), flags...)
	ctx, closeTab := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		chromedp.Cancel(ctx)
		closeTab()
		stop()
	})
	v := &tab{t: t, ctx: ctx}
	// The browser lives as long as the context of its first action.
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 800), chromedp.Navigate(url)); err != nil {
		t.Fatalf("open the page: %v", err)
	}
	v.wait(10*time.Second, `document.documentElement.dataset.ready === "true" && !document.querySelector("textarea").disabled`)
	return v
}

func (v *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, 15*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.t.Fatalf("%v\nthe page reads:\n%s", err, v.read("document.body.innerText"))
	}
}

// read evaluates a JavaScript expression.
func (v *tab) read(expression string) string {
	got, err := chromedp.Run(v.ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		return err.Error()
	}
	return got
}

// wait waits until a JavaScript condition holds.
func (v *tab) wait(most time.Duration, condition string) {
	v.t.Helper()
	until(v.t, most, "the page: "+condition, func() bool {
		if v.read("Boolean("+condition+")") == "true" {
			return true
		}
		if v.ctx.Err() != nil {
			v.t.Fatalf("wait for %s: %v", condition, v.ctx.Err())
		}
		return false
	})
}

// shows waits until a message that is on the page holds every one of the texts.
func (v *tab) shows(most time.Duration, texts ...string) {
	v.t.Helper()
	var all []string
	for _, text := range texts {
		all = append(all, fmt.Sprintf("n.innerText.replace(/\\s+/g, ' ').includes(%q)", text))
	}
	v.wait(most, "[...document.querySelectorAll('[data-testid=message]')].some(n => "+strings.Join(all, " && ")+")")
}

// goes opens a channel, a thread or a direct message.
func (v *tab) goes(testid string) {
	v.t.Helper()
	v.wait(10*time.Second, "document.querySelector('[data-testid="+testid+"]')")
	v.read("document.querySelector('[data-testid=" + testid + "]').click()") // at once: a message that comes draws the list anew
}

// types writes a line and sends it. Escape closes the list of completions,
// which would take the Enter.
func (v *tab) types(line string) {
	v.t.Helper()
	v.do(chromedp.Focus(chromedp.CSS("[data-testid=composer]")), chromedp.KeyEvent(line+"\u001b\r"))
}

// presses clicks the newest button with that label.
func (v *tab) presses(label string) {
	v.t.Helper()
	buttons := fmt.Sprintf("[...document.querySelectorAll('[data-testid=button][data-label=%q]')].filter(b => !b.disabled)", label)
	v.wait(10*time.Second, buttons+".length > 0")
	v.read(buttons + ".at(-1).click()")
}

// sized gives the page another size, and waits until it has it.
func (v *tab) sized(width, height int64) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, chromedp.EmulateViewport(width, height)); err != nil {
		v.t.Fatalf("size the page: %v", err)
	}
	v.wait(5*time.Second, fmt.Sprintf("innerHeight === %d", height))
}

// picture saves what is on the page, without what only its reader sees.
func (v *tab) picture(path string) {
	v.t.Helper()
	v.read("document.querySelectorAll('[data-testid=dismiss]').forEach(b => b.click())")
	v.wait(5*time.Second, "!document.querySelector('[data-testid=dismiss]')")
	v.sized(1280, 980) // so that the page's headline and the last note both fit
	defer v.sized(1280, 800)
	png, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(path, png, 0o644)
	}
	if err != nil {
		v.t.Fatalf("take a picture: %v", err)
	}
}
