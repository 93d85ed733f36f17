package shop

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browser starts a headless Chromium that prefers light or dark pages.
func browser(t *testing.T, scheme string) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	need(t, err)
	flags := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("blink-settings", map[string]string{"dark": "preferredColorScheme=0", "light": "preferredColorScheme=1"}[scheme]),
	}
	for _, name := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "hide-scrollbars"} {
		flags = append(flags, chromedp.Flag(name, true))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 4*time.Minute) // clean-ups look at the page
	alloc, stop := chromedp.NewExecAllocator(ctx, flags...)
	tab, closeTab := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		chromedp.Cancel(tab)
		closeTab()
		stop()
		cancel()
	})
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return tab
}

// view is one tab with the page open.
type view struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	faults []string // what the page's console complained about
}

// openPage opens the page in a tab of its own. At the end it must have asked nobody
// but the shop, and its console must be empty but for refused requests, which
// are the test's doing: a breach of the page's policy is told there too.
func openPage(t *testing.T, parent context.Context, url string) *view {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	v := &view{t: t, ctx: ctx}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if !strings.Contains(m.Text, "Failed to load resource") {
				v.mu.Lock()
				v.faults = append(v.faults, m.Text)
				v.mu.Unlock()
			}
		}
	}()
	v.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(url))
	v.loaded()
	t.Cleanup(func() {
		if !t.Failed() {
			if abroad := v.eval(`performance.getEntriesByType("resource").map(e => e.name).filter(n => !n.startsWith(location.origin + "/"))`); abroad != "" {
				t.Errorf("the page asked for %s", abroad)
			}
		}
		cancel()
		v.mu.Lock()
		defer v.mu.Unlock()
		if len(v.faults) > 0 {
			t.Errorf("the page's console says: %s", strings.Join(v.faults, "\n"))
		}
	})
	return v
}

// loaded waits until the page waits for nothing any more.
func (v *view) loaded() {
	v.t.Helper()
	v.wait(`document.querySelector("#products")?.getAttribute("aria-busy") === "false"`)
}

func (v *view) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.snap("failed")
		v.t.Fatal(err)
	}
}

func (v *view) click(selector string) {
	v.t.Helper()
	v.do(chromedp.Click(chromedp.CSS(selector)))
}

// wait waits until a JavaScript condition holds.
func (v *view) wait(condition string) {
	v.t.Helper()
	poll := chromedp.Poll[bool]("Boolean("+condition+")", chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(20*time.Second))
	if _, err := chromedp.Run(v.ctx, poll); err != nil {
		v.snap("failed")
		v.t.Fatalf("wait for %s: %v\nthe page reads:\n%s", condition, err, v.eval("document.body.innerText"))
	}
}

// shows waits until an element's visible text contains want.
func (v *view) shows(selector, want string) {
	v.t.Helper()
	v.wait(fmt.Sprintf(`[...document.querySelectorAll(%q)].some(n => n.innerText.replace(/\s+/g, " ").includes(%q))`, selector, want))
}

func (v *view) eval(expression string) string {
	v.t.Helper()
	got, err := chromedp.Run(v.ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		v.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return got
}

// snap writes a picture into the folder that CHAOTIC_SCREENSHOTS names, for
// people who want to see the page.
func (v *view) snap(name string) {
	dir := os.Getenv("CHAOTIC_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(v.t.Name(), "/", "-")+"-"+name+".png"), picture, 0o600)
	}
	if err != nil {
		v.t.Logf("screenshot %s: %v", name, err)
	}
}
